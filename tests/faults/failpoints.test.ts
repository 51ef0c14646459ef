import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from '../../src/config.ts'
import { doctor } from '../../src/doctor/service.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { mortalServer, mortalWorker } from '../kit/chaos.ts'
import { type TestCompany, type TestHouse, testHouse } from '../kit/house.ts'
import { httpSink } from '../kit/http-sink.ts'
import { mailServer } from '../kit/mail-server.ts'
import { seedBug } from '../ledger/engine.ts'
import type { Mutant } from '../ledger/mutants.ts'

let house: TestHouse
beforeEach(async () => {
  house = await testHouse()
})
afterEach(() => house.close())

const findings = () => ownerSnapshot(house.database.url, (run) => doctor({ run }))
const one = async (text: string, ...values: unknown[]) =>
  (await house.database.asOwner(text, values)).rows[0]
const longest = { timeout: 60_000, interval: 50 }
const ITEMS = 30

/** As if the time had passed after which the jobs of the dead are given to others. */
const passTheJobsOn = () =>
  house.database.asOwner(
    `update graphile_worker._private_jobs set locked_at = locked_at - interval '1 minute'
     where locked_at is not null`,
  )

async function companyWithCredits(): Promise<TestCompany> {
  const company = await house.newCompany()
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 1_000 })
  return company
}

const lineOf = (no: number) =>
  JSON.stringify({
    ...{ kind: 'email', id: `mail-${no}`, sentAt: '2026-01-05T08:00:00Z', subject: `No ${no}` },
    ...{ from: { email: 'p@faults.test' }, to: [], body: 'I want to cancel.' },
  })
const linesOf = (count: number) => Array.from({ length: count }, (_, no) => lineOf(no)).join('\n')

async function publish(company: TestCompany): Promise<void> {
  const headers = { 'content-type': 'application/x-ndjson' }
  await company.post('/v1/import?history=true', linesOf(ITEMS), { headers })
  const asked = { kind: 'question', name: 'Cancel', question: 'Is cancel mentioned?' }
  const { id } = (await company.post('/v1/trackers', asked)).body
  const history = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }
  const published = await company.post(`/v1/trackers/${id}/publish`, { history })
  expect(published.status).toBeLessThan(300)
}

const state = async ({ no }: TestCompany) => {
  const { results, charges, held } = await one(
    `select (select count(*)::int from tracker_result where company_id = $1) as results,
      (select count(*)::int from ledger_entry where company_id = $1 and type = 4) as charges,
      (select held::text from pool where company_id = $1) as held`,
    no,
  )
  return { results, charges, held: Number(held) / 1e6 }
}

/** A worker dies at a place, and one that lives goes on; gives how it was in between. */
async function dieAt(company: TestCompany, failpoint: string, source?: string) {
  const env: Record<string, string> = { SLUICE_FAILPOINTS: failpoint }
  const worker = await mortalWorker(house.database.url, source, env)
  try {
    await publish(company)
    await worker.gone()
    const between = await state(company)
    env.SLUICE_FAILPOINTS = ''
    await passTheJobsOn()
    await worker.start()
    await expect.poll(async () => (await state(company)).results, longest).toBe(ITEMS)
    await expect
      .poll(() => one('select count(*)::int as n from graphile_worker._private_jobs'), longest)
      .toEqual({ n: 0 })
    return between
  } finally {
    await worker.stop()
  }
}

test.each(['tracker.reserved=kill', 'tracker.read=kill@7', 'tracker.kept=kill@7'])(
  'a worker that dies at %s leaves one result and one charge an item, and nothing held',
  async (failpoint) => {
    const company = await companyWithCredits()
    const between = await dieAt(company, failpoint)
    expect(between.results).toBe(between.charges)
    if (failpoint.startsWith('tracker.kept')) expect(between.results).toBeGreaterThanOrEqual(7)
    else expect(between.held).toBeGreaterThan(0)
    expect(await state(company)).toEqual({ results: ITEMS, charges: ITEMS, held: 0 })
    expect(await findings()).toEqual([])
  },
  120_000,
)

test('a worker that is held still and goes on later leaves one result and one charge an item', async () => {
  const company = await companyWithCredits()
  const still = await mortalWorker(house.database.url, undefined, {
    SLUICE_FAILPOINTS: 'tracker.read=stop@7',
  })
  const isStill = () => / T /.test(readFileSync(`/proc/${still.pid()}/stat`, 'utf8'))
  let other: Awaited<ReturnType<typeof mortalWorker>> | undefined
  try {
    await publish(company)
    await expect.poll(isStill, longest).toBe(true)
    other = await mortalWorker(house.database.url)
    // As if it had said nothing for a minute: its sessions end, and others take its place.
    await house.database.asOwner(
      `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'
       and database = (select oid from pg_database where datname = current_database())`,
    )
    await passTheJobsOn()
    await expect.poll(async () => (await state(company)).results, longest).toBe(ITEMS)
    still.signal('SIGCONT')
    await expect
      .poll(() => one('select count(*)::int as n from graphile_worker._private_jobs'), longest)
      .toEqual({ n: 0 })
    await expect
      .poll(() => state(company), longest)
      .toEqual({ results: ITEMS, charges: ITEMS, held: 0 })
    expect(await findings()).toEqual([])
  } finally {
    still.signal('SIGCONT')
    await still.stop()
    await other?.stop()
  }
}, 180_000)

const holdsStay: Mutant = {
  name: 'what a dead worker held is not looked for',
  file: 'trackers/service/run.ts',
  from: "await dropHoldsOf(deps, companyNo, { feature: 'ai_tracker', instanceId: trackerId })",
  to: 'void dropHoldsOf',
}

test('a tracker that does not look for what was held before it is caught', async () => {
  const source = await seedBug(holdsStay)
  try {
    const company = await companyWithCredits()
    await dieAt(company, 'tracker.reserved=kill', `${source.folder}/`)
    expect((await state(company)).held).toBeGreaterThan(0)
  } finally {
    await source.remove()
  }
}, 120_000)

test('a charge whose server dies after the commit is found by its key, and by nothing else', async () => {
  const company = await companyWithCredits()
  const env: Record<string, string> = { SLUICE_FAILPOINTS: 'charge.committed=kill' }
  const server = await mortalServer(house.database.url, undefined, env)
  const charge = (key: string) =>
    fetch(`${server.address}/v1/credits/charges`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${company.key}`,
        'content-type': 'application/json',
        'idempotency-key': key,
      },
      body: JSON.stringify({ items: [{ type: 'email' }], feature: 'faults' }),
    })
  try {
    await expect(charge('once')).rejects.toThrow()
    await server.gone()
    expect(await state(company)).toMatchObject({ charges: 1 })
    env.SLUICE_FAILPOINTS = ''
    await server.start()
    const again = await charge('once')
    expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([201, 'true'])
    expect(await state(company)).toMatchObject({ charges: 1 })
    // The control: whoever asks anew under another key pays twice.
    await charge('another')
    expect(await state(company)).toMatchObject({ charges: 2 })
    expect(await findings()).toEqual([])
  } finally {
    await server.stop()
  }
}, 120_000)

test('a mail whose sender dies after the handover leaves once more, under the same Message-ID', async () => {
  const mails = await mailServer()
  const env: Record<string, string> = {
    ...{ SLUICE_SMTP_URL: mails.url, SLUICE_MAIL_FROM: 'Sluice <credits@sluice.test>' },
    SLUICE_FAILPOINTS: 'mail.handed-over=kill',
  }
  const company = await companyWithCredits()
  await company.post('/v1/members', { name: 'Ada', email: 'ada@faults.test', role: 'tech_admin' })
  const worker = await mortalWorker(house.database.url, undefined, env)
  try {
    const items = [{ type: 'email', quantity: 7_000 }]
    await company.post('/v1/credits/charges', { items, feature: 'faults' })
    await worker.gone()
    expect(mails.received).toHaveLength(1)
    const statuses = 'select array_agg(status) as all from mail'
    expect(await one(statuses)).toEqual({ all: ['queued'] })
    env.SLUICE_FAILPOINTS = ''
    await passTheJobsOn()
    await worker.start()
    await expect.poll(() => one(statuses), longest).toEqual({ all: ['sent'] })
    expect(mails.received).toHaveLength(2)
    expect(new Set(mails.received.map(({ parsed }) => parsed.messageId)).size).toBe(1)
  } finally {
    await worker.stop()
    await mails.close()
  }
}, 120_000)

test('a message whose sender dies after the call arrives once more, under the same webhook-id', async () => {
  const sink = await httpSink()
  const env = { SLUICE_OUTBOUND_PRIVATE: '1', SLUICE_FAILPOINTS: 'webhook.called=kill' }
  const outward = await testHouse({ on: house.database, settings: { outboundPrivate: true } })
  const company = await companyWithCredits()
  const hook = { url: sink.url, events: ['credits.threshold'] }
  const made = await outward.client(`Bearer ${company.key}`).post('/v1/webhooks', hook)
  expect(made.status).toBe(201)
  await outward.close()
  const worker = await mortalWorker(house.database.url, undefined, env)
  try {
    const items = [{ type: 'email', quantity: 7_000 }]
    await company.post('/v1/credits/charges', { items, feature: 'faults' })
    await worker.gone()
    expect(sink.received).toHaveLength(1)
    const statuses = 'select array_agg(status) as all from webhook_delivery'
    expect(await one(statuses)).toEqual({ all: ['queued'] })
    env.SLUICE_FAILPOINTS = ''
    await passTheJobsOn()
    await worker.start()
    await expect.poll(() => one(statuses), longest).toEqual({ all: ['delivered'] })
    expect(sink.received).toHaveLength(2)
    expect(new Set(sink.received.map(({ headers }) => headers['webhook-id'])).size).toBe(1)
  } finally {
    await worker.stop()
    await sink.close()
  }
}, 120_000)

test('an import whose server dies between two batches is sent again, and nothing is there twice', async () => {
  const company = await companyWithCredits()
  const env: Record<string, string> = { SLUICE_FAILPOINTS: 'import.batch=kill' }
  const server = await mortalServer(house.database.url, undefined, env)
  const send = () =>
    fetch(`${server.address}/v1/import?history=true`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${company.key}`,
        'content-type': 'application/x-ndjson',
      },
      body: linesOf(1_200),
    })
  const items = () => one('select count(*)::int as n from item where company_id = $1', company.no)
  try {
    await expect(send()).rejects.toThrow()
    await server.gone()
    expect(await items()).toEqual({ n: 500 })
    env.SLUICE_FAILPOINTS = ''
    await server.start()
    expect((await send()).status).toBeLessThan(300)
    expect(await items()).toEqual({ n: 1_200 })
    expect(await findings()).toEqual([])
  } finally {
    await server.stop()
  }
}, 120_000)

test('failpoints are none unless said so, and refused in production', () => {
  expect(readConfig({}).failpoints).toBeUndefined()
  const SLUICE_FAILPOINTS = 'tracker.read=kill@3, import.batch=throw'
  expect(Object.fromEntries(readConfig({ SLUICE_FAILPOINTS }).failpoints!)).toEqual({
    'tracker.read': { action: 'kill', at: 3 },
    'import.batch': { action: 'throw', at: 1 },
  })
  for (const wrong of [
    { SLUICE_FAILPOINTS, NODE_ENV: 'production' },
    { SLUICE_FAILPOINTS: 'nowhere=kill' },
    { SLUICE_FAILPOINTS: 'tracker.read=kill@0' },
  ]) {
    expect(() => readConfig(wrong)).toThrow(/^SLUICE_FAILPOINTS must/)
  }
})
