import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf, textArray } from '../../platform/arrays.ts'
import type { Run } from '../../platform/run.ts'
import type { Book } from '../book.ts'
import type { Detail, Key, PastCharges } from '../commands.ts'
import { pastKey } from '../commands.ts'
import {
  type Attribution,
  type Draw,
  type Entry,
  entryTypes,
  type Grant,
  type Hold,
  isLive,
  type Lines,
  type Moment,
  type Period,
  type Pool,
  type Source,
} from '../pool.ts'

// Every statement of the ledger's groups. Rows go in and out as arrays, one statement for all pools of a
// group; `lateral … limit 1` keeps a lookup a lookup, whatever the planner believes of an empty table.
// What is written is unnested in the select list: in `from` each array would be stored before it is read.

const ms = (at: Date | null): Moment | null => (at === null ? null : at.getTime())

let [lastMoment, lastIso]: [Moment, string] = [0, new Date(0).toISOString()]

/** A moment as text; most of a group happens in one. */
function iso(at: Moment | null): string | null {
  if (at === null) return null
  if (at !== lastMoment) [lastMoment, lastIso] = [at, new Date(at).toISOString()]
  return lastIso
}

// --- reading ---------------------------------------------------------------------------------------

interface PoolRow {
  companyNo: number
  seq: bigint
  available: bigint
  held: bigint
  used: bigint
  periodStart: Date | null
  everGranted: boolean
  reached: (Date | null)[]
  exhaustedSeq: bigint | null
  exhaustedAt: Date | null
  lastAt: Date | null
  nextDueAt: Date | null
  clock: Date | null
  grants: number
  configEpoch: number
}

/** Locks the pools, in the order of their numbers, so that two groups never wait for each other. */
export async function lockPools(run: Run, companies: CompanyNo[]): Promise<Pool[]> {
  const rows = await run<PoolRow>(
    'ledger-lock',
    `select company_id as "companyNo", seq, available, held, used, period_start as "periodStart",
       ever_granted as "everGranted", reached, exhausted_seq as "exhaustedSeq", exhausted_at as "exhaustedAt",
       last_at as "lastAt", next_due_at as "nextDueAt", clock, grants, config_epoch as "configEpoch"
     from pool where company_id = any ($1::int[]) order by company_id for no key update`,
    [arrayOf(companies)],
  )
  return rows.map(poolOf)
}

/** A pool as it stands, without its lock. */
export async function readPool(run: Run, companyNo: CompanyNo): Promise<Pool | undefined> {
  const rows = await run<PoolRow>(
    'ledger-read-pool',
    `select company_id as "companyNo", seq, available, held, used, period_start as "periodStart",
       ever_granted as "everGranted", reached, exhausted_seq as "exhaustedSeq", exhausted_at as "exhaustedAt",
       last_at as "lastAt", next_due_at as "nextDueAt", clock, grants, config_epoch as "configEpoch"
     from pool where company_id = $1`,
    [companyNo],
  )
  return rows[0] && poolOf(rows[0])
}

function poolOf(row: PoolRow): Pool {
  return {
    companyNo: row.companyNo,
    seq: Number(row.seq),
    available: micros(row.available),
    held: micros(row.held),
    used: micros(row.used),
    periodStart: ms(row.periodStart),
    everGranted: row.everGranted,
    reached: row.reached.map(ms),
    exhaustedSeq: row.exhaustedSeq === null ? null : Number(row.exhaustedSeq),
    exhaustedAt: ms(row.exhaustedAt),
    lastAt: ms(row.lastAt),
    nextDueAt: ms(row.nextDueAt),
    clock: ms(row.clock),
    grants: row.grants,
    configEpoch: row.configEpoch,
  }
}

interface GrantRow {
  companyNo: number
  no: number
  source: Source
  amount: bigint
  available: bigint
  held: bigint
  consumed: bigint
  expired: bigint
  voided: bigint
  voidOwed: bigint
  effectiveAt: Date
  expiresAt: Date | null
  entered: boolean
  reference: string | null
  reason: string | null
  grantedBy: string | null
  createdAt: Date
}

const grantColumns = `g.company_id as "companyNo", g.no, g.source, g.amount, g.available, g.held, g.consumed,
  g.expired, g.voided, g.void_owed as "voidOwed", g.effective_at as "effectiveAt", g.expires_at as "expiresAt",
  g.entered, g.reference, g.reason, g.granted_by as "grantedBy", g.created_at as "createdAt"`

/** The grants of these pools that may still be drawn, expire or begin. */
export async function readLiveGrants(run: Run, companies: CompanyNo[]): Promise<Owned<Grant>[]> {
  const rows = await run<GrantRow>(
    'ledger-grants',
    `select ${grantColumns} from credit_grant g where g.company_id = any ($1::int[]) and g.live`,
    [arrayOf(companies)],
  )
  return rows.map(grantOf)
}

/** Grants by number, live or not. */
export async function readGrants(run: Run, wanted: Owned<number>[]): Promise<Owned<Grant>[]> {
  const rows = await run<GrantRow>(
    'ledger-grants-by-no',
    `select ${grantColumns} from unnest($1::int[], $2::int[]) x(c, n)
     cross join lateral (select * from credit_grant where company_id = x.c and no = x.n limit 1) g`,
    [arrayOf(wanted.map((one) => one.companyNo)), arrayOf(wanted.map((one) => one.it))],
  )
  return rows.map(grantOf)
}

function grantOf(row: GrantRow): Owned<Grant> {
  return {
    companyNo: row.companyNo,
    it: {
      no: row.no,
      source: row.source,
      amount: micros(row.amount),
      available: micros(row.available),
      held: micros(row.held),
      consumed: micros(row.consumed),
      expired: micros(row.expired),
      voided: micros(row.voided),
      voidOwed: micros(row.voidOwed),
      effectiveAt: row.effectiveAt.getTime(),
      expiresAt: ms(row.expiresAt),
      entered: row.entered,
      reference: row.reference,
      reason: row.reason,
      grantedBy: row.grantedBy,
      createdAt: row.createdAt.getTime(),
    },
  }
}

/** A row of one pool among those of many. */
export interface Owned<It> {
  companyNo: CompanyNo
  it: It
}

interface HoldRow extends Omit<Attribution, 'id'> {
  companyNo: number
  id: bigint
  attributionId: number
  rateCard: number
  credits: bigint
  draws: [number, string][]
  captured: bigint
  status: Hold['status']
  lines: Lines
  createdAt: Date
  expiresAt: Date
  endedAt: Date | null
  metadata: unknown
}

const attributionJson = `jsonb_build_object('id', a.id, 'feature', a.feature, 'instanceId', a.instance_id,
  'instanceName', a.instance_name, 'trigger', a.trigger, 'integrationId', a.integration_id,
  'memberId', a.member_id, 'teamId', a.team_id) as attribution`

const holdColumns = `h.company_id as "companyNo", h.id, h.rate_card as "rateCard", h.credits,
  h.draws, h.captured, h.status, h.lines, h.created_at as "createdAt", h.expires_at as "expiresAt",
  h.ended_at as "endedAt", h.metadata, a.id as "attributionId", a.feature, a.instance_id as "instanceId",
  a.instance_name as "instanceName", a.trigger, a.integration_id as "integrationId",
  a.member_id as "memberId", a.team_id as "teamId"`

/** Holds by number. */
export async function readHolds(run: Run, wanted: Owned<number>[]): Promise<Owned<Hold>[]> {
  const rows = await run<HoldRow>(
    'ledger-holds',
    `select ${holdColumns} from unnest($1::int[], $2::bigint[]) x(c, n)
     cross join lateral (select * from hold where company_id = x.c and id = x.n limit 1) h
     join attribution a on a.company_id = h.company_id and a.id = h.attribution_id`,
    [arrayOf(wanted.map((one) => one.companyNo)), arrayOf(wanted.map((one) => one.it))],
  )
  return rows.map(holdOf)
}

/** The open holds of a pool whose time is over at `until`. */
export async function readDueHolds(run: Run, companyNo: CompanyNo, until: Moment): Promise<Hold[]> {
  const rows = await run<HoldRow>(
    'ledger-due-holds',
    `select ${holdColumns} from hold h
     join attribution a on a.company_id = h.company_id and a.id = h.attribution_id
     where h.company_id = $1 and h.status = 'held' and h.expires_at <= $2 order by h.expires_at, h.id`,
    [companyNo, iso(until)],
  )
  return rows.map((row) => holdOf(row).it)
}

/** When the next open hold after `after` expires. */
export async function readNextHoldExpiry(
  run: Run,
  companyNo: CompanyNo,
  after: Moment,
): Promise<Moment | null> {
  const rows = await run<{ at: Date | null }>(
    'ledger-next-hold',
    `select min(expires_at) as at from hold where company_id = $1 and status = 'held' and expires_at > $2`,
    [companyNo, iso(after)],
  )
  return ms(rows[0]?.at ?? null)
}

function holdOf(row: HoldRow): Owned<Hold> {
  const { attributionId: id, feature, instanceId, instanceName, trigger } = row
  const { integrationId, memberId, teamId } = row
  const whom = { instanceId, instanceName, trigger, integrationId, memberId, teamId }
  return {
    companyNo: row.companyNo,
    it: {
      id: Number(row.id),
      attribution: { id, feature, ...whom },
      rateCard: row.rateCard,
      credits: micros(row.credits),
      draws: row.draws.map(([grantNo, credits]) => ({ grantNo, credits: micros(BigInt(credits)) })),
      captured: micros(row.captured),
      status: row.status,
      lines: row.lines,
      createdAt: row.createdAt.getTime(),
      expiresAt: row.expiresAt.getTime(),
      endedAt: ms(row.endedAt),
      metadata: row.metadata,
    },
  }
}

/** The contract years of a pool that have not begun, earliest first. */
export async function readPeriods(run: Run, companyNo: CompanyNo): Promise<Period[]> {
  const rows = await run<{
    startsAt: Date
    endsAt: Date
    allotment: bigint
    reference: string | null
  }>(
    'ledger-periods',
    `select starts_at as "startsAt", ends_at as "endsAt", allotment, reference from period
     where company_id = $1 and begun_at is null order by starts_at`,
    [companyNo],
  )
  return rows.map((row) => ({
    startsAt: row.startsAt.getTime(),
    endsAt: row.endsAt.getTime(),
    allotment: micros(row.allotment),
    reference: row.reference,
  }))
}

/** A key that had an effect, and where to find it. */
export interface KnownKey {
  /** Its place among the keys that were looked up. */
  n: number
  at: Moment
  result: number
  fingerprint: bigint
}

export async function readKeys(run: Run, keys: Owned<Key>[]): Promise<KnownKey[]> {
  const rows = await run<{ n: bigint; at: Date; result: bigint; fingerprint: bigint }>(
    'ledger-keys',
    `select x.n, k.at, k.result, k.fingerprint from unnest($1::int[], $2::uuid[]) with ordinality x(c, h, n)
     cross join lateral (select at, result, fingerprint from ledger_key where company_id = x.c and hash = x.h limit 1) k`,
    [arrayOf(keys.map((key) => key.companyNo)), `{${keys.map((key) => key.it.hash).join(',')}}`],
  )
  return rows.map((row) => ({
    n: Number(row.n) - 1,
    at: row.at.getTime(),
    result: Number(row.result),
    fingerprint: row.fingerprint,
  }))
}

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

// --- writing ---------------------------------------------------------------------------------------

/** Makes the months' partitions that entries of these moments go to. */
export async function openMonth(run: Run, at: Moment): Promise<void> {
  await run('ledger-open-month', 'select open_ledger_month($1)', [iso(at)])
}

/** Adds the lines that a group wrote. */
export async function insertEntries(run: Run, entries: Owned<Entry>[]): Promise<void> {
  const column = <T>(pick: (entry: Entry) => T): T[] => entries.map(({ it }) => pick(it))
  await run(
    'ledger-insert-entries',
    `insert into ledger_entry (company_id, grant_no, at, seq, credits, available_after, held_after, used_after,
       charge_seq, hold_id, attribution_id, type, from_hold, rate_card, lines, reason, actor, charge_at)
     select unnest($1::int[]), unnest($2::int[]), unnest($3::timestamptz[]), unnest($4::bigint[]),
       unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]),
       unnest($9::bigint[]), unnest($10::bigint[]), unnest($11::int[]), unnest($12::smallint[]),
       unnest($13::boolean[]), unnest($14::int[]), unnest($15::jsonb[]), unnest($16::text[]),
       unnest($17::text[]), unnest($18::timestamptz[])`,
    [
      arrayOf(entries.map((entry) => entry.companyNo)),
      arrayOf(column((e) => e.grantNo)),
      textArray(column((e) => iso(e.at))),
      arrayOf(column((e) => e.seq)),
      arrayOf(column((e) => e.credits)),
      arrayOf(column((e) => e.availableAfter)),
      arrayOf(column((e) => e.heldAfter)),
      arrayOf(column((e) => e.usedAfter)),
      arrayOf(column((e) => e.chargeSeq)),
      arrayOf(column((e) => e.holdId)),
      arrayOf(column((e) => e.attributionId)),
      arrayOf(column((e) => entryTypes.indexOf(e.type) + 1)),
      arrayOf(column((e) => e.fromHold)),
      arrayOf(column((e) => e.rateCard)),
      textArray(column((e) => (e.lines === null ? null : JSON.stringify(e.lines)))),
      textArray(column((e) => e.reason)),
      textArray(column((e) => e.actor)),
      textArray(column((e) => iso(e.chargeAt))),
    ],
  )
}

export interface NewKey {
  key: Key
  kind: number
  at: Moment
  result: number
}

/** Remembers keys, for as long as the ledger lives. */
export async function insertKeys(run: Run, keys: Owned<NewKey>[]): Promise<void> {
  await run(
    'ledger-insert-keys',
    `insert into ledger_key (company_id, hash, kind, fingerprint, at, result)
     select unnest($1::int[]), unnest($2::uuid[]), unnest($3::smallint[]), unnest($4::bigint[]),
       unnest($5::timestamptz[]), unnest($6::bigint[])`,
    [
      arrayOf(keys.map((key) => key.companyNo)),
      `{${keys.map((key) => key.it.key.hash).join(',')}}`,
      arrayOf(keys.map((key) => key.it.kind)),
      arrayOf(keys.map((key) => key.it.key.fingerprint)),
      textArray(keys.map((key) => iso(key.it.at))),
      arrayOf(keys.map((key) => key.it.result)),
    ],
  )
}

/** Adds grants. */
export async function insertGrants(run: Run, grants: Owned<Grant>[]): Promise<void> {
  const column = <T>(pick: (grant: Grant) => T): T[] => grants.map(({ it }) => pick(it))
  await run(
    'ledger-insert-grants',
    `insert into credit_grant (company_id, no, source, amount, available, held, consumed, expired, voided, void_owed,
       effective_at, expires_at, entered, live, reference, reason, granted_by, created_at)
     select unnest($1::int[]), unnest($2::int[]), unnest($3::text[]), unnest($4::bigint[]),
       unnest($5::bigint[]), unnest($6::bigint[]), unnest($7::bigint[]), unnest($8::bigint[]),
       unnest($9::bigint[]), unnest($10::bigint[]), unnest($11::timestamptz[]), unnest($12::timestamptz[]),
       unnest($13::boolean[]), unnest($14::boolean[]), unnest($15::text[]), unnest($16::text[]),
       unnest($17::text[]), unnest($18::timestamptz[])`,
    [
      arrayOf(grants.map((grant) => grant.companyNo)),
      arrayOf(column((g) => g.no)),
      textArray(column((g) => g.source)),
      arrayOf(column((g) => g.amount)),
      ...grantCounters(column),
      textArray(column((g) => iso(g.effectiveAt))),
      textArray(column((g) => iso(g.expiresAt))),
      arrayOf(column((g) => g.entered)),
      arrayOf(column(isLive)),
      textArray(column((g) => g.reference)),
      textArray(column((g) => g.reason)),
      textArray(column((g) => g.grantedBy)),
      textArray(column((g) => iso(g.createdAt))),
    ],
  )
}

/** Writes what has changed of grants: their counters, and whether they began. */
export async function updateGrants(run: Run, grants: Owned<Grant>[]): Promise<void> {
  const column = <T>(pick: (grant: Grant) => T): T[] => grants.map(({ it }) => pick(it))
  await run(
    'ledger-update-grants',
    `update credit_grant g set available = x.available, held = x.held, consumed = x.consumed, expired = x.expired,
       voided = x.voided, void_owed = x.owed, entered = x.entered, live = x.live
     from (select unnest($1::int[]) c, unnest($2::int[]) n, unnest($3::bigint[]) available,
       unnest($4::bigint[]) held, unnest($5::bigint[]) consumed, unnest($6::bigint[]) expired,
       unnest($7::bigint[]) voided, unnest($8::bigint[]) owed, unnest($9::boolean[]) entered,
       unnest($10::boolean[]) live) x
     where g.company_id = x.c and g.no = x.n`,
    [
      arrayOf(grants.map((grant) => grant.companyNo)),
      arrayOf(column((g) => g.no)),
      ...grantCounters(column),
      arrayOf(column((g) => g.entered)),
      arrayOf(column(isLive)),
    ],
  )
}

function grantCounters(column: <T>(pick: (grant: Grant) => T) => T[]): string[] {
  return [
    arrayOf(column((g) => g.available)),
    arrayOf(column((g) => g.held)),
    arrayOf(column((g) => g.consumed)),
    arrayOf(column((g) => g.expired)),
    arrayOf(column((g) => g.voided)),
    arrayOf(column((g) => g.voidOwed)),
  ]
}

const drawsJson = (draws: Draw[]) =>
  JSON.stringify(draws.map((draw) => [draw.grantNo, String(draw.credits)]))
const remainingOf = (hold: Hold) => hold.draws.reduce((total, draw) => total + draw.credits, 0n)

export async function insertHolds(run: Run, holds: Owned<Hold>[]): Promise<void> {
  const column = <T>(pick: (hold: Hold) => T): T[] => holds.map(({ it }) => pick(it))
  await run(
    'ledger-insert-holds',
    `insert into hold (company_id, id, attribution_id, rate_card, credits, draws, remaining, captured, status, lines,
       created_at, expires_at, ended_at, metadata)
     select unnest($1::int[]), unnest($2::bigint[]), unnest($3::int[]), unnest($4::int[]),
       unnest($5::bigint[]), unnest($6::jsonb[]), unnest($7::bigint[]), unnest($8::bigint[]),
       unnest($9::text[]), unnest($10::jsonb[]), unnest($11::timestamptz[]), unnest($12::timestamptz[]),
       unnest($13::timestamptz[]), unnest($14::jsonb[])`,
    [
      arrayOf(holds.map((hold) => hold.companyNo)),
      arrayOf(column((h) => h.id)),
      arrayOf(column((h) => h.attribution.id)),
      arrayOf(column((h) => h.rateCard)),
      arrayOf(column((h) => h.credits)),
      textArray(column((h) => drawsJson(h.draws))),
      arrayOf(column(remainingOf)),
      arrayOf(column((h) => h.captured)),
      textArray(column((h) => h.status)),
      textArray(column((h) => JSON.stringify(h.lines))),
      textArray(column((h) => iso(h.createdAt))),
      textArray(column((h) => iso(h.expiresAt))),
      textArray(column((h) => iso(h.endedAt))),
      textArray(column((h) => (h.metadata === null ? null : JSON.stringify(h.metadata)))),
    ],
  )
}

export async function updateHolds(run: Run, holds: Owned<Hold>[]): Promise<void> {
  const column = <T>(pick: (hold: Hold) => T): T[] => holds.map(({ it }) => pick(it))
  await run(
    'ledger-update-holds',
    `update hold h set draws = x.draws, remaining = x.remaining, captured = x.captured, status = x.status, ended_at = x.ended
     from (select unnest($1::int[]) c, unnest($2::bigint[]) n, unnest($3::jsonb[]) draws,
       unnest($4::bigint[]) remaining, unnest($5::bigint[]) captured, unnest($6::text[]) status,
       unnest($7::timestamptz[]) ended) x
     where h.company_id = x.c and h.id = x.n`,
    [
      arrayOf(holds.map((hold) => hold.companyNo)),
      arrayOf(column((h) => h.id)),
      textArray(column((h) => drawsJson(h.draws))),
      arrayOf(column(remainingOf)),
      arrayOf(column((h) => h.captured)),
      textArray(column((h) => h.status)),
      textArray(column((h) => iso(h.endedAt))),
    ],
  )
}

/** Writes what has changed of pools. */
export async function updatePools(run: Run, pools: Pool[]): Promise<void> {
  const column = <T>(pick: (pool: Pool) => T): T[] => pools.map(pick)
  await run(
    'ledger-update-pools',
    `update pool p set seq = x.seq, available = x.available, held = x.held, used = x.used,
       period_start = x.period_start, ever_granted = x.ever_granted, reached = x.reached::timestamptz[],
       exhausted_seq = x.exhausted_seq, exhausted_at = x.exhausted_at, last_at = x.last_at,
       next_due_at = x.next_due_at, grants = x.grants
     from (select unnest($1::int[]) c, unnest($2::bigint[]) seq, unnest($3::bigint[]) available,
       unnest($4::bigint[]) held, unnest($5::bigint[]) used, unnest($6::timestamptz[]) period_start,
       unnest($7::boolean[]) ever_granted, unnest($8::text[]) reached, unnest($9::bigint[]) exhausted_seq,
       unnest($10::timestamptz[]) exhausted_at, unnest($11::timestamptz[]) last_at,
       unnest($12::timestamptz[]) next_due_at, unnest($13::int[]) grants) x
     where p.company_id = x.c`,
    [
      arrayOf(column((p) => p.companyNo)),
      arrayOf(column((p) => p.seq)),
      arrayOf(column((p) => p.available)),
      arrayOf(column((p) => p.held)),
      arrayOf(column((p) => p.used)),
      textArray(column((p) => iso(p.periodStart))),
      arrayOf(column((p) => p.everGranted)),
      textArray(column((p) => textArray(p.reached.map(iso)))),
      arrayOf(column((p) => p.exhaustedSeq)),
      textArray(column((p) => iso(p.exhaustedAt))),
      textArray(column((p) => iso(p.lastAt))),
      textArray(column((p) => iso(p.nextDueAt))),
      arrayOf(column((p) => p.grants)),
    ],
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

/** Keeps what a charge's items were, where its lines do not say it all. */
export async function insertDetails(
  run: Run,
  details: Owned<{ seq: number; detail: Detail }>[],
): Promise<void> {
  const json = (value: unknown) =>
    value === undefined || value === null ? null : JSON.stringify(value)
  await run(
    'ledger-insert-details',
    `insert into charge_detail (company_id, charge_seq, items, metadata)
     select unnest($1::int[]), unnest($2::bigint[]), unnest($3::jsonb[]), unnest($4::jsonb[])`,
    [
      arrayOf(details.map((one) => one.companyNo)),
      arrayOf(details.map((one) => one.it.seq)),
      textArray(details.map((one) => json(one.it.detail.items))),
      textArray(details.map((one) => json(one.it.detail.metadata))),
    ],
  )
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

/** Lays out a contract year that has not begun. */
export async function upsertPeriod(
  run: Run,
  companyNo: CompanyNo,
  period: { startsAt: Date; endsAt: Date; allotment: bigint; reference: string },
): Promise<void> {
  await run(
    'ledger-upsert-period',
    `insert into period (company_id, starts_at, ends_at, allotment, reference) values ($1, $2, $3, $4, $5)
     on conflict (company_id, starts_at) do update
     set ends_at = excluded.ends_at, allotment = excluded.allotment, reference = excluded.reference
     where period.begun_at is null`,
    [
      companyNo,
      period.startsAt.toISOString(),
      period.endsAt.toISOString(),
      period.allotment,
      period.reference,
    ],
  )
}

/** Companies in real time in whose pools something is due. */
export async function readDuePools(run: Run, until: Date, most: number): Promise<CompanyNo[]> {
  const rows = await run<{ companyNo: number }>(
    'ledger-due-pools',
    'select company_id as "companyNo" from due_pools($1, $2)',
    [until, most],
  )
  return rows.map((row) => row.companyNo)
}
