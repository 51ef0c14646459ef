import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
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
import { attributionJson } from './entries.ts'
import { readGrants } from './grants.ts'
import { iso } from './rows.ts'

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
  // Where a hold's or a charge's entries are is known, so that an old one takes no walk through the ledger.
  if (filter.holdId !== undefined) {
    also(
      `e.hold_id = ? and e.at >= (select created_at from hold where company_id = $1 and id = ?)
       and e.at <= coalesce((select ended_at from hold where company_id = $1 and id = ?), 'infinity')`,
      filter.holdId,
      filter.holdId,
      filter.holdId,
    )
  }
  if (filter.charge) {
    const { seq } = filter.charge
    const at = new Date(filter.charge.at)
    // A charge's own entries are at its moment; those of its refund name that moment.
    also(
      `e.charge_seq = ? and (e.type = 4 and e.at = ? or e.charge_at = ?)
       and e.at = any (array[?, (select at from refund where company_id = $1 and charge_seq = ?)]::timestamptz[])`,
      ...[seq, at, at, at, seq],
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

/** Where a charge stands in the ledger. */
export interface ChargePlace {
  at: Moment
  /** The number of its first entry. */
  seq: number
}

/** The charges at these places, in their order; two or three queries however many there are. */
export async function readCharges(
  run: Run,
  companyNo: CompanyNo,
  places: readonly ChargePlace[],
): Promise<ChargeRow[]> {
  const lines = await run<RawEntry & { n: bigint }>(
    'ledger-read-charges',
    `select x.n, e.* from unnest($2::timestamptz[], $3::bigint[]) with ordinality x(at, seq, n)
     cross join lateral (select ${entryColumns} from ledger_entry e
       where e.company_id = $1 and e.at = x.at and e.seq >= x.seq and e.charge_seq = x.seq and e.type = 4
       order by e.seq) e
     order by x.n, e.seq`,
    [companyNo, textArray(places.map(({ at }) => iso(at))), arrayOf(places.map(({ seq }) => seq))],
  )
  const byPlace = Map.groupBy(lines, (line) => Number(line.n) - 1)
  const found = places.flatMap((place, i) => {
    const entries = byPlace.get(i)?.map(({ n: _, ...raw }) => entryOf(raw))
    const first = entries?.[0]
    if (!entries || first?.attributionId == null) return []
    const attributionId = first.attributionId
    return [{ ...place, entries, first, attributionId, last: entries.at(-1)! }]
  })
  await findCaptureEnds(run, companyNo, found)
  const facts = await readChargeFacts(run, companyNo, found)
  return found.map(({ at, seq, entries, first, last }, i) => ({
    ...{ seq, at, entries, last },
    rateCard: first.rateCard ?? 0,
    lines: first.lines ?? {},
    ...facts[i]!,
  }))
}

interface ChargeFacts {
  attribution: Attribution
  items: unknown
  metadata: unknown
  thresholdsReached: number[]
  refunded: boolean
}

/** What is known of charges beside their lines, in the same order. */
async function readChargeFacts(
  run: Run,
  companyNo: CompanyNo,
  charges: { seq: number; attributionId: number; last: EntryRow }[],
): Promise<ChargeFacts[]> {
  if (charges.length === 0) return []
  return run<ChargeFacts>(
    'ledger-read-charge-facts',
    `select ${attributionJson}, d.items, d.metadata,
       coalesce((select array_agg(percent::int order by percent) from threshold_crossing
         where company_id = $1 and seq = x.last), '{}') as "thresholdsReached",
       exists (select from refund where company_id = $1 and charge_seq = x.seq) as refunded
     from unnest($2::int[], $3::bigint[], $4::bigint[]) with ordinality x(whom, seq, last, n)
     join attribution a on a.company_id = $1 and a.id = x.whom
     left join charge_detail d on d.company_id = $1 and d.charge_seq = x.seq
     order by x.n`,
    [
      companyNo,
      arrayOf(charges.map((charge) => charge.attributionId)),
      arrayOf(charges.map((charge) => charge.seq)),
      arrayOf(charges.map((charge) => charge.last.seq)),
    ],
  )
}

/**
 * Moves `last` of captures to the end of what they wrote: the unbroken run of lines right after the charge
 * that give the rest of its hold back.
 */
async function findCaptureEnds(
  run: Run,
  companyNo: CompanyNo,
  charges: { first: EntryRow; last: EntryRow }[],
): Promise<void> {
  const captures = charges.filter(({ first }) => first.holdId !== null)
  if (captures.length === 0) return
  const rows = await run<RawEntry & { n: bigint }>(
    'ledger-read-capture-ends',
    `select x.n, e.* from unnest($2::timestamptz[], $3::bigint[], $4::bigint[]) with ordinality x(at, seq, hold, n)
     cross join lateral (select ${entryColumns} from ledger_entry e
       where e.company_id = $1 and e.at = x.at and e.seq > x.seq
         and (e.type = 3 and e.hold_id = x.hold or e.type in (6, 7)) order by e.seq) e
     order by x.n, e.seq`,
    [
      companyNo,
      textArray(captures.map(({ last }) => iso(last.at))),
      arrayOf(captures.map(({ last }) => last.seq)),
      arrayOf(captures.map(({ first }) => first.holdId)),
    ],
  )
  for (const { n, ...raw } of rows) {
    const capture = captures[Number(n) - 1]!
    const [row, end] = [entryOf(raw), capture.last]
    if (row.seq !== end.seq + 1) continue
    // A void that somebody asked for names its actor, and is a change of its own.
    const isSettling = row.type === 'expire' || (row.type === 'void' && row.actor === null)
    const settles = end.type !== 'consume' && isSettling && row.grantNo === end.grantNo
    if (row.type === 'release' || settles) capture.last = row
  }
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

/** A stretch of time, both ends included. */
export interface Span {
  first: Date
  last: Date
}

const chargeBefore = `e.company_id = $1 and e.type = 4 and e.charge_seq = e.seq
  and ($2::timestamptz is null or (e.at, e.seq) < ($2, $3::bigint))`

/** The places of a page of charges, newest first; `from` and `to` cut it off. */
export async function readChargePlaces(
  run: Run,
  companyNo: CompanyNo,
  { before, from, to, limit }: ChargeFilter,
): Promise<ChargePlace[]> {
  const rows = await run<RawPlace>(
    'ledger-charge-places',
    `select e.at, e.seq from ledger_entry e where ${chargeBefore}
       and ($4::timestamptz is null or e.at >= $4) and ($5::timestamptz is null or e.at < $5)
     order by e.at desc, e.seq desc limit $6`,
    [companyNo, before?.at ?? null, before?.seq ?? null, from ?? null, to ?? null, limit],
  )
  return rows.map(placeOf)
}

interface RawPlace {
  at: Date
  seq: bigint
}

const placeOf = ({ at, seq }: RawPlace): ChargePlace => ({ at: at.getTime(), seq: Number(seq) })

/**
 * The same for the charges of some attributions. They may be few among many, so only the stretches in
 * which they are known to be are read, each by its key.
 */
export async function readChargePlacesIn(
  run: Run,
  companyNo: CompanyNo,
  attributions: readonly number[],
  spans: readonly Span[],
  { before, limit }: Pick<ChargeFilter, 'before' | 'limit'>,
): Promise<ChargePlace[]> {
  const rows = await run<RawPlace>(
    'ledger-charge-places-in',
    `select e.at, e.seq from unnest($4::timestamptz[], $5::timestamptz[]) span(first, last)
     cross join lateral (select e.at, e.seq from ledger_entry e where ${chargeBefore}
       and e.at between span.first and span.last and e.attribution_id = any ($6::int[])
       order by e.at desc, e.seq desc limit $7) e
     order by e.at desc, e.seq desc limit $7`,
    [
      companyNo,
      before?.at ?? null,
      before?.seq ?? null,
      textArray(spans.map(({ first }) => first.toISOString())),
      textArray(spans.map(({ last }) => last.toISOString())),
      arrayOf(attributions),
      limit,
    ],
  )
  return rows.map(placeOf)
}

/** The attributions that a filter names; undefined when it names none in particular. */
export async function attributionsOf(
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
