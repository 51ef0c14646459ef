import type { Model } from '../../ai/model.ts'
import type { Deps as ChargeDeps } from '../../charges/service/rules.ts'
import type { ItemType } from '../../conversations/items.ts'
import type { Credits } from '../../kit/credits.ts'

export interface AskDeps extends ChargeDeps {
  /** Who answers questions over calls and emails. */
  model: Model
  /** Where a person finds a call or email. */
  urlOf: (type: ItemType, id: string) => string
}

/** By which door a request came in, and so what its charge is for. */
export interface Door {
  feature: string
  instance?: { id: string; name: string } | undefined
  trigger: string
}

/** A request under a key; `asked` is the canonical text of all that was asked. */
export interface RequestKey {
  operation: string
  key: string
  asked: string
}

/** What a request says beside its question. */
export interface Terms {
  door: Door
  key?: RequestKey | undefined
  /** Only price it. */
  dryRun?: boolean | undefined
  /** Refuse when it costs more. */
  maxCredits?: Credits | undefined
}

/** What came of a request that may cost credits. */
export interface Answered<Body> {
  body: Body
  /** Whether this is what an earlier request with the same key was answered. */
  replayed: boolean
  charged: Credits
  available: Credits
}
