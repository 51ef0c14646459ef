import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf } from '../../platform/arrays.ts'
import type { Run } from '../../platform/run.ts'
import {
  type Attribution,
  type Draw,
  type EntryType,
  entryTypes,
  type Grant,
  type Hold,
  type Moment,
} from '../pool.ts'
import type { ChargeRow, EntryRow } from '../records.ts'
import { readGrants } from './groups.ts'

// What pages and answers read. Everything here is one look-up or one page by its key, whatever the size.

type RawEntry = Omit<EntryRow, 'seq' | 'type' | 'chargeAt' | 'chargeSeq' | 'holdId' | 'at'> & {
  seq: bigint
  type: number
  chargeAt: Date | null
  chargeSeq: bigint | null
  holdId: bigint | null
  at: Date
}

const entryColumns = `e.seq, e.type, e.credits, e.from_hold as "fromHold", e.available_after as "availableAfter",
  e.held_after as "heldAfter", e.used_after as "usedAfter", e.grant_no as "grantNo", e.charge_at as "chargeAt",
  e.charge_seq as "chargeSeq", e.hold_id as "holdId", e.attribution_id as "attributionId",
  e.rate_card as "rateCard", e.lines, e.reason, e.actor, e.at`

function entryOf(raw: RawEntry): EntryRow {
  const number = (value: bigint | null) => (value === null ? null : Number(value))
  return {
    ...raw,
    seq: Number(raw.seq),
    type: entryTypes[raw.type - 1]!,
    chargeAt: raw.chargeAt?.getTime() ?? null,
    chargeSeq: number(raw.chargeSeq),
    holdId: number(raw.holdId),
    at: raw.at.getTime(),
  }
}

export interface EntryFilter {
  from?: Date | undefined
  to?: Date | undefined
  type?: EntryType | undefined
  grantNo?: number | undefined
  charge?: { at: Moment; seq: number } | undefined
  holdId?: number | undefined
  order: 'asc' | 'desc'
  after?: { at: Date; seq: bigint } | undefined
  limit: number
}

/** A page of the ledger. A charge of nothing has a line of its own, which is no entry of any grant. */
export async function readEntries(
  run: Run,
  companyNo: CompanyNo,
  filter: EntryFilter,
): Promise<EntryRow[]> {
  const values: unknown[] = [companyNo]
  const where = ['e.company_id = $1', 'e.credits > 0']
  const also = (text: string, ...more: unknown[]) => {
    where.push(text.replace(/\?/g, () => `$${values.push(more.shift())}`))
  }
  if (filter.from) also('e.at >= ?', filter.from)
  if (filter.to) also('e.at < ?', filter.to)
  if (filter.type) also('e.type = ?', entryTypes.indexOf(filter.type) + 1)
  if (filter.grantNo !== undefined) also('e.grant_no = ?', filter.grantNo)
  if (filter.holdId !== undefined) also('e.hold_id = ?', filter.holdId)
  if (filter.charge) {
    const { at, seq } = filter.charge
    // A charge's own lines are at its moment; those of its refund name that moment.
    also(
      'e.at >= ? and e.charge_seq = ? and (e.type = 4 or e.charge_at = ?)',
      new Date(at),
      seq,
      new Date(at),
    )
  }
  if (filter.after) {
    also(
      `(e.at, e.seq) ${filter.order === 'desc' ? '<' : '>'} (?, ?)`,
      filter.after.at,
      filter.after.seq,
    )
  }
  const rows = await run<RawEntry>(
    '',
    `select ${entryColumns} from ledger_entry e where ${where.join(' and ')}
     order by e.at ${filter.order}, e.seq ${filter.order} limit $${values.push(filter.limit)}`,
    values,
  )
  return rows.map(entryOf)
}

/** One charge by its place; undefined when there is none. */
export async function readCharge(
  run: Run,
  companyNo: CompanyNo,
  at: Moment,
  seq: number,
): Promise<ChargeRow | undefined> {
  const moment = new Date(at)
  const entries = (
    await run<RawEntry>(
      'ledger-read-charge',
      `select ${entryColumns} from ledger_entry e
       where e.company_id = $1 and e.at = $2 and e.seq >= $3 and e.charge_seq = $3 and e.type = 4 order by e.seq`,
      [companyNo, moment, seq],
    )
  ).map(entryOf)
  const [first] = entries
  if (!first || first.attributionId === null) return undefined
  let last = entries.at(-1)!
  if (first.holdId !== null)
    last = (await readEndOfCapture(run, companyNo, last, first.holdId)) ?? last
  const [more] = await run<{
    attribution: Attribution
    items: unknown
    metadata: unknown
    percents: number[]
    refunded: boolean
  }>(
    'ledger-read-charge-facts',
    `select jsonb_build_object('id', a.id, 'feature', a.feature, 'instanceId', a.instance_id, 'instanceName', a.instance_name,
        'trigger', a.trigger, 'integrationId', a.integration_id, 'memberId', a.member_id, 'teamId', a.team_id) as attribution,
       d.items, d.metadata,
       coalesce((select array_agg(percent::int order by percent) from threshold_crossing
         where company_id = $1 and seq = $4), '{}') as percents,
       exists (select from refund where company_id = $1 and charge_seq = $3) as refunded
     from attribution a left join charge_detail d on d.company_id = $1 and d.charge_seq = $3
     where a.company_id = $1 and a.id = $2`,
    [companyNo, first.attributionId, seq, last.seq],
  )
  if (!more) return undefined
  return {
    seq,
    at,
    entries,
    attribution: more.attribution,
    rateCard: first.rateCard ?? 0,
    lines: first.lines ?? {},
    items: more.items,
    metadata: more.metadata,
    thresholdsReached: more.percents,
    refunded: more.refunded,
    last,
  }
}

/** The end of a capture: the unbroken run of lines right after it that give the rest of its hold back. */
async function readEndOfCapture(run: Run, companyNo: CompanyNo, last: EntryRow, holdId: number) {
  const rows = (
    await run<RawEntry>(
      'ledger-read-capture-end',
      `select ${entryColumns} from ledger_entry e
       where e.company_id = $1 and e.at = $2 and e.seq > $3 order by e.seq limit 1000`,
      [companyNo, new Date(last.at), last.seq],
    )
  ).map(entryOf)
  let end: EntryRow | undefined
  for (const row of rows) {
    const returns = row.type === 'release' && row.holdId === holdId
    // A void that somebody asked for names its actor, and is a change of its own.
    const isSettling = row.type === 'expire' || (row.type === 'void' && row.actor === null)
    const settles = end !== undefined && isSettling && row.grantNo === end.grantNo
    if (!returns && !settles) break
    end = row
  }
  return end
}

export interface ChargeFilter {
  from?: Date | undefined
  to?: Date | undefined
  feature?: string | undefined
  instanceId?: string | undefined
  integrationId?: string | undefined
  memberId?: string | undefined
  teamId?: string | undefined
  before?: { at: Date; seq: bigint } | undefined
  limit: number
}

/** The places of a page of charges, newest first. */
export async function readChargePlaces(
  run: Run,
  companyNo: CompanyNo,
  filter: ChargeFilter,
): Promise<{ at: Moment; seq: number }[]> {
  const values: unknown[] = [companyNo]
  const where = ['e.company_id = $1', 'e.type = 4', 'e.charge_seq = e.seq']
  const also = (text: string, ...more: unknown[]) => {
    where.push(text.replace(/\?/g, () => `$${values.push(more.shift())}`))
  }
  if (filter.from) also('e.at >= ?', filter.from)
  if (filter.to) also('e.at < ?', filter.to)
  if (filter.before) also('(e.at, e.seq) < (?, ?)', filter.before.at, filter.before.seq)
  const attributed = await attributionsOf(run, companyNo, filter)
  if (attributed) {
    if (attributed.length === 0) return []
    also('e.attribution_id = any (?::int[])', arrayOf(attributed))
  }
  const rows = await run<{ at: Date; seq: bigint }>(
    '',
    `select e.at, e.seq from ledger_entry e where ${where.join(' and ')}
     order by e.at desc, e.seq desc limit $${values.push(filter.limit)}`,
    values,
  )
  return rows.map((row) => ({ at: row.at.getTime(), seq: Number(row.seq) }))
}

/** The attributions that a filter names; undefined when it names none in particular. */
async function attributionsOf(
  run: Run,
  companyNo: CompanyNo,
  filter: ChargeFilter,
): Promise<number[] | undefined> {
  const named = [
    ['feature', filter.feature],
    ['instance_id', filter.instanceId],
    ['integration_id', filter.integrationId],
    ['member_id', filter.memberId],
    ['team_id', filter.teamId],
  ].filter(([, value]) => value !== undefined)
  if (named.length === 0) return undefined
  const rows = await run<{ id: number }>(
    '',
    `select id from attribution where company_id = $1 ${named.map(([column], i) => `and ${column} = $${i + 2}`).join(' ')}`,
    [companyNo, ...named.map(([, value]) => value)],
  )
  return rows.map((row) => row.id)
}

/** A page of grants, newest first. */
export async function readGrantPage(
  run: Run,
  companyNo: CompanyNo,
  before: number | undefined,
  limit: number,
): Promise<Grant[]> {
  const rows = await run<{ no: number }>(
    'ledger-grant-page',
    'select no from credit_grant where company_id = $1 and no < $2 order by no desc limit $3',
    [companyNo, before ?? 2 ** 31 - 1, limit],
  )
  return grantsInOrder(
    run,
    companyNo,
    rows.map((row) => row.no),
  )
}

async function grantsInOrder(run: Run, companyNo: CompanyNo, numbers: number[]): Promise<Grant[]> {
  const found = await readGrants(
    run,
    numbers.map((it) => ({ companyNo, it })),
  )
  const byNo = new Map(found.map(({ it }) => [it.no, it]))
  return numbers.map((no) => byNo.get(no)!)
}

/** What a hold set aside when it was made, in the order drawn. */
export async function readHoldDraws(
  run: Run,
  companyNo: CompanyNo,
  { id, createdAt }: Hold,
): Promise<Draw[]> {
  const rows = await run<{ grantNo: number; credits: bigint }>(
    'ledger-hold-draws',
    `select grant_no as "grantNo", credits from ledger_entry
     where company_id = $1 and at = $2 and seq >= $3 and hold_id = $3 and type = 2 order by seq`,
    [companyNo, new Date(createdAt), id],
  )
  return rows.map((row) => ({ grantNo: row.grantNo, credits: micros(row.credits) }))
}

/** The numbers of a page of holds, newest first. */
export async function readHoldIds(
  run: Run,
  companyNo: CompanyNo,
  status: string | undefined,
  before: bigint | undefined,
  limit: number,
): Promise<number[]> {
  const rows = await run<{ id: bigint }>(
    'ledger-hold-page',
    `select id from hold where company_id = $1 and ($2::text is null or status = $2) and id < $3
     order by id desc limit $4`,
    [companyNo, status ?? null, before ?? 2n ** 62n, limit],
  )
  return rows.map((row) => Number(row.id))
}
