import type { CompanyNo } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Book } from '../book.ts'
import {
  type Command,
  type CompanionSession,
  decide,
  type Outcome,
  type PastCharges,
  resultOf,
} from '../commands.ts'
import type { Moment } from '../pool.ts'
import type { KnownKey } from '../store/keys.ts'

/** A command's end: what was done, or why it was refused. */
export type Settled = { outcome: Outcome } | { refusal: Problem }

const nothingRefused: CompanionSession = {}

/** What is needed to decide the commands of a group. */
export interface Deciding {
  bookOf: (companyNo: CompanyNo) => Book
  nowOf: (book: Book) => Moment
  /** The keys that had an effect before. */
  known: Map<Command | undefined, KnownKey>
  past: PastCharges
  sessions: CompanionSession[]
  /** Commands whose riders' rows must not go through, and why. */
  riding: Map<Command, Problem>
}

/** Decides each command in order; what one does the next one sees. */
export function decideAll(commands: Command[], deciding: Deciding): Settled[] {
  const { bookOf, nowOf, known, past, sessions, riding } = deciding
  const gate = sessions.find((session) => session.refuse) ?? nothingRefused
  const made = new Map<string, { fingerprint: bigint; at: Moment; result: number }>()
  return commands.map((command): Settled => {
    const { companyNo, key } = command
    const book = bookOf(companyNo)
    const now = nowOf(book)
    // Idempotency first: a retry must not fail because the world has moved on.
    const mine = key && `${companyNo}/${key.hash}`
    const first = known.get(command) ?? (mine ? made.get(mine) : undefined)
    if (key && first) {
      if (first.fingerprint !== key.fingerprint) {
        const refusal = new Problem(
          'idempotency-conflict',
          'This key was used for another request.',
        )
        return { refusal }
      }
      return { outcome: { kind: 'replay', at: first.at, result: first.result } }
    }
    if (command.epoch !== undefined && command.epoch !== book.pool.configEpoch) {
      return { outcome: { kind: 'stale', epoch: book.pool.configEpoch } }
    }
    const refused = riding.get(command)
    if (refused) return { refusal: refused }
    try {
      const outcome = decide(book, command, now, past, {
        refuse: (asking, asked) => gate.refuse?.(asking, asked),
      })
      for (const session of sessions) session.record?.(book)
      const result = resultOf(outcome, Math.max(now, book.pool.lastAt ?? now))
      if (key && mine && result) made.set(mine, { fingerprint: key.fingerprint, ...result })
      return { outcome }
    } catch (error) {
      if (error instanceof Problem) return { refusal: error }
      throw error
    }
  })
}
