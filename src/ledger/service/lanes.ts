import type pg from 'pg'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { connectPipeline, type OwnPipeline } from '../../platform/pipeline.ts'
import type { Run } from '../../platform/run.ts'
import type { Command, Companion, Outcome } from '../commands.ts'
import { type DoneGroup, runGroup, type Settled } from './group.ts'

export interface LanesOptions {
  /** How a lane's own connection is made: the serving role, with its limits. */
  connection: pg.ClientConfig
  clock: Clock
  log: Logger
  companions: Companion[]
  /** How many lanes work side by side; a company always has the same one. */
  lanes?: number
  /** Groups of one lane that may be under way at once; two would mostly wait for each other's pools. */
  depth?: number
  /** The most commands in one group. */
  groupMax?: number
}

export interface Lanes {
  /** Does a command in the next group of its company's lane, and answers once that is committed. */
  submit(command: Command): Promise<Outcome>
  close(): Promise<void>
  /** Commands that wait for their group. */
  waiting(): number
}

interface Waiting {
  command: Command
  resolve: (outcome: Outcome) => void
  reject: (error: unknown) => void
}

/** How long a group is tried again while the database cannot be reached. */
const RETRY_MS = 8_000
/** Callers beyond this many waiting are turned away, so that a wait has a bound. */
const WAITING_MAX = 20_000

/**
 * Commits in groups. Commands that arrive while a commit is under way wait in memory and then go
 * together: one lock of their pools, one set of statements, one flush to disk, whoever and how many they
 * are. There is no timer: at rest a group is one command. Several servers are safe beside each other,
 * because each group decides on rows it has locked, never on memory.
 */
export function openLanes(options: LanesOptions): Lanes {
  const { lanes = 2, depth = 1 } = options
  const months = new Set<number>()
  const all = Array.from({ length: lanes }, () => openLane(options, depth, months))
  return {
    submit({ ...command }) {
      return all[command.companyNo % lanes]!.submit(command)
    },
    waiting: () => all.reduce((total, lane) => total + lane.waiting(), 0),
    async close() {
      await Promise.all(all.map((lane) => lane.close()))
    },
  }
}

function openLane(options: LanesOptions, depth: number, months: Set<number>): Lanes {
  const { groupMax = 1_000, clock, companions } = options
  const queue: Waiting[] = []
  const connections = Array.from({ length: depth }, () => openConnection(options))
  let idle = [...connections]
  let closing: (() => void) | undefined
  let scheduled = false

  function schedule(): void {
    if (scheduled || idle.length === 0 || queue.length === 0) return
    scheduled = true
    // After the input that has arrived was read: what came together goes together.
    setImmediate(() => {
      scheduled = false
      const connection = queue.length ? idle.pop() : undefined
      if (!connection) return
      void serve(connection, queue.splice(0, groupMax)).finally(() => {
        idle.push(connection)
        schedule()
        if (idle.length === depth && queue.length === 0) closing?.()
      })
      schedule()
    })
  }

  async function serve(connection: Connection, group: Waiting[]): Promise<void> {
    try {
      const settled = await commit(
        connection,
        group.map((one) => one.command),
      )
      settled.forEach((end, i) => {
        if ('outcome' in end) group[i]?.resolve(end.outcome)
        else group[i]?.reject(end.refusal)
      })
    } catch (error) {
      months.clear()
      if (group.length === 1 || error instanceof Unreachable) {
        for (const one of group) one.reject(refusalOf(error))
        return
      }
      // Somebody's command breaks the group. Halving finds it; only that one fails.
      const middle = Math.ceil(group.length / 2)
      await serve(connection, group.slice(0, middle))
      await serve(connection, group.slice(middle))
    }
  }

  /** One group in one transaction; tried again when the connection broke, since its keys tell what was done. */
  async function commit(connection: Connection, commands: Command[]): Promise<Settled[]> {
    const companies = [...new Set(commands.map((command) => command.companyNo))]
    for (const end = Date.now() + RETRY_MS; ; ) {
      try {
        const opened = new Set<number>()
        const settled = await connection.transact(companies, (run) =>
          runGroup(run, commands, { companions, now: clock.now().getTime(), months, opened }),
        )
        for (const month of opened) months.add(month)
        return settled
      } catch (error) {
        if (!isPassing(error)) throw error
        if (Date.now() > end) throw new Unreachable(error)
        options.log.warn({ err: error }, 'a group of the ledger is tried again')
        await new Promise((done) => setTimeout(done, 50 + Math.random() * 200))
      }
    }
  }

  return {
    submit(command) {
      if (closing || queue.length >= WAITING_MAX) {
        const detail = closing ? 'The server is stopping.' : 'Too much is waiting for the ledger.'
        return Promise.reject(new Problem('unavailable', detail, { retryAfter: 1 }))
      }
      return new Promise((resolve, reject) => {
        queue.push({ command, resolve, reject })
        schedule()
      })
    },
    waiting: () => queue.length,
    async close() {
      if (idle.length < depth || queue.length) {
        await new Promise<void>((done) => {
          closing = done
        })
      }
      closing ??= () => {}
      idle = []
      await Promise.all(connections.map((connection) => connection.close()))
    },
  }
}

/** The database could not be reached for as long as a group is tried. */
class Unreachable extends Error {
  constructor(cause: unknown) {
    super('the database cannot be reached', { cause })
  }
}

function refusalOf(error: unknown): unknown {
  if (!(error instanceof Unreachable)) return error
  return new Problem(
    'unavailable',
    'The database cannot be reached. Ask again with the same key.',
    {
      retryAfter: 2,
    },
  )
}

/** Whether trying again can help: the connection broke, the server is coming up, or two transactions collided. */
function isPassing(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  return (
    /^(08|57P0|40001|40P01|55P03|53300)/.test(code) ||
    /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH)/.test(code) ||
    /terminated|not queryable|timeout|ended unexpectedly/i.test(message)
  )
}

interface Connection {
  transact(companies: number[], work: (run: Run) => Promise<DoneGroup>): Promise<Settled[]>
  close(): Promise<void>
}

/** Lookups by key, whatever the planner believes of a table that was empty when it looked. */
const PLANS = `set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
  set enable_hashjoin = off; set enable_mergejoin = off; set jit = off`

/** A connection of a lane's own: statements are prepared once, and travel together. */
function openConnection({ connection, log }: LanesOptions): Connection {
  let open: OwnPipeline | undefined

  async function connected(): Promise<OwnPipeline> {
    if (open) return open
    let lost = false
    const fresh = await connectPipeline(connection, PLANS, (error) => {
      if (error) log.warn({ err: error }, 'a connection of the ledger was lost')
      lost = true
      open = undefined
    })
    if (!lost) open = fresh
    return fresh
  }

  return {
    async transact(companies, work) {
      const pipeline = await connected()
      const { run } = pipeline
      try {
        const begun = Promise.all([
          run('begin', 'begin'),
          run('ledger-enter', "select set_config('app.companies', $1, true)", [`{${companies}}`]),
        ])
        const [{ settled, write, writesAtOnce }] = await Promise.all([work(run), begun])
        const written = write()
        if (!writesAtOnce) await written
        await Promise.all([written, pipeline.commit(written)])
        return settled
      } catch (error) {
        await (isPassing(error) ? pipeline.end() : pipeline.rollBack())
        throw error
      }
    },
    async close() {
      await open?.end()
    },
  }
}
