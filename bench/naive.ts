import { createHash } from 'node:crypto'
import pg from 'pg'
import { type Credits, reaches } from '../src/kit/credits.ts'
import { thresholds } from '../src/ledger/thresholds.ts'

/**
 * The rival: what an ordinary, careful application does. One transaction a charge, the pool's row locked
 * with `select … for update`, the same rows written to the same tables as the ledger writes them, one
 * awaited statement after the other. Its statements are prepared, and it runs as the owner, so that it
 * pays for no row-level security.
 */
export interface Naive {
  charge(companyNo: number, asked: NaiveCharge): Promise<{ seq: number; available: bigint }>
  close(): Promise<void>
}

export interface NaiveCharge {
  key: string
  credits: Credits
  lines: Record<string, number>
  attributionId: number
}

interface PoolRow {
  seq: string
  available: string
  held: string
  used: string
  reached: (Date | null)[]
}

/** As many connections as the product's own default, which served it best of 10, 20 and 64. */
const CONNECTIONS = 20

export function openNaive(url: string): Naive {
  const pool = new pg.Pool({ connectionString: url, max: CONNECTIONS, options: '-c timezone=UTC' })
  return {
    async charge(companyNo, asked) {
      const client = await pool.connect()
      try {
        await client.query('begin')
        const done = await chargeOnce(client, companyNo, asked)
        await client.query('commit')
        return done
      } catch (error) {
        await client.query('rollback')
        throw error
      } finally {
        client.release()
      }
    },
    close: () => pool.end(),
  }
}

async function chargeOnce(client: pg.PoolClient, companyNo: number, asked: NaiveCharge) {
  const ask = async <Row extends pg.QueryResultRow>(
    name: string,
    text: string,
    values: unknown[],
  ) => (await client.query<Row>({ name, text, values })).rows
  const [type, quantity] = Object.entries(asked.lines)[0]!
  const hash = createHash('sha256').update(asked.key).digest('hex').slice(0, 32)
  const fingerprint = createHash('sha256')
    .update(JSON.stringify(asked.lines))
    .digest()
    .readBigInt64BE(0)

  const [pool] = await ask<PoolRow>(
    'pool',
    'select seq, available, held, used, reached from pool where company_id = $1 for update',
    [companyNo],
  )
  if (!pool) throw new Error('there is no such pool')
  const [known] = await ask<{ result: string }>(
    'key',
    'select result from ledger_key where company_id = $1 and hash = $2',
    [companyNo, hash],
  )
  if (known) return { seq: Number(known.result), available: BigInt(pool.available) }
  const available = BigInt(pool.available)
  if (available < asked.credits) throw new Error('insufficient credits')
  const grants = await ask<{ no: number; available: string }>(
    'grants',
    `select no, available from credit_grant
     where company_id = $1 and live and available > 0 and (expires_at is null or expires_at > now())
     order by expires_at nulls last, no`,
    [companyNo],
  )

  const at = new Date()
  const first = Number(pool.seq) + 1
  let seq = first
  let left = available
  let used = BigInt(pool.used)
  let open: bigint = asked.credits
  for (const grant of grants) {
    if (open === 0n) break
    const part = open < BigInt(grant.available) ? open : BigInt(grant.available)
    open -= part
    left -= part
    used += part
    await ask(
      'draw',
      'update credit_grant set available = available - $3, consumed = consumed + $3 where company_id = $1 and no = $2',
      [companyNo, grant.no, part],
    )
    await ask(
      'entry',
      `insert into ledger_entry (company_id, grant_no, at, seq, credits, available_after, held_after, used_after,
         charge_seq, attribution_id, type, rate_card, lines)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 4, 0, $11)`,
      [
        companyNo,
        grant.no,
        at,
        seq++,
        part,
        left,
        pool.held,
        used,
        first,
        asked.attributionId,
        asked.lines,
      ],
    )
  }
  const total = used + BigInt(pool.held) + left
  const crossed = thresholds.filter(
    (percent, i) => pool.reached[i] === null && reaches(used as Credits, total as Credits, percent),
  )
  for (const percent of crossed) {
    await ask(
      'crossing',
      `insert into threshold_crossing (company_id, seq, percent, at, cause) values ($1, $2, $3, $4, 'charge')`,
      [companyNo, seq - 1, percent, at],
    )
  }
  await ask(
    'pool-update',
    `update pool set seq = $2, available = $3, used = $4, last_at = $5, reached = $6 where company_id = $1`,
    [
      companyNo,
      seq - 1,
      left,
      used,
      at,
      pool.reached.map((was, i) => (crossed.includes(thresholds[i]!) ? at : was)),
    ],
  )
  await ask(
    'key-insert',
    'insert into ledger_key (company_id, hash, kind, fingerprint, at, result) values ($1, $2, 1, $3, $4, $5)',
    [companyNo, hash, fingerprint, at, first],
  )
  await ask(
    'usage',
    `insert into usage_day as u (company_id, day, attribution_id, refund, type, quantity, credits, requests, first_at, last_at)
     values ($1, $2, $3, false, $4, $5, $6, 1, $7, $7)
     on conflict (company_id, day, attribution_id, refund, type) do update
     set quantity = u.quantity + excluded.quantity, credits = u.credits + excluded.credits,
       requests = u.requests + 1, last_at = excluded.last_at`,
    [
      companyNo,
      at.toISOString().slice(0, 10),
      asked.attributionId,
      type,
      quantity,
      asked.credits,
      at,
    ],
  )
  return { seq: first, available: left }
}
