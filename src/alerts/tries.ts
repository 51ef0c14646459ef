const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** How long a mail is tried again while the mail server cannot take it. */
export const MAIL_TRIED_FOR_MS = 5 * DAY

/**
 * How often a job of a company on a test clock is tried: while it is worked on as usual by the queue's own
 * pauses, while the clock is moved at once. The last try is final.
 */
export const TRIES_ON_TEST_CLOCK = 7

/** How long such a job looks for room before it counts as failed. */
export const ROOM_MS = 10 * SECOND

/** How long a message waits that was not tried, because enough others were on their way. */
export const BUSY_MS = SECOND

const mailWaits = [1, 2, 4, 8, 15, 30, 60, 120, 300].map((seconds) => seconds * SECOND)

/**
 * How long a mail waits after so many tries: seconds at first, minutes while the server is down for
 * hours, so that it goes out soon after the server is back. `chance` lies between 0 and 1.
 */
export function mailWait(tries: number, chance: number): number {
  return spread(mailWaits[Math.min(tries, mailWaits.length) - 1] ?? mailWaits[0]!, chance)
}

/** The schedule of Standard Webhooks, after the first try. */
const webhookWaits = [
  ...[5 * SECOND, 5 * MINUTE, 30 * MINUTE],
  ...[2, 5, 10, 14, 20, 24].map((hours) => hours * HOUR),
]

/**
 * How long a webhook message waits after so many tries, and not less than its receiver asked for;
 * undefined when it has been tried for the last time.
 */
export function webhookWait(
  tries: number,
  askedMs: number | undefined,
  chance: number,
): number | undefined {
  const planned = webhookWaits[tries - 1]
  return planned && Math.max(spread(planned, chance), Math.min(askedMs ?? 0, DAY))
}

/** A tenth more or less, so that what failed together does not come back together. */
function spread(waitMs: number, chance: number): number {
  return Math.round(waitMs * (0.9 + 0.2 * chance))
}

/** Alerts that go together wait for a pause in them, but not for ever. */
const QUIET_MS = 10 * SECOND
const TOGETHER_MS = MINUTE

/**
 * When alerts that wait go out in one mail: after a pause, a minute after the first at the latest, and
 * never within a minute of the mail before.
 */
export function togetherAt(since: readonly Date[], lastMailAt: Date | undefined): Date {
  const times = since.map((at) => at.getTime())
  const settled = Math.min(Math.max(...times) + QUIET_MS, Math.min(...times) + TOGETHER_MS)
  return new Date(Math.max(settled, (lastMailAt?.getTime() ?? -Infinity) + TOGETHER_MS))
}
