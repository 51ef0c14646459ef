import { Writable } from 'node:stream'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../tests/kit/database.ts'
import { testHouse } from '../../tests/kit/house.ts'
import { newCompany, openServer, type Server } from '../../tests/ledger/servers.ts'
import type { Caller } from '../kit/caller.ts'
import { type Credits, credits } from '../kit/credits.ts'
import { sealLedger } from '../ledger/service/chain.ts'
import { createMetrics } from '../platform/metrics.ts'
import { ownerSnapshot } from '../platform/owner-snapshot.ts'
import { doctor, quickLook, startWatch } from './service.ts'

let database: TestDatabase
let server: Server
let caller: Caller

const examine = () => ownerSnapshot(database.url, (run) => doctor({ run }))

beforeAll(async () => {
  database = await testDatabase()
  server = await openServer(database.url)
  caller = await newCompany(database.asOwner, { clock: new Date('2026-03-01T10:00:00Z') })
  const { deps, grants, charges, holds, testClock } = server
  const key = (name: string) => ({ key: name, asked: name })
  const what = { feature: 'ai_tracker' }
  const grant = (name: string, amount: number, expiresAt?: string) =>
    grants.makeGrant(deps, caller, key(name), {
      source: 'purchased',
      credits: credits(amount),
      expiresAt: expiresAt ? new Date(expiresAt) : undefined,
    })
  await grant('grant 1', 3, '2026-04-01T00:00:00Z')
  await grant('grant 2', 10)
  for (let i = 0; i < 40; i++) {
    await charges.charge(deps, caller, key(`charge ${i}`), {
      items: [{ type: 'email', quantity: 2 }],
      ...what,
    })
  }
  await sealLedger(deps)
  const held = await holds.hold(deps, caller, key('hold'), {
    credits: credits(2) as Credits,
    ttlMs: 60_000,
    ...what,
  })
  await holds.hold(deps, caller, key('hold 2'), {
    credits: credits(1) as Credits,
    ttlMs: 86_400_000,
    ...what,
  })
  const ids = (await import('../ledger/ids.ts')).ledgerIds(caller.companyId)
  await holds.capture(deps, caller, key('capture'), ids.hold(held.view.id), {
    credits: credits(1.5) as Credits,
  })
  const { view } = await charges.charge(deps, caller, key('wrong'), {
    items: [{ type: 'email' }],
    ...what,
  })
  await grants.refund(deps, caller, key('refund'), ids.charge(view.at, view.seq), 'wrong')
  await testClock.advance(deps, caller, new Date('2026-05-01T00:00:00Z'))
  await sealLedger(deps)
  await sealLedger(deps)
})

afterAll(async () => {
  await server.close()
  await database.drop()
})

test('a ledger that nobody tampered with has no finding', async () => {
  expect(await examine()).toEqual([])
})

const ENTRY = 'ledger_entry_2026_03'

/** What somebody with every right does, and the finding that names it. */
const tampering: [what: string, sql: string, check: string, seq: number | null][] = [
  [
    'an amount is changed',
    `update ${ENTRY} set credits = credits + 1 where seq = 17`,
    'an entry goes on from the one before',
    17,
  ],
  [
    'an amount is changed under its seal',
    `update ${ENTRY} set credits = credits + 1 where seq = 17`,
    'the hash chain is whole',
    17,
  ],
  [
    'one letter of a reason is changed',
    `update ${ENTRY} set reason = 'wrung' where reason = 'wrong'`,
    'the hash chain is whole',
    48,
  ],
  [
    'an entry is deleted',
    `delete from ${ENTRY} where seq = 20`,
    'an entry goes on from the one before',
    21,
  ],
  [
    'two entries are swapped',
    `update ${ENTRY} set seq = -1 where seq = 10; update ${ENTRY} set seq = 10, reason = 'x' where seq = 11; update ${ENTRY} set seq = 11 where seq = -1`,
    'the hash chain is whole',
    10,
  ],
  [
    'the tail is cut',
    'delete from ledger_entry where seq >= 45',
    'a pool is what the ledger says',
    null,
  ],
  ['a seal is deleted', 'delete from ledger_seal where from_seq = 1', 'the hash chain is whole', 1],
  [
    'a seal is forged',
    `update ledger_seal set marks = set_byte(marks, 0, (get_byte(marks, 0) + 1) % 256)`,
    'the hash chain is whole',
    1,
  ],
  [
    'a balance is raised',
    'update pool set available = available + 1',
    'a pool is what the ledger says',
    null,
  ],
  ['use is lowered', 'update pool set used = used - 1', 'a pool is what the ledger says', null],
  [
    'a grant is given back',
    'update credit_grant set available = available + 5, consumed = consumed - 5 where no = 2',
    'a grant is what its entries say',
    null,
  ],
  [
    'a grant lives longer',
    `update credit_grant set effective_at = effective_at + interval '1 day' where no = 2`,
    'credits are drawn within a grant’s life',
    18,
  ],
  [
    'a hold is made smaller',
    'update hold set credits = credits - 1 where captured > 0',
    'a hold is what its entries say',
    43,
  ],
  [
    'a hold is deleted',
    'delete from hold where captured > 0',
    'a hold is what its entries say',
    43,
  ],
  ['a refund is forgotten', 'delete from refund', 'a refund returns its charge, once', 48],
  [
    'a key is led astray',
    'update ledger_key set result = 999 where kind = 3',
    'a key leads to what was done under it',
    999,
  ],
  [
    'a key is doubled',
    `insert into ledger_key (company_id, hash, kind, fingerprint, at, result) select company_id, gen_random_uuid(), kind, fingerprint, at, result from ledger_key where kind = 3`,
    'nothing is remembered under two keys',
    45,
  ],
  [
    'a threshold is armed again',
    'update pool set reached[1] = null',
    'a threshold is marked as it was reached',
    null,
  ],
  [
    'a crossing is forgotten',
    'delete from threshold_crossing where percent = 60',
    'a threshold is marked as it was reached',
    null,
  ],
  [
    'use is made less',
    'update usage_day set credits = credits - 1 where not refund',
    'use adds up to what the ledger says',
    null,
  ],
  [
    'what is due is forgotten',
    `update hold set status = 'held', remaining = 1, ended_at = null, expires_at = '2026-01-01' where captured = 0`,
    'what falls due is waited for',
    null,
  ],
  [
    'a wall is taken down',
    'alter table hold disable row level security',
    'companies are behind walls',
    null,
  ],
  [
    'a window is broken into the wall',
    'create policy peep on hold to sluice_app using (true)',
    'companies are behind walls',
    null,
  ],
  [
    'the serving role may change entries',
    `grant update on ${ENTRY} to sluice_app`,
    'the ledger can only grow',
    null,
  ],
  [
    'a trigger is switched off',
    `alter table ${ENTRY} disable trigger append_only`,
    'the ledger can only grow',
    null,
  ],
]

describe('when somebody tampers', () => {
  test.each(tampering)('%s, it is named', async (_what, sql, check, seq) => {
    const findings = await tamperedWith(sql)
    expect(findings.map((finding) => finding.check)).toContain(check)
    if (seq !== null) {
      expect(findings.find((finding) => finding.check === check)).toMatchObject({
        seq,
        company: caller.companyId,
      })
    }
  })
})

/** Findings inside a transaction that tampered, and is taken back. */
async function tamperedWith(sql: string) {
  const { default: pg } = await import('pg')
  const { connectionSettings } = await import('../platform/database.ts')
  const client = new pg.Client({
    connectionString: database.url,
    types: connectionSettings(database.url, 1).types!,
  })
  await client.connect()
  try {
    await client.query('begin')
    if (!/trigger|row level|policy|grant/.test(sql))
      await client.query("set local session_replication_role = 'replica'")
    await client.query(sql)
    return await doctor({
      run: async (_name, text, values = []) => (await client.query(text, values)).rows,
    })
  } finally {
    await client.query('rollback')
    await client.end()
  }
}

test('a server that works looks by itself, quickly, and tells what does not add up', async () => {
  const own = await testHouse()
  const lines: string[] = []
  const stream = new Writable({
    write(chunk, _encoding, done) {
      lines.push(String(chunk))
      done()
    },
  })
  const company = await own.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 10 })
  const items = [{ type: 'email', quantity: 7 }]
  await company.post('/v1/credits/charges', { items, feature: 'watched' })
  const look = () => ownerSnapshot(own.database.url, (run) => quickLook({ run }))
  expect(await look()).toEqual([])

  const metrics = createMetrics()
  const databaseUrl = own.database.url
  const stop = startWatch({ databaseUrl, log: pino(stream), metrics, everyMs: 20 })
  const counted = async () => /^sluice_ledger_findings (\d+)$/m.exec(await metrics.text())?.[1]
  await expect.poll(counted).toBe('0')
  await own.database.asOwner('update pool set available = available + 1 where company_id = $1', [
    company.no,
  ])
  await expect.poll(counted).toBe('1')
  expect(lines.join('')).toContain('that of its grants 9300000')
  await stop()
  expect(await look()).toMatchObject([
    { check: 'a pool is its grants, and what its last entry left', company: company.id },
  ])
  await own.close()
})
