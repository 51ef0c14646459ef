import { Problem } from '../../kit/problem.ts'
import type { Database } from '../../platform/database.ts'
import { hashOf } from '../keys.ts'
import { TRY_WINDOW_MS, type TryLimit } from '../session.ts'
import * as store from '../store/sessions.ts'

/**
 * Counts a try against each of its limits, in windows of a quarter of an hour that all servers share;
 * refuses with `rate-limited` when one of them is used up. What a limit is for is kept as a hash only.
 */
export async function countTries(
  db: Database,
  limits: readonly TryLimit[],
  at: Date,
): Promise<void> {
  const since = windowStart(at)
  for (const limit of limits) {
    const tries = await db.shared((tx) => store.countTry(tx, hashOf(limit.subject), at, since))
    if (tries > limit.most) {
      throw new Problem('rate-limited', 'Too many tries. Wait a while, then try again.', {
        retryAfter: TRY_WINDOW_MS / 1000,
      })
    }
  }
}

/** Forgets the tries of somebody who proved to be who they say. */
export async function forgetTries(
  db: Database,
  limits: readonly TryLimit[],
  at: Date,
): Promise<void> {
  const subjects = limits.map(({ subject }) => hashOf(subject))
  await db.shared((tx) => store.forgetTries(tx, subjects, windowStart(at)))
}

function windowStart(at: Date): Date {
  return new Date(at.getTime() - TRY_WINDOW_MS)
}
