import { readBalance } from '../../charges/service/balance.ts'
import { currentCard } from '../../charges/service/work.ts'
import type { ItemId } from '../../conversations/items.ts'
import {
  countItems,
  type PriceClasses,
  readContentsOf,
  readItems,
} from '../../conversations/service/read-items.ts'
import { dayOf } from '../../kit/calendar.ts'
import { type Caller, requireScope } from '../../kit/caller.ts'
import { type Credits, micros } from '../../kit/credits.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import type { RateCard } from '../../rating/rate-card.ts'
import { type Evidence, evidenceOf, readable } from '../reading.ts'
import { having, unread } from '../store/results.ts'
import * as store from '../store/trackers.ts'
import { costOf, countOf, isCharged, plainQuestion, queryOf, type Tracker } from '../tracker.ts'
import { draftOf, type NewTracker } from './define.ts'
import type { RunOut, TrackerDeps } from './deps.ts'
import type { Range } from './publish.ts'
import { readWith } from './read-item.ts'

/** What a tracker will cost: the history asked for, and a month of what arrives. */
export interface TrackerEstimate {
  items: PriceClasses
  alreadyProcessed: number
  credits: Credits
  perMonth: Credits
  monthlyBasisDays: number
  available: Credits
  sufficient: boolean
  runOutAt: RunOut
  duplicates: { id: string; name: string }[]
}

const NOTHING: PriceClasses = { callsShort: 0, callsLong: 0, emails: 0 }
const BASIS_DAYS = 30
const DAY_MS = 86_400_000

/** Estimates before anything is published, backfilled or resumed. Free trackers cost nothing. */
export async function estimateTracker(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  history: Range | undefined,
): Promise<TrackerEstimate> {
  requireScope(caller, 'trackers:read')
  const { companyNo } = caller
  const card = await currentCard(deps, companyNo)
  const pool = await readBalance(deps, companyNo)
  return deps.db.snapshot(companyNo, async (tx) => {
    const tracker = await store.readTracker(tx, companyNo, id)
    if (!tracker) throw notFound('tracker', id)
    const { items, credits, perMonth } = await costsOf(deps, tx, companyNo, card, tracker, history)
    const processed = history
      ? await countItems(
          tx,
          companyNo,
          { ...queryOf(tracker.definition), ...history },
          { where: having(companyNo, id, tracker.version) },
        )
      : NOTHING
    return {
      items,
      alreadyProcessed: countOf(processed),
      credits,
      perMonth,
      monthlyBasisDays: BASIS_DAYS,
      available: pool.available,
      sufficient: credits <= pool.available,
      runOutAt: await deps.runOut(tx, companyNo, {
        once: credits,
        perDay: micros(perMonth / BigInt(BASIS_DAYS)),
      }),
      duplicates: await duplicatesOf(tx, companyNo, tracker),
    }
  })
}

/**
 * What a tracker would cost that is not there, or would be another one: `asked` as it would be made, or the
 * id of one that is there. Nothing is written.
 */
export async function priceTracker(
  deps: TrackerDeps,
  caller: Caller,
  asked: NewTracker | { id: string },
  history: Partial<Range>,
): Promise<{ credits: Credits; perMonth: Credits }> {
  requireScope(caller, 'credits:read')
  const { companyNo } = caller
  const card = await currentCard(deps, companyNo)
  return deps.db.snapshot(companyNo, async (tx) => {
    const now = await companyTime(tx, companyNo, deps.clock)
    const tracker =
      'id' in asked
        ? await store.readTracker(tx, companyNo, asked.id)
        : draftOf(asked, '', null, now)
    if (!tracker) throw notFound('tracker', 'id' in asked ? asked.id : '')
    const range = { from: history.from ?? new Date(0), to: history.to ?? now }
    const isAsked = history.from !== undefined || history.to !== undefined
    return costsOf(deps, tx, companyNo, card, tracker, isAsked ? range : undefined)
  })
}

/** What the items of some history cost that a tracker has not read, and a month of what arrives. */
async function costsOf(
  { clock }: Pick<TrackerDeps, 'clock'>,
  tx: Tx,
  companyNo: number,
  card: RateCard,
  tracker: Tracker,
  history: Range | undefined,
): Promise<{ items: PriceClasses; credits: Credits; perMonth: Credits }> {
  const now = await companyTime(tx, companyNo, clock)
  const query = queryOf(tracker.definition)
  const where = unread(companyNo, tracker.id, tracker.version)
  const items = history
    ? await countItems(tx, companyNo, { ...query, ...history }, { where })
    : NOTHING
  const recent = await countItems(tx, companyNo, {
    ...query,
    history: false,
    arrivedFrom: new Date(now.getTime() - BASIS_DAYS * DAY_MS),
  })
  const costs = (classes: PriceClasses) => (isCharged(tracker) ? costOf(card, classes) : micros(0n))
  return { items, credits: costs(items), perMonth: costs(recent) }
}

/** Published question trackers that ask the same of the same kind of data. */
async function duplicatesOf(
  tx: Tx,
  companyNo: number,
  tracker: Tracker,
): Promise<{ id: string; name: string }[]> {
  const question = plainQuestion(tracker.definition.question)
  if (!question || !isCharged(tracker)) return []
  const published = await store.readPublished(tx, companyNo)
  return published
    .filter((other) => other.id !== tracker.id && isCharged(other))
    .filter((other) => plainQuestion(other.definition.question) === question)
    .filter((other) =>
      other.definition.itemTypes.some((type) => tracker.definition.itemTypes.includes(type)),
    )
    .map(({ id, name }) => ({ id, name }))
}

export interface Tried {
  itemType: 'call' | 'email'
  itemId: string
  title: string
  found: boolean
  answer: string
  occurrences: Evidence[]
  model: string
}

const TRY_MAX = 10
const TRIES_A_DAY = 100

/** Tries a tracker on a few items: free, and nothing is kept. */
export async function tryTracker(
  deps: TrackerDeps,
  caller: Caller,
  id: string,
  ids: ItemId[] | undefined,
): Promise<Tried[]> {
  requireScope(caller, 'trackers:write')
  const { companyNo } = caller
  const { tracker, items, contents } = await deps.db.company(companyNo, async (tx) => {
    const found = await store.readTracker(tx, companyNo, id)
    if (!found) throw notFound('tracker', id)
    const query = { ...queryOf(found.definition), ids }
    const some = await readItems(tx, companyNo, query, { limit: TRY_MAX, visibleTo: caller })
    const day = dayOf(await companyTime(tx, companyNo, deps.clock), 'UTC')
    if ((await store.countTrial(tx, companyNo, day, some.length)) > TRIES_A_DAY) {
      throw new Problem('rate-limited', `A company can try ${TRIES_A_DAY} items a day.`, {
        retryAfter: 3600,
      })
    }
    return {
      tracker: found,
      items: some,
      contents: await readContentsOf(
        tx,
        companyNo,
        some.map(({ no }) => no),
      ),
    }
  })
  const tried: Tried[] = []
  for (const item of items) {
    const content = contents.get(item.no)
    const text = content && readable(item, content, tracker.definition)
    if (!content || !text) continue
    const { reading, model } = await readWith(deps, tracker, text, AbortSignal.timeout(60_000))
    tried.push({
      itemType: item.type,
      itemId: item.id,
      title: item.title,
      found: reading.found,
      answer: reading.answer,
      occurrences: evidenceOf(item, content, reading),
      model,
    })
  }
  return tried
}
