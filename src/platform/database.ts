import { CamelCasePlugin, Kysely, PostgresDialect, sql, type Transaction } from 'kysely'
import pg from 'pg'
import type { CompanyNo } from '../kit/caller.ts'
import type { DB } from './schema.ts'

/** A transaction of one company: it sees and writes that company's rows and no others. */
export type Tx = Transaction<DB>

/**
 * The one way to PostgreSQL. Every serving connection runs as the role `sluice_app`, behind row-level
 * security: rows are reached only inside `company` or `snapshot`, which name whose they are.
 */
export interface Database {
  /** One read-committed transaction on a company's rows. Throwing rolls it back. */
  company<T>(companyNo: CompanyNo, work: (tx: Tx) => Promise<T>): Promise<T>
  /** One read-only snapshot of a company's rows: several queries, one moment. */
  snapshot<T>(companyNo: CompanyNo, work: (tx: Tx) => Promise<T>): Promise<T>
  /** A transaction of no company: shared tables, and the definer functions that cross companies. */
  shared<T>(work: (tx: Tx) => Promise<T>): Promise<T>
  /** Connections for the ledger's lanes and for streaming; the same role and limits. */
  readonly pool: pg.Pool
  close(): Promise<void>
}

export interface DatabaseOptions {
  /** A PostgreSQL connection URL whose user may take the role `sluice_app`. */
  url: string
  /** The most connections this process opens. */
  connections?: number
  /** Told of errors on idle connections, which the pool replaces by itself. */
  onError?: (error: Error) => void
}

/** Limits every serving connection carries; a test reads them back. Milliseconds. */
export const connectionLimits = {
  statement_timeout: 30_000,
  lock_timeout: 5_000,
  idle_in_transaction_session_timeout: 30_000,
} as const

/** Opens the database. Nothing is connected until the first query. */
export function openDatabase({ url, connections = 20, onError }: DatabaseOptions): Database {
  const pool = new pg.Pool(connectionSettings(url, connections))
  pool.on('error', (error) => onError?.(error))
  // A connection that breaks while it is checked out rejects its query; without a listener of its own
  // the same error would also end the process.
  pool.on('connect', (client) => client.on('error', () => {}))
  const kysely = new Kysely<DB>({
    dialect: new PostgresDialect({ pool }),
    plugins: [new CamelCasePlugin({ maintainNestedObjectKeys: true })],
  })
  return {
    company: (companyNo, work) =>
      kysely.transaction().execute(async (tx) => {
        await enter(tx, companyNo)
        return work(tx)
      }),
    snapshot: (companyNo, work) =>
      kysely
        .transaction()
        .setIsolationLevel('repeatable read')
        .setAccessMode('read only')
        .execute(async (tx) => {
          await enter(tx, companyNo)
          return work(tx)
        }),
    shared: (work) => kysely.transaction().execute(work),
    pool,
    async close() {
      await kysely.destroy()
      // It ends only a pool that it has used.
      if (!pool.ended) await pool.end()
    },
  }
}

/** A database whose company transactions all join `tx`, so that several verbs commit together. */
export function joined(db: Database, companyNo: CompanyNo, tx: Tx): Database {
  const join = <T>(asked: CompanyNo, work: (tx: Tx) => Promise<T>) => {
    if (asked !== companyNo) throw new Error('a joined transaction belongs to one company')
    return work(tx)
  }
  return { ...db, company: join, snapshot: join }
}

/** The same for a request of the operator, which may make and enter any company. */
export function joinedByOperator(db: Database, tx: Tx): Database {
  const join = async <T>(companyNo: CompanyNo, work: (tx: Tx) => Promise<T>) => {
    await enter(tx, companyNo)
    return work(tx)
  }
  return { ...db, company: join, snapshot: join, shared: (work) => work(tx) }
}

async function enter(tx: Tx, companyNo: CompanyNo): Promise<void> {
  await sql`select set_config('app.companies', ${`{${companyNo}}`}, true)`.execute(tx)
}

/** How every serving connection is made; also used where a connection of its own is needed. */
export function connectionSettings(url: string, connections: number): pg.PoolConfig {
  const limits = Object.entries(connectionLimits).map(([name, value]) => `-c ${name}=${value}`)
  return {
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: 5_000,
    query_timeout: 35_000,
    keepAlive: true,
    // A peer that is gone is found out at rest, not by whoever asks next.
    keepAliveInitialDelayMillis: 5_000,
    application_name: 'sluice',
    options: ['-c role=sluice_app', '-c timezone=UTC', ...limits].join(' '),
    types: exactTypes,
  }
}

const INT8 = 20
const DATE = 1082

/** int8 as bigint, never as a float; a date as its own text, never as an instant. */
const exactTypes: pg.CustomTypesConfig = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') => {
    if (oid === INT8) return BigInt
    if (oid === DATE) return (text: string) => text
    return pg.types.getTypeParser(oid, format as 'text')
  }) as pg.CustomTypesConfig['getTypeParser'],
}
