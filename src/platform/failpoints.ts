/** The places at which a test may have the program die or fail: each between two steps that cannot be one. */
export const failpoints = [
  /** A tracker has reserved credits and has done nothing with them yet. */
  'tracker.reserved',
  /** A model has read an item, and what it found is not kept yet. */
  'tracker.read',
  /** A result is kept and charged, and the tracker has not moved on yet. */
  'tracker.kept',
  /** A charge has committed, and its caller has not been answered yet. */
  'charge.committed',
  /** The mail server has taken a mail, and that is not written down yet. */
  'mail.handed-over',
  /** A webhook has been called, and what it answered is not written down yet. */
  'webhook.called',
  /** A batch of an import has committed, and the next one has not begun yet. */
  'import.batch',
] as const

export type Failpoint = (typeof failpoints)[number]

/** What happens there: the process dies as by kill -9, is held still as by SIGSTOP, or the step throws. */
export interface Failure {
  action: 'kill' | 'stop' | 'throw'
  /** At which arrival, counted from 1; those before it and after it pass. */
  at: number
}

let armed: Map<Failpoint, Failure & { arrivals: number }> | undefined

/** A step that a failpoint had fail. */
export class FailpointHit extends Error {
  override name = 'FailpointHit'
}

/** Passes, unless a test has armed this place. One comparison where nothing is armed. */
export function failpoint(name: Failpoint): void {
  if (armed !== undefined) arriveAt(name)
}

function arriveAt(name: Failpoint): void {
  const failure = armed?.get(name)
  if (!failure) return
  failure.arrivals += 1
  if (failure.arrivals !== failure.at) return
  if (failure.action === 'kill') process.kill(process.pid, 'SIGKILL')
  if (failure.action === 'stop') return void process.kill(process.pid, 'SIGSTOP')
  throw new FailpointHit(`the failpoint ${name} was armed`)
}

/** Arms these places in this process, and no others; none for an empty map. */
export function armFailpoints(failures: ReadonlyMap<Failpoint, Failure>): void {
  armed =
    failures.size === 0
      ? undefined
      : new Map([...failures].map(([name, failure]) => [name, { ...failure, arrivals: 0 }]))
}

/** Reads `tracker.read=kill, import.batch=throw@3`; undefined when it says anything else. */
export function readFailpoints(text: string): Map<Failpoint, Failure> | undefined {
  const failures = new Map<Failpoint, Failure>()
  for (const part of text.split(',')) {
    const [, said, action, at = '1'] =
      /^\s*([\w.-]+)=(kill|stop|throw)(?:@(\d{1,6}))?\s*$/.exec(part) ?? []
    const name = failpoints.find((one) => one === said)
    if (!name || Number(at) < 1) return undefined
    failures.set(name, { action: action as Failure['action'], at: Number(at) })
  }
  return failures
}
