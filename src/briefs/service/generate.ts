import { type Chosen, findingsOf, itemsIn } from '../../ask/ask.ts'
import type { AskedPeriod } from '../../ask/period.ts'
import { chooseFrom, type Scope, scopeOf, textsOf } from '../../ask/service/choose.ts'
import type { Answered, Terms } from '../../ask/service/deps.ts'
import { type Claim, onceUnder } from '../../ask/service/keyed.ts'
import { answerFree, doPaid, type Paid, priceFor } from '../../ask/service/paid.ts'
import { currentCard } from '../../charges/service/work.ts'
import type { Item } from '../../conversations/items.ts'
import type { EntityType } from '../../conversations/selection.ts'
import { pricedAs } from '../../conversations/service/read-items.ts'
import { actorOf, type Caller, requireScope } from '../../kit/caller.ts'
import { parseCredits, ZERO } from '../../kit/credits.ts'
import { notFound, Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import { type RateCard, rate } from '../../rating/rate-card.ts'
import type { Brief, GeneratedBrief, GeneratedSection, Section } from '../brief.ts'
import { type BriefBody, bodyOf, dryBodyOf, replayedBody, stubOf } from '../present.ts'
import * as store from '../store.ts'
import type { BriefDeps } from './deps.ts'
import { trackerSection } from './tracker-section.ts'

/** Which template, by id or by name; about whom, and of when. */
export interface NewGenerated extends AskedPeriod {
  brief: { id: string } | { name: string }
  entity: { type: EntityType; id: string }
}

/** A section with what it is about to read. */
interface Prepared {
  section: Section
  chosen: Chosen
  /** Made already: what trackers found costs nothing to show. */
  ready: GeneratedSection | undefined
}

/** A section as it was composed, and what it has read for that. */
interface Composed {
  section: GeneratedSection
  read: Item[]
}

/**
 * Generates a brief. All sections are priced first and paid together, in the commit that keeps the brief;
 * an item is charged once for each section that reads it. Sections of trackers are free, at zero too.
 */
export async function generateBrief(
  deps: BriefDeps,
  caller: Caller,
  terms: Terms,
  asked: NewGenerated,
): Promise<Answered<BriefBody>> {
  requireScope(caller, 'ai:brief')
  return onceUnder(
    deps,
    caller,
    terms.key,
    (claim) => generateOnce(deps, caller, terms, asked, claim),
    (kept) => replay(deps, caller, kept),
  )
}

async function generateOnce(
  deps: BriefDeps,
  caller: Caller,
  terms: Terms,
  asked: NewGenerated,
  claim: Claim | undefined,
): Promise<Answered<BriefBody>> {
  const { brief, scope, prepared, now } = await deps.db.snapshot(caller.companyNo, async (tx) => {
    const brief = await findBrief(tx, caller, asked.brief)
    const scope = await scopeOf(deps, tx, caller, asked)
    const prepared: Prepared[] = []
    for (const section of brief.sections) {
      prepared.push(await prepare(deps, tx, caller, scope, section))
    }
    return { brief, scope, prepared, now: await companyTime(tx, caller.companyNo, deps.clock) }
  })
  const items = prepared.flatMap(({ chosen }) => itemsIn(chosen))
  const credits = await priceFor(deps, caller, terms, items)
  const made = (sections: GeneratedSection[], paid: Paid): GeneratedBrief => ({
    id: newId('gen'),
    briefId: brief.id,
    name: brief.name,
    entity: asked.entity,
    sections,
    callsSearched: distinct(items.filter(({ type }) => type === 'call')),
    emailsSearched: distinct(items.filter(({ type }) => type === 'email')),
    credits: paid.credits,
    charge: paid.charge,
    madeBy: actorOf(caller),
    createdAt: paid.at,
  })
  if (terms.dryRun) {
    const card = await currentCard(deps, caller.companyNo)
    const prices = prepared.map(({ chosen }) => creditsFor(itemsIn(chosen), card))
    const sections = prepared.map((one, place) => ({
      ...shellOf(one, now),
      credits: caller.kind === 'session' ? ZERO : prices[place]!,
    }))
    return answerFree(deps, caller, claim, (paid) => ({
      body: dryBodyOf({ ...made(sections, paid), credits }, prices, paid.balance, items),
      itemNos: items.map(({ no }) => no),
    }))
  }
  const instance = { id: brief.id, name: brief.name }
  let generated: GeneratedBrief | undefined
  const door = { instance, ...terms.door }
  return doPaid<Composed[], BriefBody>(deps, caller, { ...terms, door }, claim, {
    items,
    make: (signal) => compose(deps, caller, scope, prepared, now, signal),
    async check(run) {
      if (await store.keepBrief(run, caller.companyNo, brief.id)) return undefined
      return new Problem('conflict', 'The brief has been deleted meanwhile.')
    },
    async keep(run) {
      if (generated) await store.insertGenerated(run, caller.companyNo, generated)
    },
    answer(composed, paid) {
      const sections = composed.map(({ section, read }) => ({
        ...section,
        credits: creditsFor(read, paid.card),
      }))
      generated = made(sections, paid)
      return { body: bodyOf(generated, caller.companyId, paid.balance), itemNos: [] }
    },
    // What is read again under the key is the brief that was kept.
    stub: stubOf,
  })
}

async function prepare(
  deps: BriefDeps,
  tx: Tx,
  caller: Caller,
  scope: Scope,
  section: Section,
): Promise<Prepared> {
  if (section.source === 'trackers') {
    const ready = await trackerSection(deps, tx, caller, scope.query, section)
    return { section, chosen: { calls: [], emails: [], truncated: false }, ready }
  }
  const chosen = await chooseFrom(tx, caller, scope, section.itemTypes)
  return { section, chosen, ready: undefined }
}

/** Has every section that reads conversations composed, all at once; one that fails ends them all. */
async function compose(
  deps: BriefDeps,
  caller: Caller,
  scope: Scope,
  prepared: readonly Prepared[],
  now: Date,
  signal: AbortSignal,
): Promise<{ made: Composed[]; read: Item[] }> {
  const failed = new AbortController()
  const either = AbortSignal.any([signal, failed.signal])
  const sections = prepared.map(async (one): Promise<Composed> => {
    const items = itemsIn(one.chosen)
    if (one.ready || items.length === 0) return { section: shellOf(one, now), read: [] }
    const { texts, read } = await textsOf(deps, caller, items)
    const { question } = one.section
    const request = {
      question: question ?? one.section.title,
      items: texts,
      context: scope.context,
    }
    const { paragraphs } = await deps.model.compose(request, either)
    const citations = paragraphs.flatMap((paragraph) => paragraph.citations)
    const section = {
      ...shellOf(one, now),
      text: paragraphs.map(({ text }) => text).join('\n\n'),
      findings: findingsOf(citations, items, deps.urlOf),
      itemNos: items.map(({ no }) => no),
    }
    return { section, read }
  })
  try {
    const all = await Promise.all(sections)
    return { made: all, read: all.flatMap(({ read }) => read) }
  } catch (error) {
    failed.abort()
    await Promise.allSettled(sections)
    throw error
  }
}

const NOTHING = 'There is nothing to read: no calls or emails fit.'

/** A section before anything was made of it. */
function shellOf({ section, chosen, ready }: Prepared, now: Date): GeneratedSection {
  if (ready) return ready
  return {
    title: section.title,
    source: section.source,
    text: NOTHING,
    credits: 0n,
    dataAsOf: now,
    stale: null,
    callsSearched: chosen.calls.length,
    emailsSearched: chosen.emails.length,
    truncated: chosen.truncated,
    findings: { callFindings: [], emailFindings: [] },
    itemNos: [],
  }
}

function creditsFor(items: readonly Item[], card: RateCard | null): bigint {
  return card ? rate(card, items.map(pricedAs)).credits : 0n
}

function distinct(items: readonly Item[]): number {
  return new Set(items.map(({ no }) => no)).size
}

async function findBrief(
  tx: Tx,
  { companyNo }: Caller,
  asked: NewGenerated['brief'],
): Promise<Brief> {
  if ('name' in asked) {
    const brief = await store.readBriefNamed(tx, companyNo, asked.name)
    if (brief?.status !== 'published') throw notFound('published brief', asked.name)
    return brief
  }
  const brief = await store.readBrief(tx, companyNo, asked.id)
  if (!brief) throw notFound('brief', asked.id)
  if (brief.status !== 'published') {
    throw new Problem('invalid-state', 'The brief is a draft. Publish it first.')
  }
  return brief
}

async function replay(
  { db }: BriefDeps,
  caller: Caller,
  kept: string,
): Promise<Answered<BriefBody>> {
  const { companyNo, companyId } = caller
  const stub = JSON.parse(kept)
  const [generated] =
    stub.generatedId === undefined
      ? []
      : await db.snapshot(companyNo, (tx) =>
          store.readGenerated(tx, companyNo, {
            id: stub.generatedId,
            limit: 1,
            visible: undefined,
          }),
        )
  const body = replayedBody(stub, generated, companyId)
  const available = parseCredits(body.balance.available) ?? ZERO
  return { body, replayed: true, charged: ZERO, available }
}
