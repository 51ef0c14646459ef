import { setTimeout as sleep } from 'node:timers/promises'
import { doctor } from '../../src/doctor/service.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { mortalPostgres, mortalServer } from '../kit/chaos.ts'
import { companyOverHttp } from './crowd.ts'

/** How soon the product is back. Times in milliseconds; each list has one for every death. */
export interface Recovery {
  /** From the start of a server's process after its SIGKILL until it says that it is ready. */
  readyAfterKill: number[]
  /** From PostgreSQL's start after its SIGKILL until the next charge succeeds, by a server that lived. */
  chargeAfterPostgres: number[]
  /** Emails that waited for a tracker when its server died, and how long the next one took for all of them. */
  backlog: number
  drained: number
  findings: string[]
}

/**
 * G-18. The control has a server whose every start is held up, which the figures must show.
 */
export async function recover({
  deaths,
  backlog,
  control = false,
}: {
  deaths: number
  backlog: number
  control?: boolean
}): Promise<Recovery> {
  const postgres = await mortalPostgres()
  const server = await mortalServer(postgres.url)
  try {
    const { apiKey } = await companyOverHttp(server.address, [1_000_000])
    const send = (path: string, body: unknown, type = 'application/json') =>
      fetch(`${server.address}${path}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${apiKey}`,
          'content-type': type,
          'idempotency-key': crypto.randomUUID(),
        },
        body: typeof body === 'string' ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(10_000),
      })
    const charges = async () => {
      const charge = { items: [{ type: 'email' }], feature: 'recovery' }
      return (await send('/v1/credits/charges', charge)).status === 201
    }
    const readyAfterKill: number[] = []
    for (let i = 0; i < deaths; i++) {
      await server.kill()
      const since = performance.now()
      if (control) await sleep(3_000)
      await server.start()
      await until(charges)
      readyAfterKill.push(Math.round(performance.now() - since))
    }
    const chargeAfterPostgres: number[] = []
    for (let i = 0; i < deaths; i++) {
      await postgres.kill()
      const since = performance.now()
      await until(charges)
      chargeAfterPostgres.push(Math.round(performance.now() - since))
    }
    const waited = await pileUp(postgres.url, send, backlog)
    await server.kill()
    const since = performance.now()
    await server.start()
    await until(async () => (await resultsIn(postgres.url)) >= backlog, 600_000)
    const drained = Math.round(performance.now() - since)
    const findings = await ownerSnapshot(postgres.url, (run) => doctor({ run }))
    const details = findings.map(({ detail }) => detail)
    return { readyAfterKill, chargeAfterPostgres, backlog: waited, drained, findings: details }
  } finally {
    await server.stop()
    await postgres.stop()
  }
}

/** Sends emails to a tracker faster than it reads; gives how many of them wait at the end. */
async function pileUp(
  url: string,
  send: (path: string, body: unknown, type?: string) => Promise<Response>,
  emails: number,
): Promise<number> {
  const asked = { kind: 'question', name: 'Cancel', question: 'Is cancel mentioned?' }
  const { id } = (await (await send('/v1/trackers', asked)).json()) as { id: string }
  if (!(await send(`/v1/trackers/${id}/publish`, {})).ok) throw new Error('it was not published')
  for (let first = 0; first < emails; first += 1_000) {
    const lines = Array.from({ length: Math.min(1_000, emails - first) }, (_, i) =>
      JSON.stringify({
        ...{ kind: 'email', id: `mail-${first + i}`, sentAt: '2026-01-05T08:00:00Z' },
        ...{ subject: 'Hello', from: { email: 'p@recovery.test' }, to: [] },
        body: i % 3 ? 'I want to cancel.' : 'All is well.',
      }),
    )
    const taken = await send('/v1/import', lines.join('\n'), 'application/x-ndjson')
    if (!taken.ok) throw new Error(`an import was answered ${taken.status}`)
  }
  return emails - (await resultsIn(url))
}

async function resultsIn(url: string): Promise<number> {
  const [row] = await ownerSnapshot(url, (run) =>
    run<{ n: number }>('', 'select count(*)::int as n from tracker_result'),
  )
  return row!.n
}

async function until(isDone: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const giveUp = performance.now() + limitMs
  while (!(await isDone().catch(() => false))) {
    if (performance.now() > giveUp) throw new Error('it does not come back')
    await sleep(20)
  }
}
