import { setTimeout as sleep } from 'node:timers/promises'
import type { CompanyNo } from '../../kit/caller.ts'
import { ROOM_MS } from '../tries.ts'

/** The job that tries to bring one mail or message out of the house. */
export interface DeliveryJob {
  companyNo: CompanyNo
  id: string
  /** When it was to be tried; null the first time. */
  turn: string | null
  /** Whether the queue tries it no more after this. */
  isLastAttempt: boolean
}

/** Has the queue try a job again: not a fault, and everything about it is written down already. */
export class NotYet extends Error {
  override name = 'NotYet'
}

const PAUSE_MS = 50

/** Asks again for a while as long as others are on their way. */
export async function withRoom<T extends { kind: string }>(ask: () => Promise<T>): Promise<T> {
  for (let waited = 0; ; waited += PAUSE_MS) {
    const answer = await ask()
    if (answer.kind !== 'busy' || waited >= ROOM_MS) return answer
    await sleep(PAUSE_MS)
  }
}
