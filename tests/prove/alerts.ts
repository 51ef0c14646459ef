import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { doctor } from '../../src/doctor/service.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { mortalServer, mortalWorker } from '../kit/chaos.ts'
import { httpSink } from '../kit/http-sink.ts'
import { mailServer } from '../kit/mail-server.ts'
import { seedBug } from '../ledger/engine.ts'
import type { Mutant } from '../ledger/mutants.ts'
import { randomOf } from '../ledger/random.ts'
import { companyOverHttp } from './crowd.ts'

/** What became of threshold crossings while mails and webhooks met every trouble. */
export interface AlertsResult {
  crossings: number
  mails: number
  /** Second copies of a mail, and how many connections were broken after a mail had been handed over. */
  copies: number
  broken: number
  messages: number
  /** Times that a receiver of webhooks did anything but take the message. */
  refused: number
  faults: string[]
  findings: string[]
}

/** Gives a mail a new Message-ID each time it is tried, so that a copy cannot be told from another mail. */
const newIdEachTime: Mutant = {
  name: 'a mail has a new Message-ID each time',
  file: 'alerts/service/mails.ts',
  from: 'html, messageId, date }',
  to: 'html, messageId: Math.random() + messageId, date }',
}

const THRESHOLDS = 5
const ADMINS = 2
const ARMINGS = 2
const PER_COMPANY = THRESHOLDS * ARMINGS

/**
 * G-9: companies use up their credits, buy more and use those up too, each threshold crossed by a charge of
 * its own; meanwhile the mail server breaks off and puts off, and receivers of webhooks refuse, redirect and
 * break off. Two processes send. A copy of a mail is due to a connection that broke after the handover, one each.
 */
export async function troubleAlerts(
  url: string,
  asked: { crossings: number; seed: number; control?: boolean },
): Promise<AlertsResult> {
  const { seed, control = false } = asked
  const companies = Math.max(1, Math.round(asked.crossings / PER_COMPANY))
  const random = randomOf(seed)
  const [mails, sink] = [await mailServer(), await httpSink()]
  const source = control ? await seedBug(newIdEachTime) : undefined
  const env = {
    ...{ SLUICE_SMTP_URL: mails.url, SLUICE_MAIL_FROM: 'Sluice <credits@sluice.test>' },
    ...{ SLUICE_OUTBOUND_PRIVATE: '1', SLUICE_WORKER_CONCURRENCY: '4' },
  }
  const from = source ? `${source.folder}/` : undefined
  const server = await mortalServer(url, from, env)
  const worker = await mortalWorker(url, from, env)
  const owner = new pg.Pool({ connectionString: url, max: 2 })
  const count = async (text: string) =>
    (await owner.query<{ n: number }>(`select count(*)::int as n from ${text}`)).rows[0]!.n

  let [isMischievous, isOver, refused] = [true, false, 0]
  const taken = new Set<string>()
  sink.answer = (response, { headers }) => {
    const how = isMischievous ? random.below(12) : 11
    if (how < 4) refused += 1
    if (how === 0) return void response.destroy()
    if (how === 1) return void response.writeHead(500).end('out of order')
    if (how === 2) return void response.writeHead(302, { location: '/elsewhere' }).end()
    if (how === 3) return void response.writeHead(503, { 'retry-after': '1' }).end()
    taken.add(String(headers['webhook-id']))
    response.writeHead(204).end()
  }
  const troubling = (async () => {
    for (; !isOver; await sleep(50)) {
      const how = random.pick(['break after DATA', '451 later', undefined] as const)
      if (isMischievous && how && mails.next.length === 0) mails.next.push(how)
      // As if the time had passed after which things are tried again.
      await owner.query(
        'update graphile_worker._private_jobs set run_at = now() where locked_at is null and run_at > now()',
      )
    }
  })()
  try {
    let begun = 0
    const spendInTurn = async () => {
      while (begun++ < companies) await spendAll(server.address, sink.url)
    }
    await Promise.all(Array.from({ length: 8 }, spendInTurn))
    const isSettled = async () =>
      (await count(`mail where status = 'queued'`)) === 0 &&
      (await count(`webhook_delivery where status = 'queued'`)) === 0
    const since = performance.now()
    while (!(await isSettled()) && performance.now() - since < 300_000) {
      // At last everybody behaves, so that nothing is given up that only had bad luck.
      if (performance.now() - since > 2_000) isMischievous = false
      await sleep(100)
    }
    isOver = true
    await troubling

    const faults: string[] = []
    const expect = (what: string, is: number, should: number) => {
      if (is !== should) faults.push(`${what}: ${is}, not ${should}`)
    }
    const crossings = companies * PER_COMPANY
    expect('crossings', await count('threshold_crossing'), crossings)
    expect('mails written', await count(`mail where kind = 'threshold'`), crossings * ADMINS)
    expect('mails not sent', await count(`mail where status <> 'sent'`), 0)
    expect('messages not delivered', await count(`webhook_delivery where status <> 'delivered'`), 0)
    expect('messages taken', taken.size, crossings)
    const ids = mails.received.map(({ parsed }) => parsed.messageId)
    const different = new Set(ids).size
    expect('mails under an id of their own', different, crossings * ADMINS)
    expect('copies of mails', ids.length - different, mails.broken)
    const findings = await ownerSnapshot(url, (run) => doctor({ run }))
    return {
      ...{ crossings, mails: different, copies: ids.length - different, broken: mails.broken },
      ...{ messages: taken.size, refused, faults },
      findings: findings.map(({ detail }) => detail),
    }
  } finally {
    isOver = true
    await troubling.catch(() => {})
    await Promise.all([server.stop(), worker.stop()])
    await Promise.all([mails.close(), sink.close(), owner.end(), source?.remove()])
  }
}

/** A company that crosses every threshold, buys as much again as it takes to be below them all, and crosses them again. */
async function spendAll(address: string, hook: string): Promise<void> {
  const { apiKey } = await companyOverHttp(address, [100])
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${address}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${apiKey}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
  }
  for (let admin = 1; admin <= ADMINS; admin++) {
    const email = `admin-${admin}@alerts.test`
    await post('/v1/members', { name: `Admin ${admin}`, email, role: 'tech_admin' })
  }
  await post('/v1/webhooks', { url: hook, events: ['credits.threshold'] })
  const use = (credits: number) =>
    post('/v1/credits/charges', {
      ...{ items: [{ type: 'email', quantity: credits * 10 }], feature: 'alerts' },
    })
  // 100 credits: 60, 80, 90, 95, 100 used. Then 200: 120, 160, 180, 190, 200.
  for (const credits of [60, 20, 10, 5, 5]) await use(credits)
  await post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  for (const credits of [20, 40, 20, 10, 10]) await use(credits)
}
