import { createHash, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { actorOf, type Caller, type CompanyNo } from '../../kit/caller.ts'
import { Problem } from '../../kit/problem.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import * as store from '../store.ts'
import type { RequestKey } from './deps.ts'

type Deps = { db: Database; clock: Clock }

/** A key that this process works under. */
export interface Claim {
  companyNo: CompanyNo
  hash: Buffer
  worker: string
}

/** For how long an answer can be read again under its key. */
export const KEPT_DAYS = 30

const WAIT_MS = 3_000
const LOOK_EVERY_MS = 100
/** Longer than any request is worked on; a key of a worker that ended is free after this. */
const LEASE_MS = 180_000
const DAY_MS = 86_400_000

/**
 * Does something once per key: the first request works, the same one beside it waits for its answer, at
 * most three seconds, and later ones read it. What fails is not remembered. The work itself keeps the
 * answer, in the commit of what it did.
 */
export async function onceUnder<Done>(
  deps: Deps,
  caller: Caller,
  key: RequestKey | undefined,
  work: (claim: Claim | undefined) => Promise<Done>,
  replay: (answer: string) => Promise<Done>,
): Promise<Done> {
  if (!key) return work(undefined)
  const taken = await take(deps, caller, key)
  if ('answer' in taken) return replay(taken.answer)
  try {
    return await work(taken)
  } catch (error) {
    await deps.db.company(caller.companyNo, (tx) =>
      store.dropClaim(tx, caller.companyNo, taken.hash, taken.worker),
    )
    throw error
  }
}

async function take(
  { db, clock }: Deps,
  caller: Caller,
  { operation, key, asked }: RequestKey,
): Promise<Claim | { answer: string }> {
  const { companyNo } = caller
  const hash = sha256(`${actorOf(caller)}\n${operation}\n${key}`)
  const fingerprint = sha256(asked)
  const worker = randomUUID()
  const now = () => db.company(companyNo, (tx) => companyTime(tx, companyNo, clock))
  const until = performance.now() + WAIT_MS
  for (;;) {
    const isMine = await db.company(companyNo, (tx) =>
      store.claimKey(tx, companyNo, { hash, fingerprint, worker, leaseMs: LEASE_MS }),
    )
    if (isMine) return { companyNo, hash, worker }
    const kept = await db.company(companyNo, (tx) =>
      store.readRequest(tx, companyNo, hash, fingerprint),
    )
    if (kept && !kept.isSame) {
      throw new Problem('idempotency-conflict', 'This key was used for another request.')
    }
    if (kept?.answeredAt) {
      const isOver = kept.answeredAt.getTime() + KEPT_DAYS * DAY_MS <= (await now()).getTime()
      return { answer: isOver ? emptied(kept.answer!) : kept.answer! }
    }
    if (performance.now() > until) throw inProgress()
    await sleep(LOOK_EVERY_MS)
  }
}

/** What is left of an answer whose time is over: figures, no content. */
function emptied(answer: string): string {
  const { items: _, ...figures } = JSON.parse(answer)
  return JSON.stringify({ ...figures, answer: null })
}

export function inProgress(): Problem {
  return new Problem('idempotency-in-progress', 'The first request with this key is not done.', {
    retryAfter: 1,
  })
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
