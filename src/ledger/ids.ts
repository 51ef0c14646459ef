import { notFound } from '../kit/problem.ts'
import type { Moment } from './pool.ts'

/** The public ids of one company's ledger, and the way back. */
export interface LedgerIds {
  charge(at: Moment, seq: number): string
  entry(at: Moment, seq: number): string
  refund(at: Moment, seq: number): string
  grant(no: number): string
  hold(id: number): string
  /** Where a charge is; throws not-found for what is no charge's id, another company's included. */
  readCharge(id: string): { at: Moment; seq: number }
  readGrant(id: string): number
  readHold(id: string): number
}

const TAG_DIGITS = 6
const MOMENT_DIGITS = 9

/**
 * The ledger's public ids are made of what finds the row again: a charge or entry is found by its moment
 * and number, so that a look-up touches one month's partition only. The end of the company's own id
 * keeps them apart from other companies'.
 */
export function ledgerIds(companyId: string): LedgerIds {
  const tag = companyId.slice(-TAG_DIGITS)
  const placed = (kind: string) => (at: Moment, seq: number) =>
    `${kind}_${at.toString(36).padStart(MOMENT_DIGITS, '0')}${tag}${seq.toString(36)}`
  const numbered = (kind: string) => (no: number) => `${kind}_${tag}${no.toString(36)}`
  const readNumber = (what: string, kind: string, most: number) => (id: string) => {
    const match = /^([a-z]{3})_([0-9a-z]{6})([0-9a-z]{1,10})$/.exec(id)
    const number = Number.parseInt(match?.[3] ?? '', 36)
    if (match?.[1] !== kind || match[2] !== tag || !(number <= most)) throw notFound(what, id)
    return number
  }
  return {
    charge: placed('chg'),
    entry: placed('ent'),
    refund: placed('rfd'),
    grant: numbered('grt'),
    hold: numbered('hld'),
    readCharge(id) {
      const match = /^chg_([0-9a-z]{9})([0-9a-z]{6})([0-9a-z]{1,10})$/.exec(id)
      if (match?.[2] !== tag) throw notFound('charge', id)
      const [at, seq] = [Number.parseInt(match[1]!, 36), Number.parseInt(match[3]!, 36)]
      // Beyond these no moment and no number exists.
      if (at > 8.64e15 || seq > Number.MAX_SAFE_INTEGER) throw notFound('charge', id)
      return { at, seq }
    },
    readGrant: readNumber('grant', 'grt', 2 ** 31 - 1),
    readHold: readNumber('hold', 'hld', Number.MAX_SAFE_INTEGER),
  }
}
