import type { Caller, CompanyNo } from '../../kit/caller.ts'
import { Problem, unprocessable } from '../../kit/problem.ts'
import type { Attribution } from '../../ledger/pool.ts'
import type { Ledger } from '../../ledger/service/ledger.ts'
import type { Clock } from '../../platform/clock.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import { cardAt, type RateCard } from '../../rating/rate-card.ts'
import { readRateCards } from '../../rating/service.ts'
import * as store from '../store.ts'

export type { Attribution }

export type Deps = { db: Database; ledger: Ledger; clock: Clock; rules: RuleBook }

/** What a charge of a company goes by: its prices and switches, and the epoch that they hold for. */
export interface Rules extends store.RuleFacts {
  cards: RateCard[]
}

/**
 * The rules of the companies lately seen. They may be out of date, harmlessly: a command carries the
 * epoch of its rules, and under the pool's lock the ledger sends back what was prepared by older ones.
 */
export interface RuleBook {
  /** The rules as last seen: for commands, which the ledger checks. */
  of(companyNo: CompanyNo): Promise<Rules>
  /** The rules as they are: for answers that no command follows. */
  current(companyNo: CompanyNo): Promise<Rules>
  forget(companyNo: CompanyNo): void
}

const COMPANIES_MAX = 5_000

export function openRuleBook({ db }: { db: Database }): RuleBook {
  const known = new Map<CompanyNo, Promise<Rules>>()
  const book: RuleBook = {
    of(companyNo) {
      const there = known.get(companyNo)
      if (there) return there
      if (known.size >= COMPANIES_MAX) known.clear()
      const reading = db.snapshot(companyNo, async (tx) => ({
        ...(await store.readRuleFacts(tx, companyNo)),
        cards: await readRateCards(tx, companyNo),
      }))
      known.set(companyNo, reading)
      reading.catch(() => known.delete(companyNo))
      return reading
    },
    async current(companyNo) {
      const [seen, epoch] = await Promise.all([
        book.of(companyNo),
        db.company(companyNo, (tx) => store.readEpoch(tx, companyNo)),
      ])
      if (seen.epoch >= epoch) return seen
      book.forget(companyNo)
      return book.of(companyNo)
    },
    forget: (companyNo) => void known.delete(companyNo),
  }
  return book
}

/** The rate card in force for a company right now. */
export async function cardNow(
  { db, clock }: Deps,
  companyNo: CompanyNo,
  rules: Rules,
): Promise<RateCard> {
  if (rules.cards.length === 1) return rules.cards[0]!
  const now = rules.onTestClock
    ? await db.company(companyNo, (tx) => companyTime(tx, companyNo, clock))
    : clock.now()
  return cardAt(rules.cards, now)
}

/** What a charge is for, as a request says it. */
export interface For {
  feature: string
  instance?: { id: string; name: string; teamId?: string | null | undefined } | undefined
  trigger?: string | undefined
  memberId?: string | undefined
  teamId?: string | undefined
}

/**
 * Completes what a charge is for: integration and member from the credential, and at most one team: the
 * request's, else the instance's, else the integration's, else the member's primary one. Refuses a
 * feature that is switched off for that team.
 */
export async function attribute(
  deps: Deps,
  caller: Caller,
  asked: For,
  rules: Rules,
): Promise<Attribution> {
  const { db, ledger } = deps
  const memberId = asked.memberId ?? caller.memberId ?? null
  const given = asked.teamId ?? asked.instance?.teamId ?? caller.teamId ?? null
  if (given !== null && !rules.switchedOff.has(given)) {
    throw unprocessable('teamId', `there is no team ${JSON.stringify(given)}`)
  }
  let teamId = given
  if (memberId !== null && (teamId === null || asked.memberId !== undefined)) {
    const member = await db.company(caller.companyNo, (tx) =>
      store.readPrimaryTeam(tx, caller.companyNo, memberId),
    )
    if (!member) throw unprocessable('memberId', `there is no member ${JSON.stringify(memberId)}`)
    teamId ??= member.teamId
  }
  if (teamId !== null && rules.switchedOff.get(teamId)?.has(asked.feature)) {
    throw new Problem('feature-disabled', `${asked.feature} is switched off for this team.`, {
      feature: asked.feature,
      teamId,
    })
  }
  return ledger.attribute(caller.companyNo, {
    feature: asked.feature,
    instanceId: asked.instance?.id ?? null,
    instanceName: asked.instance?.name ?? null,
    trigger: asked.trigger ?? 'api',
    integrationId: caller.integrationId ?? null,
    memberId,
    teamId,
  })
}
