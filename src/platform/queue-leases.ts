import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { ALIVE_MS, diesWithoutWord } from './exclusive.ts'
import type { Logger } from './log.ts'

/**
 * Who works on jobs lives, as PostgreSQL sees it: each holds an advisory lock on a standing connection,
 * which ends with its process, or when the process is stuck for a minute. The jobs of those whose lock is
 * free are given to others within seconds.
 */
export interface Leases {
  /** Holds the lease of a worker of this process until it closes. */
  take(workerId: string): Promise<void>
  close(): Promise<void>
}

const LOCK_CLASS = 0x51c3
const CHECK_MS = 5_000
/** A worker takes its lease a moment after its first job. */
const GRACE = '10 seconds'

export function openLeases(pool: pg.Pool, url: string, log: Logger): Leases {
  const ids = new Set<string>()
  let client: pg.Client | undefined
  let connecting: Promise<pg.Client> | undefined
  let closed = false
  /** Statements on the standing connection go one after another. */
  let last: Promise<unknown> = Promise.resolve()
  const checking = setInterval(() => void check(), CHECK_MS).unref()

  return {
    async take(workerId) {
      if (ids.has(workerId) && client) return
      ids.add(workerId)
      const standing = client ?? (await connect())
      await lock(standing, workerId)
    },
    async close() {
      closed = true
      clearInterval(checking)
      await connecting?.catch(() => {})
      await client?.end().catch(() => {})
    },
  }

  function connect(): Promise<pg.Client> {
    connecting ??= open().finally(() => {
      connecting = undefined
    })
    return connecting
  }

  async function open(): Promise<pg.Client> {
    const fresh = new pg.Client({ connectionString: url, application_name: 'sluice lease' })
    fresh.on('error', () => {})
    fresh.on('end', () => {
      if (client === fresh) client = undefined
      if (!closed) void reconnect()
    })
    await fresh.connect()
    await fresh.query(diesWithoutWord(ALIVE_MS))
    for (const id of ids) await lock(fresh, id)
    client = fresh
    return fresh
  }

  async function reconnect(): Promise<void> {
    while (!closed && !client) {
      await sleep(500, undefined, { ref: false })
      if (!closed) await connect().catch(() => {})
    }
  }

  function lock(standing: pg.Client, id: string): Promise<unknown> {
    const take = () => standing.query('select pg_advisory_lock($1, hashtext($2))', [LOCK_CLASS, id])
    const taken = last.then(take, take)
    last = taken.catch(() => {})
    return taken
  }

  /** Says that this process lives, and frees the jobs of workers that are no more. */
  async function check(): Promise<void> {
    client?.query('select').catch(() => {})
    await pool
      .query(
        `select graphile_worker.force_unlock_workers(array_agg(id)), array_agg(id) as ids
         from (select distinct locked_by as id from graphile_worker._private_jobs
               where locked_at < now() - $1::interval and not locked_by = any ($2)) as busy
         where not exists (
           select from pg_locks where locktype = 'advisory' and classid = $3
             and objid = (hashtext(id)::bigint & 4294967295)::oid
             and database = (select oid from pg_database where datname = current_database()))
         having count(*) > 0`,
        [GRACE, [...ids], LOCK_CLASS],
      )
      .then(({ rows }) => {
        if (rows.length > 0)
          log.warn({ workers: rows[0].ids }, 'Took over jobs of workers that ended')
      })
      .catch((error: Error) =>
        log.warn({ reason: error.message }, 'Could not look for dead workers'),
      )
  }
}
