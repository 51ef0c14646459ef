import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectionLimits } from '../src/platform/database.ts'
import { checkServingRole } from '../src/platform/guard.ts'
import { type TestCompany, type TestHouse, testHouse } from './kit/house.ts'

let house: TestHouse
let one: TestCompany
let two: TestCompany
beforeAll(async () => {
  house = await testHouse()
  one = await house.newCompany({ name: 'One' })
  two = await house.newCompany({ name: 'Two' })
})
afterAll(() => house.close())

const tables = async () => {
  const { rows } = await house.database.asOwner(
    `select c.relname::text as name from pg_class c join pg_attribute a on a.attrelid = c.oid
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
       and a.attname = 'company_id' and not a.attisdropped order by 1`,
  )
  return rows.map(({ name }) => name as string)
}

test('a serving connection that names no company sees no row of any', async () => {
  const names = await tables()
  expect(names.length).toBeGreaterThan(10)
  for (const name of [...names, 'company']) {
    const { rows } = await house.db.pool.query(`select count(*)::int as n from ${name}`)
    expect(rows[0].n, name).toBe(0)
  }
})

test('a transaction of one company sees and writes its own rows only', async () => {
  const names = await house.db.company(one.no, async (tx) => {
    const rows = await tx.selectFrom('company').select('name').execute()
    const foreign = await tx
      .updateTable('company')
      .set({ name: 'Taken' })
      .where('id', '=', two.no)
      .execute()
    expect(foreign[0]?.numUpdatedRows).toBe(0n)
    return rows.map(({ name }) => name)
  })
  expect(names).toEqual(['One'])
  const intruding = house.db.company(one.no, (tx) =>
    tx
      .insertInto('team')
      .values({ companyId: two.no, id: 't', name: 'T', createdAt: new Date() })
      .execute(),
  )
  await expect(intruding).rejects.toThrow(/row-level security/)
})

test('a connection remembers no company after its transaction', async () => {
  await Promise.all(
    Array.from({ length: 60 }, (_, i) =>
      house.db
        .company(i % 2 ? one.no : two.no, async (tx) => {
          const rows = await tx.selectFrom('company').select('id').execute()
          expect(rows).toEqual([{ id: i % 2 ? one.no : two.no }])
          if (i % 3 === 0) throw new Error('roll back')
        })
        .catch(() => {}),
    ),
  )
  const seen = await Promise.all(
    Array.from({ length: 30 }, () => house.db.pool.query('select from company')),
  )
  expect(seen.map(({ rows }) => rows.length)).toEqual(seen.map(() => 0))
})

test.each([
  'ledger_entry',
  'ledger_key',
  'ledger_seal',
  'threshold_crossing',
  'refund',
  'audit_entry',
])('the serving role may not change %s', async (table) => {
  for (const change of [
    `update ${table} set company_id = 1`,
    `delete from ${table}`,
    `truncate ${table}`,
  ]) {
    await expect(house.db.pool.query(change)).rejects.toThrow(/permission denied/)
  }
})

test('the serving role owns nothing and passes no wall, and a server that could does not serve', async () => {
  await checkServingRole(house.db.pool)
  await house.database.asOwner('grant update on audit_entry to sluice_app')
  await house.database.asOwner('create table left_open (company_id int primary key)')
  await expect(checkServingRole(house.db.pool)).rejects.toThrow(
    /audit_entry UPDATE[\s\S]*left_open is not behind/,
  )
  await house.database.asOwner('revoke update on audit_entry from sluice_app')
  await house.database.asOwner('drop table left_open')
})

test('the serving role does nothing with the queue but enqueue for its own company', async () => {
  await expect(house.db.pool.query('select from graphile_worker._private_jobs')).rejects.toThrow(
    /permission denied/,
  )
  const foreign = "select enqueue_job('x', $1, '{}', null, null, null)"
  await expect(house.db.pool.query(foreign, [one.no])).rejects.toThrow(/belongs to a company/)
})

test('every table keyed by company leads with it, as do all its unique keys', async () => {
  const { rows } = await house.database.asOwner(
    `select i.indexrelid::regclass::text as name
     from pg_index i join pg_class c on c.oid = i.indrelid
     join pg_attribute a on a.attrelid = c.oid and a.attname = 'company_id'
     where c.relnamespace = 'public'::regnamespace and i.indisunique and i.indkey[0] <> a.attnum`,
  )
  // A key, a session or an invitation is looked up before it is known whose it is; its hash is unguessable.
  expect(rows.map(({ name }) => name).sort()).toEqual([
    'integration_key_hash_key',
    'invitation_token_hash_key',
    'oauth_token_id_hash_key',
    'session_id_hash_key',
  ])
})

test('serving connections carry their limits', async () => {
  for (const [name, value] of Object.entries(connectionLimits)) {
    const { rows } = await house.db.pool.query(
      'select setting::int, current_user as role from pg_settings where name = $1',
      [name],
    )
    expect(rows[0]).toEqual({ setting: value, role: 'sluice_app' })
  }
})
