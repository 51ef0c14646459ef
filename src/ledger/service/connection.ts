import type pg from 'pg'
import { connectionLimits } from '../../platform/database.ts'
import type { Logger } from '../../platform/log.ts'
import { connectPipeline, type OwnPipeline } from '../../platform/pipeline.ts'
import type { Run } from '../../platform/run.ts'
import type { DoneGroup } from './group.ts'

/** A connection of a lane's own: statements are prepared once, and travel together. */
export interface Connection {
  /** Gives how to send a group whole, once connected. */
  ready(): Promise<Send>
  /** One transaction on the rows of these companies: reads and decides, then writes and commits. */
  transact(companies: number[], work: (run: Run) => Promise<DoneGroup>): Promise<DoneGroup>
  close(): Promise<void>
}

/**
 * One transaction on the rows of these companies: all that `write` asks for before it first awaits anything,
 * in one message. There is no `begin`, because everything up to its Sync is one transaction, which ends with
 * it. Call it when something was just awaited, so that nothing is sent if asking fails.
 */
export type Send = (companies: number[], write: (run: Run) => Promise<void>) => Promise<void>

/** Lookups by key, whatever the planner believes of a table that was empty when it looked. */
const PLANS = `set plan_cache_mode = force_generic_plan; set enable_seqscan = off;
  set enable_hashjoin = off; set enable_mergejoin = off; set jit = off`

/**
 * A group that is sent whole adds its lines before it waits for its pools, and somebody who holds a pool may
 * wait for one of those lines. It gives way before PostgreSQL looks for a deadlock, which it does after a second.
 */
const SENT_WAITS_MS = 500

export function openConnection(connection: pg.ClientConfig, log: Logger): Connection {
  let open: OwnPipeline | undefined
  /** The companies that this connection has entered and not left, when that is certain. */
  let entered = ''

  async function connected(): Promise<OwnPipeline> {
    if (open) return open
    let lost = false
    entered = ''
    const fresh = await connectPipeline(connection, PLANS, (error) => {
      if (error) log.warn({ err: error }, 'a connection of the ledger was lost')
      lost = true
      open = undefined
    })
    if (!lost) open = fresh
    return fresh
  }

  const enter = (run: Run, companies: string, isSent: boolean) =>
    run(
      isSent ? 'ledger-enter-to-send' : 'ledger-enter',
      isSent
        ? `select set_config('app.companies', $1, false), set_config('lock_timeout', '${SENT_WAITS_MS}', false)`
        : `select set_config('app.companies', $1, true), set_config('lock_timeout', '${connectionLimits.lock_timeout}', true)`,
      [companies],
    )

  async function send(
    pipeline: OwnPipeline,
    companies: string,
    write: (run: Run) => Promise<void>,
  ): Promise<void> {
    const entering = companies === entered ? undefined : enter(pipeline.run, companies, true)
    entered = ''
    const written = write(pipeline.run)
    try {
      await Promise.all([entering, written, pipeline.allOrNothing(written)])
      entered = companies
    } catch (error) {
      if (isBroken(error)) await pipeline.end()
      throw error
    }
  }

  return {
    async ready() {
      const pipeline = await connected()
      return (companies, write) => send(pipeline, `{${companies}}`, write)
    },

    async transact(companies, work) {
      const pipeline = await connected()
      const { run } = pipeline
      try {
        const begun = Promise.all([run('begin', 'begin'), enter(run, `{${companies}}`, false)])
        const [done] = await Promise.all([work(run), begun])
        const written = done.write(run)
        if (!done.writesAtOnce) await written
        await Promise.all([written, pipeline.commit(written)])
        return done
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

/** Whether trying again can help: the connection broke, the server is coming up, or two transactions collided. */
export function isPassing(error: unknown): boolean {
  const { code = '' } = error as { code?: string }
  return /^(40001|40P01|55P03)/.test(code) || isBroken(error)
}

function isBroken(error: unknown): boolean {
  const { code = '', message = '' } = error as { code?: string; message?: string }
  return (
    /^(08|57P0|53300)/.test(code) ||
    /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH)/.test(code) ||
    /terminated|not queryable|timeout|ended unexpectedly/i.test(message)
  )
}
