import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import { type Column, layOut } from '../../platform/rows.ts'
import type { Run } from '../../platform/run.ts'
import type { Book } from '../book.ts'
import { type Detail, type PastCharges, pastKey } from '../commands.ts'
import { type Attribution, type Entry, entryTypes, type Lines, type Moment } from '../pool.ts'
import { iso, type Owned } from './rows.ts'

/** An attribution `a` as one value. */
export const attributionJson = `jsonb_build_object('id', a.id, 'feature', a.feature, 'instanceId', a.instance_id,
  'instanceName', a.instance_name, 'trigger', a.trigger, 'integrationId', a.integration_id,
  'memberId', a.member_id, 'teamId', a.team_id) as attribution`

interface PastChargeRow {
  companyNo: number
  at: Date
  seq: bigint
  draws: [number, string][]
  attribution: Attribution
  lines: Lines | null
  rateCard: number | null
  refunded: boolean
}

/** The charges that refunds name. */
export async function readPastCharges(
  run: Run,
  wanted: { companyNo: CompanyNo; at: Moment; seq: number }[],
): Promise<PastCharges> {
  const rows = await run<PastChargeRow>(
    'ledger-past-charges',
    `select x.c as "companyNo", x.at, x.seq, f.draws, ${attributionJson}, f.lines, f.rate_card as "rateCard",
       exists (select from refund r where r.company_id = x.c and r.charge_seq = x.seq) as refunded
     from unnest($1::int[], $2::timestamptz[], $3::bigint[]) x(c, at, seq)
     cross join lateral (
       select coalesce(jsonb_agg(jsonb_build_array(e.grant_no, e.credits::text) order by e.seq)
           filter (where e.credits > 0), '[]') as draws,
         (array_agg(e.attribution_id order by e.seq))[1] as attribution_id,
         (array_agg(e.lines order by e.seq))[1] as lines,
         (array_agg(e.rate_card order by e.seq))[1] as rate_card
       from ledger_entry e
       where e.company_id = x.c and e.at = x.at and e.charge_seq = x.seq and e.type = 4) f
     join attribution a on a.company_id = x.c and a.id = f.attribution_id`,
    [
      arrayOf(wanted.map((one) => one.companyNo)),
      textArray(wanted.map((one) => iso(one.at))),
      arrayOf(wanted.map((one) => one.seq)),
    ],
  )
  return new Map(
    rows.map((row) => {
      const [at, seq] = [row.at.getTime(), Number(row.seq)]
      const draws = row.draws.map(([grantNo, credits]) => ({
        grantNo,
        credits: micros(BigInt(credits)),
      }))
      const { attribution, lines, refunded } = row
      const rateCard = row.rateCard ?? 0
      return [
        pastKey(row.companyNo, at, seq),
        { seq, at, draws, attribution, lines: lines ?? {}, rateCard, refunded },
      ]
    }),
  )
}

/** Makes the months' partitions that entries of these moments go to. */
export async function openMonth(run: Run, at: Moment): Promise<void> {
  await run('ledger-open-month', 'select open_ledger_month($1)', [iso(at)])
}

const jsonOf = (value: unknown) =>
  value === undefined || value === null ? null : JSON.stringify(value)

const entryColumns: Column<Owned<Entry>>[] = [
  { name: 'company_id', type: 'int', of: (entry) => entry.companyNo },
  { name: 'grant_no', type: 'int', of: ({ it }) => it.grantNo },
  { name: 'at', type: 'timestamptz', of: ({ it }) => iso(it.at) },
  { name: 'seq', type: 'bigint', of: ({ it }) => it.seq },
  { name: 'credits', type: 'bigint', of: ({ it }) => it.credits },
  { name: 'available_after', type: 'bigint', of: ({ it }) => it.availableAfter },
  { name: 'held_after', type: 'bigint', of: ({ it }) => it.heldAfter },
  { name: 'used_after', type: 'bigint', of: ({ it }) => it.usedAfter },
  { name: 'charge_seq', type: 'bigint', of: ({ it }) => it.chargeSeq },
  { name: 'hold_id', type: 'bigint', of: ({ it }) => it.holdId },
  { name: 'attribution_id', type: 'int', of: ({ it }) => it.attributionId },
  { name: 'type', type: 'smallint', of: ({ it }) => entryTypes.indexOf(it.type) + 1 },
  { name: 'from_hold', type: 'boolean', of: ({ it }) => it.fromHold },
  { name: 'rate_card', type: 'int', of: ({ it }) => it.rateCard },
  { name: 'lines', type: 'jsonb', of: ({ it }) => jsonOf(it.lines) },
  { name: 'reason', type: 'text', of: ({ it }) => it.reason },
  { name: 'actor', type: 'text', of: ({ it }) => it.actor },
  { name: 'charge_at', type: 'timestamptz', of: ({ it }) => iso(it.chargeAt) },
]

/** Adds the lines that a group wrote. */
export async function insertEntries(run: Run, entries: Owned<Entry>[]): Promise<void> {
  const { shape, list, values } = layOut(entryColumns, entries)
  await run(
    `ledger-insert-entries-${shape}`,
    `insert into ledger_entry (${entryColumns.map((column) => column.name)}) select ${list}`,
    values,
  )
}

interface OwnDetail {
  companyNo: CompanyNo
  it: { seq: number; detail: Detail }
}

const detailColumns: Column<OwnDetail>[] = [
  { name: 'company_id', type: 'int', of: (one) => one.companyNo },
  { name: 'charge_seq', type: 'bigint', of: ({ it }) => it.seq },
  { name: 'items', type: 'jsonb', of: ({ it }) => jsonOf(it.detail.items) },
  { name: 'metadata', type: 'jsonb', of: ({ it }) => jsonOf(it.detail.metadata) },
]

/** Keeps what a charge's items were, where its lines do not say it all. */
export async function insertDetails(run: Run, details: OwnDetail[]): Promise<void> {
  const { shape, list, values } = layOut(detailColumns, details)
  await run(
    `ledger-insert-details-${shape}`,
    `insert into charge_detail (${detailColumns.map((column) => column.name)}) select ${list}`,
    values,
  )
}

/** Writes the rare rows of one book: threshold crossings, refunds, begun contract years. */
export async function insertRareRows(run: Run, book: Book): Promise<void> {
  const { companyNo } = book.pool
  const crossings = book.crossings.map(({ seq, percent, at, cause }) =>
    run(
      'ledger-insert-crossing',
      'insert into threshold_crossing (company_id, seq, percent, at, cause) values ($1, $2, $3, $4, $5)',
      [companyNo, seq, percent, iso(at), cause],
    ),
  )
  const refunds = book.refunds.map((one) =>
    run(
      'ledger-insert-refund',
      `insert into refund (company_id, charge_seq, charge_at, seq, at, credits, reason, actor)
       values ($1, $2, $3, $4, $5, $6, $7, $8)`,
      [
        companyNo,
        one.chargeSeq,
        iso(one.chargeAt),
        one.seq,
        iso(one.at),
        one.credits,
        one.reason,
        one.actor,
      ],
    ),
  )
  const periods = book.begunPeriods.map((period) =>
    run(
      'ledger-begin-period',
      'update period set begun_at = $3 where company_id = $1 and starts_at = $2',
      [companyNo, iso(period.startsAt), iso(book.pool.lastAt ?? period.startsAt)],
    ),
  )
  await Promise.all([...crossings, ...refunds, ...periods])
}

/** The row of an attribution, made if it is new; a new name of the instance replaces the old one. */
export async function internAttribution(
  run: Run,
  companyNo: CompanyNo,
  asked: Omit<Attribution, 'id'>,
): Promise<Attribution> {
  const rows = await run<{ id: number }>(
    'ledger-intern-attribution',
    `insert into attribution (company_id, feature, instance_id, instance_name, trigger, integration_id, member_id, team_id)
     values ($1, $2, $3, $4, $5, $6, $7, $8)
     on conflict (company_id, feature, instance_id, trigger, integration_id, member_id, team_id)
     do update set instance_name = coalesce(excluded.instance_name, attribution.instance_name)
     returning id`,
    [
      companyNo,
      asked.feature,
      asked.instanceId,
      asked.instanceName,
      asked.trigger,
      asked.integrationId,
      asked.memberId,
      asked.teamId,
    ],
  )
  return { ...asked, id: rows[0]!.id }
}

/** What an instance was called last; undefined when nothing was charged for it under a name. */
export async function readInstanceName(
  run: Run,
  companyNo: CompanyNo,
  instanceId: string,
): Promise<string | undefined> {
  const rows = await run<{ name: string }>(
    'ledger-instance-name',
    `select instance_name as name from attribution
     where company_id = $1 and instance_id = $2 and instance_name is not null order by id desc limit 1`,
    [companyNo, instanceId],
  )
  return rows[0]?.name
}

/** Consumed since `start`, less refunds of charges that were made since then. */
export async function readUsedSince(run: Run, companyNo: CompanyNo, start: Date): Promise<bigint> {
  const rows = await run<{ used: bigint }>(
    'ledger-used-since',
    `select coalesce(sum(case when type = 4 then credits when charge_at >= $2 then -credits end), 0)::bigint as used
     from ledger_entry where company_id = $1 and at >= $2 and type in (4, 5)`,
    [companyNo, start.toISOString()],
  )
  return rows[0]!.used
}
