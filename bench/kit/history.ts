import type pg from 'pg'
import { PRICE } from './pools.ts'

/** What a history is written for. */
export interface Historied {
  no: number
}

export const HISTORY_DAYS = 365
const FEATURES = ['ai_tracker', 'ai_ask_anything', 'ai_briefer', 'mcp', 'ai_theme_spotter']
const INSTANCES = 8

/**
 * Writes a year of past charges into a pool that has its grants: entries, keys, roll-up and counters, as
 * if they had been made one after the other. In SQL, since making ten million of them takes a while.
 */
export async function makeHistory(owner: pg.Pool, { no }: Historied, count: number): Promise<void> {
  const client = await owner.connect()
  const price = Number(PRICE)
  try {
    await client.query(`set work_mem = '256MB'; set maintenance_work_mem = '256MB'`)
    await client.query(
      `select open_ledger_month(now() - make_interval(months => m)) from generate_series(0, 13) m`,
    )
    const past = `now() - make_interval(days => ${HISTORY_DAYS + 1})`
    await client.query(`update company set created_at = ${past} where id = $1`, [no])
    await client.query(
      `update credit_grant set created_at = ${past}, effective_at = ${past} where company_id = $1`,
      [no],
    )
    // What was granted was granted before; the ledger itself may only grow, so its triggers look away.
    await client.query(`set session_replication_role = replica`)
    await client.query(`update ledger_entry set at = ${past} where company_id = $1`, [no])
    await client.query(`set session_replication_role = origin`)
    const { rows } = await client.query<{ id: number }>(
      `insert into attribution (company_id, feature, instance_id, instance_name, trigger, integration_id)
       select $1, ($2::text[])[1 + i % 5], 'instance-' || i, 'Instance ' || i, 'api', 'int_bench'
       from generate_series(1, 5 * $3::int) i returning id`,
      [no, FEATURES, INSTANCES],
    )
    const first = rows[0]!.id
    const { rows: rare } = await client.query<{ id: number }>(
      `insert into attribution (company_id, feature, instance_id, instance_name, trigger, integration_id)
       values ($1, $2, 'instance-rare', 'Used once a month', 'api', 'int_bench') returning id`,
      [no, FEATURES[0]],
    )
    const placed = `select i, p.seq + i as seq, g.no as grant_no,
        date_trunc('milliseconds', now() - make_interval(days => ${HISTORY_DAYS}))
          + (i * (${HISTORY_DAYS} * 86400000.0 / ${count}))::bigint * interval '1 millisecond' as at,
        case when i % ${Math.floor(count / 12)} = 0 then ${rare[0]!.id}
          else ${first} + (i * 7919 % ${rows.length})::int end as attribution_id,
        p.available - i * ${price}::bigint as available_after, p.used + i * ${price}::bigint as used_after
      from pool p, generate_series(1, ${count}::bigint) i,
        lateral (select no from credit_grant where company_id = ${no} order by expires_at, no limit 1) g
      where p.company_id = ${no}`
    await client.query('begin')
    await client.query(
      `insert into ledger_entry (company_id, grant_no, at, seq, credits, available_after, held_after, used_after,
         charge_seq, attribution_id, type, rate_card, lines)
       select ${no}, grant_no, at, seq, ${price}, available_after, 0, used_after, seq, attribution_id, 4, 0,
         '{"email": 1}' from (${placed}) x`,
    )
    await client.query(
      `insert into ledger_key (company_id, hash, kind, fingerprint, at, result)
       select ${no}, md5('history' || i)::uuid, 1, i, at, seq from (${placed}) x`,
    )
    await client.query(
      `insert into usage_day (company_id, day, attribution_id, refund, type, quantity, credits, requests, first_at, last_at)
       select ${no}, (at at time zone 'UTC')::date, attribution_id, false, 'email', count(*), count(*) * ${price},
         count(*), min(at), max(at) from (${placed}) x group by 2, 3`,
    )
    await client.query(
      `update credit_grant set available = available - ${count}::bigint * ${price}, consumed = consumed + ${count}::bigint * ${price}
       where company_id = $1 and no = (select no from credit_grant where company_id = $1 order by expires_at, no limit 1)`,
      [no],
    )
    await client.query(
      `update pool set seq = seq + ${count}, available = available - ${count}::bigint * ${price},
         used = used + ${count}::bigint * ${price} where company_id = $1`,
      [no],
    )
    await client.query('commit')
    await client.query('vacuum (analyze) ledger_entry')
    await client.query('vacuum (analyze) ledger_key')
    await client.query('vacuum (analyze) usage_day')
  } finally {
    client.release()
  }
}
