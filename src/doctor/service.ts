import { setTimeout as pause } from 'node:timers/promises'
import { checkChain } from '../ledger/service/chain.ts'
import type { Logger } from '../platform/log.ts'
import type { Metrics } from '../platform/metrics.ts'
import { ownerSnapshot } from '../platform/owner-snapshot.ts'
import type { Run } from '../platform/run.ts'
import {
  type Check,
  findFaults,
  haveTables,
  ledgerChecks,
  readCompanies,
  wallChecks,
} from './store.ts'

export type { Check, Fault } from './store.ts'

export interface Deps {
  /** Statements of the owner, all in one read-only snapshot: a server may go on working meanwhile. */
  run: Run
  /** What other modules want asked beside the ledger's own: a tracker's results and their charges. */
  checks?: Check[]
}

/** One thing wrong, and whose. */
export interface Finding {
  check: string
  /** The company's public id; null for what concerns the whole database. */
  company: string | null
  /** The ledger entry at which it shows, where there is one. */
  seq: number | null
  detail: string
}

/** Of one check so many findings are enough to be believed. */
const FAULTS_MAX = 200

/**
 * Recomputes from the ledger everything that is kept beside it, walks each pool's hash chain, and looks
 * at the walls around both. No finding means that all of it agrees.
 */
export async function doctor({ run, checks = [] }: Deps): Promise<Finding[]> {
  const companies = await readCompanies(run)
  const findings = await ask(run, [...wallChecks, ...ledgerChecks, ...checks], companies)
  for (const { companyNo, publicId } of companies) {
    const broken = await checkChain(run, companyNo)
    if (broken)
      findings.push({
        check: 'the hash chain is whole',
        company: publicId,
        seq: Number(broken.seq),
        detail: `entry ${broken.seq}: ${broken.fault}`,
      })
  }
  return findings
}

/** What of all that can be asked quickly, however long the ledger is. */
export async function quickLook({ run }: Pick<Deps, 'run'>): Promise<Finding[]> {
  const quick = ledgerChecks.filter(({ isQuick }) => isQuick)
  return ask(run, quick, await readCompanies(run))
}

async function ask(
  run: Run,
  checks: Check[],
  companies: Awaited<ReturnType<typeof readCompanies>>,
): Promise<Finding[]> {
  const publicIds = new Map(companies.map(({ companyNo, publicId }) => [companyNo, publicId]))
  const findings: Finding[] = []
  for (const check of checks) {
    if (check.needs && !(await haveTables(run, check.needs))) continue
    for (const { companyNo, seq, detail } of await findFaults(run, check, FAULTS_MAX)) {
      const company =
        companyNo === null ? null : (publicIds.get(companyNo) ?? `number ${companyNo}`)
      findings.push({ check: check.name, company, seq: seq === null ? null : Number(seq), detail })
    }
  }
  return findings
}

const WATCH_EVERY_MS = 5 * 60_000

/**
 * Takes a quick look every five minutes, for as long as it is not stopped: whatever does not add up is told in
 * the log, a line each, and counted in the metric `ledger_findings`. Gives what stops it.
 */
export function startWatch(deps: {
  /** The owner's: the serving role sees one company at a time. */
  databaseUrl: string
  log: Logger
  metrics: Metrics
  everyMs?: number
}): () => Promise<void> {
  const { databaseUrl, log, metrics, everyMs = WATCH_EVERY_MS } = deps
  const stopping = new AbortController()
  let findings: Finding[] = []
  metrics.gauge(
    'ledger_findings',
    'What did not add up when the ledger was looked at last; npm run doctor tells all of it',
    () => findings.length,
  )
  async function look(): Promise<void> {
    findings = await ownerSnapshot(databaseUrl, (run) => quickLook({ run }))
    for (const finding of findings) log.error({ finding }, 'The ledger does not add up')
  }
  async function watch(): Promise<void> {
    while (!stopping.signal.aborted) {
      await look().catch((err) => log.warn({ err }, 'The ledger could not be looked at'))
      await pause(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {})
    }
  }
  const watching = watch()
  return async () => {
    stopping.abort()
    await watching
  }
}

/** A finding as a line. */
export function lineOf({ check, company, detail }: Finding): string {
  return `${company ?? 'database'}: ${detail} (${check})`
}
