/** Where the time comes from. Injected, so that a test can be at any moment. */
export interface Clock {
  now(): Date
}

export const systemClock: Clock = { now: () => new Date() }
