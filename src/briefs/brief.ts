import type { Findings } from '../ask/ask.ts'
import type { ItemType } from '../conversations/items.ts'
import type { EntityType } from '../conversations/selection.ts'
import type { Stale } from '../trackers/currency.ts'
import type { Hit } from '../trackers/hits.ts'

export const sources = ['trackers', 'conversations'] as const
export type Source = (typeof sources)[number]

/** One part of a brief: what trackers found, or what a question draws from calls and emails. */
export interface Section {
  title: string
  source: Source
  trackerIds: string[]
  question: string | null
  itemTypes: ItemType[]
}

/** A template of briefs. */
export interface Brief {
  id: string
  name: string
  status: 'draft' | 'published'
  sections: Section[]
  createdBy: string | null
  createdAt: Date
  updatedAt: Date
}

/** A section as it was generated: what it says, what it read and cost, and how current that is. */
export interface GeneratedSection {
  title: string
  source: Source
  /** Null when its content is gone with something it stood on. */
  text: string | null
  /** Micro-credits. */
  credits: bigint
  dataAsOf: Date
  stale: Stale | null
  callsSearched: number
  emailsSearched: number
  truncated: boolean
  findings: Findings
  itemNos: bigint[]
}

/** A brief about an entity, generated from a template. */
export interface GeneratedBrief {
  id: string
  briefId: string
  name: string
  entity: { type: EntityType; id: string }
  sections: GeneratedSection[]
  callsSearched: number
  emailsSearched: number
  credits: bigint
  charge: { at: Date; seq: bigint } | null
  madeBy: string
  createdAt: Date
}

/** The trackers that sections name, each once. */
export function trackersIn(sections: readonly Pick<Section, 'trackerIds'>[]): string[] {
  return [...new Set(sections.flatMap(({ trackerIds }) => trackerIds))]
}

/** Why a section cannot be generated, or undefined. */
export function sectionFault({ source, trackerIds, question }: Section): string | undefined {
  if (source === 'trackers' && trackerIds.length === 0) return 'a trackers section names trackerIds'
  if (source === 'conversations' && question === null)
    return 'a conversations section has a question'
  if (source === 'conversations' && trackerIds.length > 0) {
    return 'a conversations section reads no trackers'
  }
  return undefined
}

/** What one tracker found, for a section's text. */
export interface TrackerFound {
  name: string
  processed: number
  found: number
  hits: Hit[]
}

const LINES_MAX = 10

/** A trackers section in words: in how many items each found something, and what, the newest first. */
export function textOfTrackers(found: readonly TrackerFound[]): string {
  return found.map((one) => [summaryOf(one), ...linesOf(one)].join('\n')).join('\n\n')
}

function summaryOf({ name, processed, found }: TrackerFound): string {
  if (processed === 0) return `${name}: no calls or emails of this time were processed.`
  const of = processed === 1 ? 'call or email' : 'calls and emails'
  return `${name}: found in ${found} of ${processed} ${of}.`
}

function linesOf({ hits, found }: TrackerFound): string[] {
  const shown = hits.slice(0, LINES_MAX)
  const lines = shown.map(
    ({ title, occurredAt, answer }) =>
      `- ${occurredAt.toISOString().slice(0, 10)}, ${title}: ${answer}`,
  )
  return found > shown.length ? [...lines, `- and ${found - shown.length} more`] : lines
}

/** The section without what was drawn from something that is gone. */
export function emptied(section: GeneratedSection): GeneratedSection {
  const findings = { callFindings: [], emailFindings: [] }
  return { ...section, text: null, findings, itemNos: [] }
}
