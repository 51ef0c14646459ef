import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { doctor } from '../../src/doctor/service.ts'
import { openHouse } from '../../src/house.ts'
import { entryTypes } from '../../src/ledger/pool.ts'
import { createLog } from '../../src/platform/log.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { mortalWorker, OPERATOR_KEY } from '../kit/chaos.ts'
import { seedBug } from '../ledger/engine.ts'
import type { Mutant } from '../ledger/mutants.ts'
import { randomOf } from '../ledger/random.ts'

/** Charges first and writes the result down afterwards, so that a death in between charges twice. */
export const resultAfterCharge: Mutant = {
  name: 'a result does not ride on its charge',
  file: 'trackers/service/run.ts',
  from: `    await captureWork(deps, caller, reserved, {
      items: [asPriced(item)],
      rider: { by, row },
      ends: false,
      name: \`\${tracker.id}/\${tracker.version}/\${item.no}\`,
    })`,
  to: `    await captureWork(deps, caller, reserved, {
      items: [asPriced(item)],
      ends: false,
      name: String(Math.random()),
    })
    await new Promise((done) => setTimeout(done, 3_000))
    await deps.db.company(companyNo, (tx) =>
      keepFreeResults(deps, tx, [{ ...row, processedAt: deps.clock.now() }]),
    )`,
}

export interface WorkersResult {
  kills: number
  /** Results of each run. */
  results: number
  charges: number
  /** What the run under kills has otherwise than the calm one. */
  differences: string[]
  findings: string[]
}

const TRACKERS = ['Cancel', 'Thanks', 'Budget']
const WORKERS = 3
const RANGE = { from: '2026-01-01T00:00:00Z', to: '2026-02-01T00:00:00Z' }

/**
 * Publishes three trackers with their history twice: once with a worker that lives, once with several that
 * are killed in the midst of it, again and again. Both must come to the same results and charges.
 */
export async function killWorkers(
  url: string,
  asked: { kills: number; items: number; seed: number; control?: boolean },
): Promise<WorkersResult> {
  const { kills, items, seed, control = false } = asked
  const random = randomOf(seed)
  const folder = await mkdtemp(join(tmpdir(), 'sluice-prove-workers-'))
  const house = await openHouse(
    {
      ...{ databaseUrl: url, databasePool: 4, operatorKey: OPERATOR_KEY, publicUrl: undefined },
      ...{ sessions: { idleMs: 60_000, longestMs: 60_000 }, ai: { provider: 'local' as const } },
      spoolDir: folder,
    },
    { log: createLog('silent') },
  )
  const owner = new pg.Pool({ connectionString: url, max: 2 })
  const source = control ? await seedBug(resultAfterCharge) : undefined
  try {
    const address = await house.app.listen({ port: 0, host: '127.0.0.1' })
    const publish = () => publishAll(address, items)
    const count = async (text: string, values: unknown[]) =>
      (await owner.query<{ n: number }>(`select count(*)::int as n from ${text}`, values)).rows[0]!
        .n
    const all = items * TRACKERS.length
    const isDone = async ({ ids }: Published) =>
      (await count('tracker_result where tracker_id = any ($1)', [ids])) >= all
    const hasCharged = async ({ companyId }: Published, part: number) =>
      (await count(CHARGES, [companyId, CONSUME])) > all * part
    const until = async (isSo: () => Promise<boolean>) => {
      for (const end = Date.now() + LONGEST_MS; !(await isSo()); await sleep(20)) {
        if (Date.now() > end) throw new Error('the work does not come to an end')
      }
    }

    const calm = await publish()
    const worker = await mortalWorker(url)
    await until(() => isDone(calm))
    await worker.stop()

    const rough = await publish()
    const workers = await Promise.all(
      Array.from({ length: WORKERS }, () => mortalWorker(url, source && `${source.folder}/`)),
    )
    for (let killed = 0; killed < kills; killed++) {
      // At a moment of the work, not of the clock: a slow machine is killed as often.
      const part = (killed + random.below(100) / 100) / (kills + 1)
      await until(() => hasCharged(rough, part))
      const victims = workers.filter(() => random.percent(70))
      await Promise.all(victims.map((victim) => victim.kill()))
      // As if the time had passed after which the jobs of the dead are given to others.
      await owner.query(
        `update graphile_worker._private_jobs set locked_at = locked_at - interval '1 minute'
         where locked_at is not null`,
      )
      await Promise.all(victims.map((victim) => victim.start()))
    }
    await until(() => isDone(rough))
    await Promise.all(workers.map((one) => one.stop()))

    const [before, after] = [await tell(owner, calm), await tell(owner, rough)]
    const findings = await ownerSnapshot(url, (run) => doctor({ run }))
    return {
      kills,
      results: after.results.length,
      charges: after.charges.length,
      differences: [
        ...differencesOf('result', before.results, after.results),
        ...differencesOf('charge', before.charges, after.charges),
      ],
      findings: findings.map((finding) => JSON.stringify(finding)),
    }
  } finally {
    await house.close()
    await owner.end()
    await source?.remove()
    await rm(folder, { recursive: true, force: true })
  }
}

const LONGEST_MS = 300_000
const CONSUME = entryTypes.indexOf('consume') + 1
const CHARGES = `company c join ledger_entry e on e.company_id = c.id and e.type = $2
  where c.public_id = $1`

/** A company with a month of emails whose trackers have been published a moment ago. */
async function publishAll(address: string, items: number): Promise<Published> {
  let keys = 0
  const ask = async (key: string, path: string, body: unknown) => {
    const isText = typeof body === 'string'
    const answer = await fetch(new URL(path, address), {
      method: 'POST',
      headers: {
        'content-type': isText ? 'application/x-ndjson' : 'application/json',
        authorization: `Bearer ${key}`,
        'idempotency-key': `prove-${keys++}-${performance.now()}`,
      },
      body: isText ? body : JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`)
    return (await answer.json()) as { id: string; apiKey: { key: string } }
  }
  const { id, apiKey } = await ask(OPERATOR_KEY, '/v1/companies', { name: 'Prove' })
  const { key } = apiKey
  await ask(key, '/v1/credits/grants', { source: 'purchased', credits: 1_000_000 })
  const lines = Array.from({ length: items }, (_, i) => JSON.stringify(anEmail(i)))
  await ask(key, '/v1/import?history=true', lines.join('\n'))
  const ids: string[] = []
  for (const name of TRACKERS) {
    const question = `Is ${name.toLowerCase()} mentioned?`
    const made = await ask(key, '/v1/trackers', { kind: 'question', name, question })
    ids.push(made.id)
  }
  for (const one of ids) await ask(key, `/v1/trackers/${one}/publish`, { history: RANGE })
  return { companyId: id, ids }
}

interface Published {
  companyId: string
  ids: string[]
}

const SAID = ['I want to cancel.', 'Thanks for the call.', 'Is there a budget?', 'See you soon.']

function anEmail(no: number) {
  const day = String(1 + (no % 28)).padStart(2, '0')
  return {
    ...{ kind: 'email', id: `mail-${no}`, sentAt: `2026-01-${day}T08:00:00Z`, subject: `No ${no}` },
    ...{ from: { email: `p${no % 7}@prove.test` }, to: [], body: SAID[no % SAID.length]! },
  }
}

/** What a run has come to, item by item, under names that both runs have in common. */
async function tell(owner: pg.Pool, { companyId, ids }: Published) {
  const results = await owner.query<{ line: string }>(
    `select t.name || ' ' || i.id || ' ' || r.found || ' ' || r.answer as line
     from tracker_result r join tracker t on t.company_id = r.company_id and t.id = r.tracker_id
     join item i on i.company_id = r.company_id and i.no = r.item_no
     where r.tracker_id = any ($1) order by 1`,
    [ids],
  )
  const charges = await owner.query<{ line: string }>(
    `select a.instance_name || ' ' || coalesce(d.items -> 0 ->> 'id', '?') || ' ' || e.credits as line
     from company c join ledger_entry e on e.company_id = c.id and e.type = $2
     join attribution a on a.company_id = c.id and a.id = e.attribution_id
     left join charge_detail d on d.company_id = c.id and d.charge_seq = e.charge_seq
     where c.public_id = $1 order by 1`,
    [companyId, CONSUME],
  )
  const linesOf = ({ rows }: { rows: { line: string }[] }) => rows.map(({ line }) => line)
  return { results: linesOf(results), charges: linesOf(charges) }
}

function differencesOf(what: string, before: string[], after: string[]): string[] {
  const counts = new Map<string, number>()
  for (const line of before) counts.set(line, (counts.get(line) ?? 0) - 1)
  for (const line of after) counts.set(line, (counts.get(line) ?? 0) + 1)
  return [...counts]
    .filter(([, count]) => count !== 0)
    .map(([line, count]) => `${count > 0 ? 'more' : 'fewer'} of the ${what} ${line}`)
}
