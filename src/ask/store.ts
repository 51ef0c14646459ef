import { sql } from 'kysely'
import type { CompanyNo } from '../kit/caller.ts'
import { arrayOf } from '../platform/arrays.ts'
import type { Tx } from '../platform/database.ts'
import type { Run } from '../platform/run.ts'

/** A request under a key, as it is kept. */
export interface KeptRequest {
  isSame: boolean
  answer: string | null
  /** When it was answered; null while somebody is at it. */
  answeredAt: Date | null
}

/**
 * Takes a key for a worker: true when it was free, or its worker is gone. Whoever lost a worker may so
 * be asked again at once.
 */
export async function claimKey(
  tx: Tx,
  companyNo: CompanyNo,
  key: { hash: Buffer; fingerprint: Buffer; worker: string; leaseMs: number },
): Promise<boolean> {
  const { hash, fingerprint, worker, leaseMs } = key
  const { rows } = await sql`
    insert into answered_request as r (company_id, key_hash, fingerprint, worker, worker_until)
    values (${companyNo}, ${hash}, ${fingerprint}, ${worker}, clock_timestamp() + ${leaseMs} * interval '1 ms')
    on conflict (company_id, key_hash) do update
      set worker = excluded.worker, worker_until = excluded.worker_until
      where r.answered_at is null and r.worker_until < clock_timestamp()
        and r.fingerprint = excluded.fingerprint
    returning true as taken`.execute(tx)
  return rows.length > 0
}

export async function readRequest(
  tx: Tx,
  companyNo: CompanyNo,
  hash: Buffer,
  fingerprint: Buffer,
): Promise<KeptRequest | undefined> {
  const { rows } = await sql<KeptRequest>`
    select fingerprint = ${fingerprint} as "isSame", answer, answered_at as "answeredAt"
    from answered_request where company_id = ${companyNo} and key_hash = ${hash}`.execute(tx)
  return rows[0]
}

/** Lets go of a key whose request came to nothing. */
export async function dropClaim(
  tx: Tx,
  companyNo: CompanyNo,
  hash: Buffer,
  worker: string,
): Promise<void> {
  await sql`delete from answered_request
    where company_id = ${companyNo} and key_hash = ${hash} and worker = ${worker}`.execute(tx)
}

/** Whether the key is still this worker's; nobody takes it before this transaction ends. */
export async function lockClaim(
  run: Run,
  companyNo: CompanyNo,
  hash: Buffer,
  worker: string,
): Promise<boolean> {
  const rows = await run(
    'answered-request-lock',
    `select 1 from answered_request where company_id = $1 and key_hash = $2 and worker = $3 for update`,
    [companyNo, hash, worker],
  )
  return rows.length > 0
}

/** Keeps what was answered, and has its content taken away when its time is over. */
export async function keepAnswer(
  run: Run,
  companyNo: CompanyNo,
  hash: Buffer,
  kept: { answer: string; itemNos: readonly bigint[]; at: Date },
): Promise<void> {
  await run(
    'answered-request-keep',
    `update answered_request set worker = null, worker_until = null, answer = $3,
       item_nos = $4::bigint[], answered_at = $5 where company_id = $1 and key_hash = $2`,
    [companyNo, hash, kept.answer, arrayOf(kept.itemNos), kept.at.toISOString()],
  )
}

/** Has the answers of a day emptied at a moment; once for all of the day. */
export async function enqueueEmptying(
  run: Run,
  companyNo: CompanyNo,
  day: string,
  at: Date,
): Promise<void> {
  await run(
    'answered-request-emptying',
    `select enqueue_job('ask.empty', $1, '{}'::jsonb, 'ask-empty:' || $2, $3::timestamptz, null)`,
    [companyNo, day, at.toISOString()],
  )
}

/** What is left of an answer without its content. */
const emptied = sql`((answer::jsonb - 'items') || '{"answer": null}')::text`

/** Takes the content of the answers given before a moment away. */
export async function emptyBefore(tx: Tx, companyNo: CompanyNo, before: Date): Promise<void> {
  await sql`update answered_request set answer = ${emptied}, item_nos = '{}', emptied_at = ${before}
    where company_id = ${companyNo} and emptied_at is null and answered_at < ${before}`.execute(tx)
}

/** Takes the content of the answers that stand on some items away. */
export async function emptyOf(
  tx: Tx,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
  at: Date,
): Promise<void> {
  await sql`update answered_request set answer = ${emptied}, item_nos = '{}', emptied_at = ${at}
    where company_id = ${companyNo} and emptied_at is null
      and item_nos && ${arrayOf(itemNos)}::bigint[]`.execute(tx)
}

/**
 * Which of these items may still be read. From here to the commit none of them can be erased: an
 * erasure that comes later finds what this transaction writes.
 */
export async function lockReadable(
  run: Run,
  companyNo: CompanyNo,
  itemNos: readonly bigint[],
): Promise<Set<bigint>> {
  const rows = await run<{ no: bigint }>(
    'ask-lock-items',
    `select no from item where company_id = $1 and no = any($2::bigint[])
       and deleted_at is null and not private order by no for share`,
    [companyNo, arrayOf(itemNos)],
  )
  return new Set(rows.map(({ no }) => no))
}

/**
 * Counts one more use by hand within the hour before a moment; undefined when it may be, else when the
 * next one may.
 */
export async function countManualUse(
  tx: Tx,
  companyNo: CompanyNo,
  memberId: string,
  at: Date,
  most: number,
): Promise<Date | undefined> {
  const since = new Date(at.getTime() - HOUR_MS)
  const { rows } = await sql<{ times: Date[] }>`
    insert into manual_use (company_id, member_id, times) values (${companyNo}, ${memberId}, '{}')
    on conflict (company_id, member_id) do update
      set times = array(select t from unnest(manual_use.times) as t where t > ${since} order by t)
    returning times`.execute(tx)
  const times = rows[0]!.times
  if (times.length >= most) {
    return new Date((times.at(-Math.max(1, most)) ?? at).getTime() + HOUR_MS)
  }
  await sql`update manual_use set times = times || ${at}::timestamptz
    where company_id = ${companyNo} and member_id = ${memberId}`.execute(tx)
  return undefined
}

const HOUR_MS = 3_600_000

/** The settings that decide how a company's questions are read and counted. */
export async function readSettings(
  tx: Tx,
  companyNo: CompanyNo,
): Promise<{ timezone: string; settings: object }> {
  const { timezone, settings } = await tx
    .selectFrom('company')
    .select(['timezone', 'settings'])
    .where('id', '=', companyNo)
    .executeTakeFirstOrThrow()
  return { timezone, settings: settings as object }
}
