import { z } from 'zod'
import type { Caller } from '../../kit/caller.ts'
import { invalid } from '../../kit/problem.ts'
import { id } from '../../platform/shapes.ts'
import type { NewTracker as Asked } from '../service/define.ts'
import type { TrackerDeps } from '../service/deps.ts'
import { priceTracker } from '../service/estimate.ts'
import type { Range } from '../service/publish.ts'
import { NewTracker } from './shapes.ts'

const Known = z.strictObject({ id })

/** Prices a tracker as it would be made, or one that is there, for who asks what would come of it. */
export function trackerPricer(house: TrackerDeps) {
  return async (caller: Caller, asked: unknown, history: Partial<Range>) => {
    const isKnown = typeof asked === 'object' && asked !== null && 'id' in asked
    const parsed = (isKnown ? Known : NewTracker).safeParse(asked)
    if (!parsed.success) {
      const { path, message } = parsed.error.issues[0]!
      throw invalid(['tracker', ...path].join('.'), message)
    }
    const wanted = parsed.data as Asked | { id: string }
    return { feature: 'ai_tracker', ...(await priceTracker(house, caller, wanted, history)) }
  }
}
