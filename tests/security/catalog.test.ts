import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../kit/database.ts'

let database: TestDatabase
beforeAll(async () => {
  database = await testDatabase()
})
afterAll(() => database.drop())

const names = async (text: string) =>
  (await database.asOwner(text)).rows.map(({ name }) => String(name))

/** Every table of ours, parts of others included. */
const tables = `from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')`
const hasCompany = `exists (select from pg_attribute a
  where a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped)`

/** Tables that belong to no company; a new one is looked at by a person before it stands here. */
const shared = [
  'company',
  'oauth_client',
  'oauth_request',
  'operator_request_key',
  'schema_migration',
  'sign_in_try',
]

test('every table is behind forced row-level security, or known to belong to no company', async () => {
  expect((await names(`select c.relname as name ${tables}`)).length).toBeGreaterThan(40)
  expect(
    await names(`select c.relname as name ${tables} and not ${hasCompany} order by 1`),
  ).toEqual(shared)
  const open = `${tables} and ${hasCompany} and not (c.relrowsecurity and c.relforcerowsecurity)`
  expect(await names(`select c.relname as name ${open}`)).toEqual([])
})

test('each policy says both what is seen and what is written, by the company of the transaction', async () => {
  const { rows } = await database.asOwner(
    `select tablename, policyname, roles::text, cmd, permissive, qual, with_check from pg_policies where schemaname = 'public' order by 1, 2`,
  )
  expect(rows.length).toBeGreaterThan(40)
  const own = (column: string) =>
    `COALESCE((${column} = ANY (( SELECT app_companies() AS app_companies)::integer[])), false)`
  for (const {
    tablename: table,
    policyname,
    roles,
    cmd,
    permissive,
    qual,
    with_check: check,
  } of rows) {
    const rule = policyname === 'owner' ? 'true' : own(table === 'company' ? 'id' : 'company_id')
    const said = { cmd, permissive, qual, check, isServing: roles === '{sluice_app}' }
    const wanted = { cmd: 'ALL', permissive: 'PERMISSIVE', qual: rule, check: rule }
    expect(said, table).toEqual({ ...wanted, isServing: policyname !== 'owner' })
  }
})

test('a function that acts as its owner pins where it looks names up', async () => {
  const definers = `select p.oid::regprocedure::text as name from pg_proc p
    where p.pronamespace = 'public'::regnamespace and p.prosecdef`
  expect((await names(definers)).length).toBeGreaterThan(0)
  const loose = `${definers} and not coalesce(array_to_string(p.proconfig, ','), '') ~ '^search_path=(pg_catalog, )?public, pg_temp$'`
  expect(await names(loose)).toEqual([])
})

test('views look with the eyes of whoever asks', async () => {
  const views = `select c.relname as name from pg_class c
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('v', 'm')
      and not coalesce(array_to_string(c.reloptions, ','), '') ~ 'security_invoker=(true|on)'`
  expect(await names(views)).toEqual([])
})

test('references between companies cannot be made: each carries the company', async () => {
  const loose = `select k.conname as name from pg_constraint k
    join pg_class c on c.oid = k.conrelid join pg_class f on f.oid = k.confrelid
    where k.contype = 'f' and c.relnamespace = 'public'::regnamespace and f.relname <> 'company' and ${hasCompany}
      and exists (select from pg_attribute a where a.attrelid = f.oid and a.attname = 'company_id')
      and not exists (select from pg_attribute a where a.attrelid = c.oid and a.attname = 'company_id' and a.attnum = any (k.conkey))`
  expect(await names(loose)).toEqual([])
})

test('the serving role may do nothing but read and write rows', async () => {
  const more = `select c.relname || ' ' || p.privilege as name
    from pg_class c cross join (values ('TRUNCATE'), ('REFERENCES'), ('TRIGGER')) as p (privilege)
    where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
      and has_table_privilege('sluice_app', c.oid, p.privilege)`
  expect(await names(more)).toEqual([])
  const { pool } = database.db
  for (const trick of [
    'alter table ledger_entry disable trigger all',
    'alter table ledger_entry no force row level security',
    'set session_replication_role = replica',
    'create table mine (id int)',
    'drop table ledger_entry',
    'create function f() returns int language sql as $$ select 1 $$',
    "copy company to program 'true'",
    "select pg_read_file('/etc/passwd')",
    'set role postgres',
  ]) {
    await expect(pool.query(trick), trick).rejects.toThrow(
      /permission denied|must be owner|does not exist/,
    )
  }
})
