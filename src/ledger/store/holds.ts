import type { CompanyNo } from '../../kit/caller.ts'
import { micros } from '../../kit/credits.ts'
import { arrayOf } from '../../platform/arrays.ts'
import { type Column, layOut } from '../../platform/rows.ts'
import type { Run } from '../../platform/run.ts'
import type { Attribution, Draw, Hold, Lines, Moment } from '../pool.ts'
import { iso, ms, type Owned } from './rows.ts'

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

const drawsJson = (draws: Draw[]) =>
  JSON.stringify(draws.map((draw) => [draw.grantNo, String(draw.credits)]))
const remainingOf = (hold: Hold) => hold.draws.reduce((total, draw) => total + draw.credits, 0n)
const jsonOf = (value: unknown) => (value === null ? null : JSON.stringify(value))

const changing: Column<Owned<Hold>>[] = [
  { name: 'company_id', type: 'int', of: (hold) => hold.companyNo },
  { name: 'id', type: 'bigint', of: ({ it }) => it.id },
  { name: 'draws', type: 'jsonb', of: ({ it }) => drawsJson(it.draws) },
  { name: 'remaining', type: 'bigint', of: ({ it }) => remainingOf(it) },
  { name: 'captured', type: 'bigint', of: ({ it }) => it.captured },
  { name: 'status', type: 'text', of: ({ it }) => it.status },
  { name: 'ended_at', type: 'timestamptz', of: ({ it }) => iso(it.endedAt) },
]

const lasting: Column<Owned<Hold>>[] = [
  { name: 'attribution_id', type: 'int', of: ({ it }) => it.attribution.id },
  { name: 'rate_card', type: 'int', of: ({ it }) => it.rateCard },
  { name: 'credits', type: 'bigint', of: ({ it }) => it.credits },
  { name: 'lines', type: 'jsonb', of: ({ it }) => JSON.stringify(it.lines) },
  { name: 'created_at', type: 'timestamptz', of: ({ it }) => iso(it.createdAt) },
  { name: 'expires_at', type: 'timestamptz', of: ({ it }) => iso(it.expiresAt) },
  { name: 'metadata', type: 'jsonb', of: ({ it }) => jsonOf(it.metadata) },
]

export async function insertHolds(run: Run, holds: Owned<Hold>[]): Promise<void> {
  const columns = [...changing, ...lasting]
  const { shape, list, values } = layOut(columns, holds)
  await run(
    `ledger-insert-holds-${shape}`,
    `insert into hold (${columns.map((column) => column.name)}) select ${list}`,
    values,
  )
}

export async function updateHolds(run: Run, holds: Owned<Hold>[]): Promise<void> {
  const { shape, list, values } = layOut(changing, holds)
  await run(
    `ledger-update-holds-${shape}`,
    `update hold h set draws = x.draws, remaining = x.remaining, captured = x.captured, status = x.status,
       ended_at = x.ended_at
     from (select ${list}) x where h.company_id = x.company_id and h.id = x.id`,
    values,
  )
}
