import { checkChain } from '../ledger/service/chain.ts'
import type { Run } from '../platform/run.ts'
import {
  type Check,
  type Fault,
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
  const publicIds = new Map(companies.map(({ companyNo, publicId }) => [companyNo, publicId]))
  const findings: Finding[] = []
  const add = (check: string, { companyNo, seq, detail }: Fault) =>
    findings.push({
      check,
      company: companyNo === null ? null : (publicIds.get(companyNo) ?? `number ${companyNo}`),
      seq: seq === null ? null : Number(seq),
      detail,
    })
  for (const check of [...wallChecks, ...ledgerChecks, ...checks]) {
    if (check.needs && !(await haveTables(run, check.needs))) continue
    for (const fault of await findFaults(run, check, FAULTS_MAX)) add(check.name, fault)
  }
  for (const { companyNo } of companies) {
    const broken = await checkChain(run, companyNo)
    if (broken)
      add('the hash chain is whole', {
        companyNo,
        seq: broken.seq,
        detail: `entry ${broken.seq}: ${broken.fault}`,
      })
  }
  return findings
}

/** A finding as a line. */
export function lineOf({ check, company, detail }: Finding): string {
  return `${company ?? 'database'}: ${detail} (${check})`
}
