import type { Affiliation } from '../model.ts'

/** Something people ask about, and how it sounds when it comes up. Written by hand. */
export type Concept = {
  name: string
  /** Questions that are about this. */
  asked: RegExp
  /** One of these is enough. */
  strong: RegExp
  /** These need company. */
  weak?: RegExp
  /** These speak against it. */
  against?: RegExp
  /** Whose words count, where the question's own words do not say so. */
  side?: Affiliation
  /** "We will not cancel" is no churn risk: a denial does not count. */
  deniable?: boolean
  /** How many strong signs it takes; 1 unless said. */
  needed?: number
  /** How many more it takes for every hundred sentences. Long texts touch on everything. */
  neededPerHundred?: number
}

/** Alternatives separated by `|`, on word boundaries; `*` stands for any ending. */
export function phrases(source: string): RegExp {
  const body = source.replace(/\s*\n\s*/g, '').replace(/(?<=(?<!\\)[a-zé])\*/g, "[\\w']*")
  return new RegExp(`(?<![\\w'])(?:${body})(?!\\w)`, 'g')
}

type Options = Pick<Concept, 'deniable' | 'needed' | 'neededPerHundred' | 'side'> & {
  against?: string
}

export function concept(
  name: string,
  asked: string,
  strong: string,
  weak?: string,
  { against, ...options }: Options = {},
): Concept {
  return {
    name,
    asked: phrases(asked),
    strong: phrases(strong),
    ...(weak === undefined ? {} : { weak: phrases(weak) }),
    ...(against === undefined ? {} : { against: phrases(against) }),
    ...options,
  }
}
