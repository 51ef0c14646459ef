import type { Finding } from '../../ask/ask.ts'
import type { ItemType } from '../../conversations/items.ts'
import type { ItemQuery } from '../../conversations/selection.ts'
import type { Caller } from '../../kit/caller.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Tx } from '../../platform/database.ts'
import { dataAsOf, staleOf } from '../../trackers/currency.ts'
import type { Hit } from '../../trackers/hits.ts'
import { currencyOf } from '../../trackers/service/currency.ts'
import { hitsIn } from '../../trackers/service/hits.ts'
import { type GeneratedSection, type Section, textOfTrackers } from '../brief.ts'
import type { BriefDeps } from './deps.ts'

/** The most findings of one tracker that a section shows. */
const HITS_MAX = 100

/** What trackers found, as a section: free, and as current as the trackers are. */
export async function trackerSection(
  deps: BriefDeps,
  tx: Tx,
  caller: Caller,
  query: ItemQuery,
  section: Section,
): Promise<GeneratedSection> {
  const { companyNo } = caller
  const now = await companyTime(tx, companyNo, deps.clock)
  const currencies = await currencyOf(deps, tx, companyNo, section.trackerIds)
  const types = { types: section.itemTypes }
  const found = []
  for (const { trackerId, name } of currencies) {
    const hits = await hitsIn(tx, caller, trackerId, { ...query, ...types }, HITS_MAX)
    found.push({ name, ...hits })
  }
  const hits = found.flatMap((one) => one.hits)
  const of = (type: ItemType) =>
    findings(
      deps,
      hits.filter(({ itemType }) => itemType === type),
    )
  return {
    title: section.title,
    source: 'trackers',
    text: textOfTrackers(found),
    credits: 0n,
    dataAsOf: dataAsOf(currencies, now),
    stale: staleOf(currencies),
    callsSearched: 0,
    emailsSearched: 0,
    truncated: found.some((one) => one.found > one.hits.length),
    findings: { callFindings: of('call'), emailFindings: of('email') },
    itemNos: [...new Set(hits.map(({ itemNo }) => itemNo))],
  }
}

/** One finding per item, with the quotes of all trackers that found something in it. */
function findings({ urlOf }: BriefDeps, hits: readonly Hit[]): Finding[] {
  const byItem = new Map<bigint, Finding>()
  for (const { itemNo, itemType, itemId: id, title, occurredAt, occurrences } of hits) {
    const finding = byItem.get(itemNo) ?? {
      ...{ id, title, at: occurredAt.toISOString() },
      url: urlOf(itemType, id),
      quotes: [],
    }
    const quotes = [...finding.quotes, ...occurrences.map(({ quote }) => quote)]
    byItem.set(itemNo, { ...finding, quotes: [...new Set(quotes)] })
  }
  return [...byItem.values()].sort((a, b) => (a.at < b.at ? 1 : -1))
}
