import type pg from 'pg'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import type { Command, Companion, Outcome } from '../commands.ts'
import { openMemory } from '../memory.ts'
import { type Connection, isPassing, openConnection } from './connection.ts'
import type { GroupContext } from './desk.ts'
import { type DoneGroup, readGroup, recall, recallGroup } from './group.ts'

export interface LanesOptions {
  /** How a lane's own connections are made: the serving role, with its limits. */
  connection: pg.ClientConfig
  clock: Clock
  log: Logger
  companions: Companion[]
  /** How many lanes work side by side; a company always has the same one. */
  lanes?: number
  /** Groups of one lane that may be under way at once, each on a connection of its own. */
  depth?: number
  /** The most commands in one group. */
  groupMax?: number
  /** Groups that must find a pool as they left it before memory is trusted again. */
  trustedAfter?: number
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
/** More than this many do not wait for the group under way; fewer are better off in one group with those to come. */
const WORTH_OVERLAPPING = 200
/** From this many on, two groups of half the size are under way together. */
const WORTH_HALVING = 300

/**
 * Commits in groups. Commands that arrive while a commit is under way wait in memory and then go
 * together: one set of statements, one flush to disk, whoever and how many they are. There is no timer: at
 * rest a group is one command.
 *
 * A group on pools that this lane remembers is one message, and the next one is decided and sent before it
 * has committed; the database refuses both when somebody else has changed a pool meanwhile. Every other
 * group, and each one that was refused, is alone in its lane: it locks its pools, reads them, and decides
 * on what it has read. So several servers are safe beside each other.
 */
export function openLanes(options: LanesOptions): Lanes {
  const { lanes = 2 } = options
  const months = new Set<number>()
  const all = Array.from({ length: lanes }, () => openLane(options, months))
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

function openLane(options: LanesOptions, months: Set<number>): Lanes {
  const { groupMax = 1_000, depth = 2, connection, clock, companions } = options
  const memory = openMemory(options.trustedAfter)
  const connections = Array.from({ length: depth }, () => openConnection(connection, options.log))
  const idle = [...connections]
  const queue: Waiting[] = []
  /** Groups that have to read, and wait to be alone. */
  const readers: Waiting[][] = []
  let scheduled = false
  /** Whether a group is being decided, or one is under way that must be alone. */
  let taken = false
  let closing: (() => void) | undefined

  const isIdle = () => idle.length === depth && !taken && !queue.length && !readers.length

  function schedule(): void {
    if (isIdle()) closing?.()
    const alone = idle.length === depth
    const enough = queue.length > (alone ? 0 : WORTH_OVERLAPPING)
    const ready = readers.length > 0 ? alone : enough && idle.length > 0
    if (scheduled || taken || !ready) return
    scheduled = true
    // After the input that has arrived was read: what came together goes together.
    setImmediate(() => {
      scheduled = false
      taken = true
      void startNext().finally(() => {
        taken = false
        schedule()
      })
    })
  }

  /** Starts the next group; one that reads is over when this returns. */
  async function startNext(): Promise<void> {
    const reader = readers.shift()
    if (reader) return readAlone(reader)
    const group = takeGroup()
    const others = await startRecalled(group)
    if (others.length === 0) return
    if (idle.length === depth) await readAlone(others)
    else readers.push(others)
  }

  function takeGroup(): Waiting[] {
    const halve = idle.length > 1 && queue.length >= WORTH_HALVING
    return queue.splice(0, Math.min(groupMax, halve ? Math.ceil(queue.length / 2) : queue.length))
  }

  /** Sends what can be decided from memory on its way; gives what cannot. */
  async function startRecalled(group: Waiting[]): Promise<Waiting[]> {
    const context = contextNow()
    const parts = recall(memory, commandsOf(group), context)
    if (parts.books.size === 0) return group
    const mine = idle.pop()!
    const start = async () => {
      const send = await mine.ready()
      const done = await recallGroup(memory, parts, context)
      if (!done) return undefined
      const sent = send([...parts.books.keys()], done.write)
      // What is under way is what the next group is decided on.
      for (const book of done.books) memory.keep(book)
      return { done, sent }
    }
    const started = await start().catch((err: unknown) => {
      for (const companyNo of parts.books.keys()) memory.distrust(companyNo)
      options.log.warn({ err }, 'a group of the ledger could not be decided from memory')
      return undefined
    })
    if (!started) {
      idle.push(mine)
      return group
    }
    const { done, sent } = started
    const recalled = group.filter(({ command }) => parts.books.has(command.companyNo))
    void sent
      .then(
        () => settle(recalled, done),
        () => {
          // Whatever it was, what is tried again finds out.
          for (const companyNo of parts.books.keys()) memory.distrust(companyNo)
          readers.push(recalled)
        },
      )
      .finally(() => {
        idle.push(mine)
        schedule()
      })
    return group.filter(({ command }) => !parts.books.has(command.companyNo))
  }

  async function readAlone(group: Waiting[]): Promise<void> {
    const mine = idle.pop()!
    await serve(mine, group)
    idle.push(mine)
  }

  async function serve(mine: Connection, group: Waiting[]): Promise<void> {
    try {
      const done = await commit(mine, commandsOf(group))
      for (const book of done.books) memory.keep(book, book.found.stamp)
      settle(group, done)
    } catch (error) {
      months.clear()
      if (group.length === 1 || error instanceof Unreachable) {
        for (const one of group) one.reject(refusalOf(error))
        return
      }
      // Somebody's command breaks the group. Halving finds it; only that one fails.
      const middle = Math.ceil(group.length / 2)
      await serve(mine, group.slice(0, middle))
      await serve(mine, group.slice(middle))
    }
  }

  /** One group in one transaction; tried again when the connection broke, since its keys tell what was done. */
  async function commit(mine: Connection, commands: Command[]): Promise<DoneGroup> {
    const companies = [...new Set(commands.map((command) => command.companyNo))]
    for (const end = Date.now() + RETRY_MS; ; ) {
      try {
        const context = contextNow()
        const done = await mine.transact(companies, (run) => readGroup(run, commands, context))
        for (const month of context.opened) months.add(month)
        return done
      } catch (error) {
        for (const companyNo of companies) memory.drop(companyNo)
        if (!isPassing(error)) throw error
        if (Date.now() > end) throw new Unreachable(error)
        options.log.warn({ err: error }, 'a group of the ledger is tried again')
        await new Promise((done) => setTimeout(done, 50 + Math.random() * 200))
      }
    }
  }

  function contextNow(): GroupContext {
    return { companions, now: clock.now().getTime(), months, opened: new Set() }
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
    waiting: () => queue.length + readers.reduce((total, group) => total + group.length, 0),
    async close() {
      await new Promise<void>((done) => {
        closing = done
        if (isIdle()) done()
      })
      await Promise.all(connections.map((one) => one.close()))
    },
  }
}

const commandsOf = (group: Waiting[]) => group.map((one) => one.command)

function settle(group: Waiting[], { settled }: DoneGroup): void {
  settled.forEach((end, i) => {
    if ('outcome' in end) group[i]?.resolve(end.outcome)
    else group[i]?.reject(end.refusal)
  })
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
    { retryAfter: 2 },
  )
}
