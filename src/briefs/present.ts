import type { Findings } from '../ask/ask.ts'
import { type ChargeView, chargeIdOf, presentBalance } from '../charges/charge.ts'
import type { Item } from '../conversations/items.ts'
import { toJson, ZERO } from '../kit/credits.ts'
import type { GeneratedBrief, GeneratedSection } from './brief.ts'

/** A generated brief as answers show it. */
export interface GeneratedOut {
  id: string | null
  briefId: string
  name: string
  entity: GeneratedBrief['entity']
  sections: SectionOut[] | null
  callsSearched: number
  emailsSearched: number
  credits: number
  chargeId: string | null
  createdAt: string
}

interface SectionOut {
  title: string
  source: GeneratedSection['source']
  text: string | null
  credits: number
  /** What a key or token would be charged for it; of a dry run only. */
  paidCredits?: number
  dataAsOf: string
  stale: { since: string; reason: string; trackerIds: string[] } | null
  callsSearched: number
  emailsSearched: number
  truncated: boolean
  findings: Findings
}

type Balance = ReturnType<typeof presentBalance>

/** The answer to a request to generate: the brief and what is left. */
export interface BriefBody extends GeneratedOut {
  balance: Balance
  /** What a key or token would be charged; of a dry run only. */
  paidCredits?: number
  /** What would be read; of a dry run only. */
  items?: { type: Item['type']; id: string; title: string; at: string }[]
}

/** What is kept of an answer under its key: figures, and where the brief is. */
interface Stub extends Omit<BriefBody, 'sections' | 'id'> {
  generatedId?: string | null
  sections?: SectionOut[]
}

export function generatedOut(made: GeneratedBrief, companyId: string): GeneratedOut {
  const { id, briefId, name, entity, callsSearched, emailsSearched, charge } = made
  return {
    ...{ id, briefId, name, entity, callsSearched, emailsSearched },
    sections: made.sections.map(sectionOut),
    credits: toJson(made.credits),
    chargeId: charge && chargeIdOf(companyId, charge.at, charge.seq),
    createdAt: made.createdAt.toISOString(),
  }
}

export function bodyOf(
  made: GeneratedBrief,
  companyId: string,
  balance: ChargeView['balance'],
): BriefBody {
  return { ...generatedOut(made, companyId), balance: presentBalance(balance) }
}

/** A dry run: the prices of the sections and the items, and nothing that is in them. */
export function dryBodyOf(
  made: GeneratedBrief,
  prices: readonly bigint[],
  balance: ChargeView['balance'],
  items: readonly Item[],
): BriefBody {
  const sections = made.sections.map((one, place) => ({
    ...sectionOut(one),
    paidCredits: toJson(prices[place] ?? ZERO),
    text: null,
    findings: { callFindings: [], emailFindings: [] },
  }))
  const distinct = [...new Map(items.map((item) => [item.no, item])).values()]
  const named = distinct.map(({ type, id, title, occurredAt }) => {
    return { type, id, title, at: occurredAt.toISOString() }
  })
  const body = bodyOf({ ...made, charge: null }, '', balance)
  const paidCredits = toJson(prices.reduce((sum, price) => sum + price, 0n))
  return { ...body, id: null, sections, paidCredits, items: named }
}

export function stubOf(body: BriefBody): Stub {
  const { id, sections: _, ...figures } = body
  return { ...figures, generatedId: id }
}

/** The first answer again: the brief as it stands now, with the figures of then. */
export function replayedBody(
  stub: Stub,
  generated: GeneratedBrief | undefined,
  companyId: string,
): BriefBody {
  const { generatedId, ...figures } = stub
  // A dry run was kept as it was answered.
  if (generatedId === undefined) return stub as BriefBody
  const sections = generated ? generatedOut(generated, companyId).sections : null
  return { ...figures, id: generatedId, sections }
}

function sectionOut(section: GeneratedSection): SectionOut {
  const { itemNos: _, credits, dataAsOf, stale, ...rest } = section
  return {
    ...rest,
    credits: toJson(credits),
    dataAsOf: dataAsOf.toISOString(),
    stale: stale && { ...stale, since: stale.since.toISOString() },
  }
}
