import { formatCredits } from '../kit/credits.ts'
import { type Alert, type Amount, type BalanceFacts, type FactsOf, usedPercentOf } from './alert.ts'

/** What people read of an alert: a headline, sentences, and where to go on. */
export interface Words {
  title: string
  lines: string[]
  /** What to do next, and the page that does it. */
  next: { say: string; label: string; path: string } | null
}

/** Puts an alert into words; moments are told in the company's time zone. */
export function wordsOf(alert: Alert, timezone: string): Words {
  const when = (iso: string | Date) => momentIn(new Date(iso), timezone)
  switch (alert.kind) {
    case 'threshold':
      return ofThreshold(alert.facts)
    case 'exhausted':
      return {
        title: 'No credits are left',
        lines: [causes[alert.facts.cause], `Credits: ${leftLine(alert.facts)}`].filter(Boolean),
        next: creditsNeeded,
      }
    case 'granted':
      return {
        title: `${shown(alert.facts.credits)} credits were added`,
        lines: [
          `They are ${sources[alert.facts.source] ?? alert.facts.source} credits.`,
          `Credits: ${leftLine(alert.facts)}`,
        ],
        next: null,
      }
    case 'tracker_stopped':
      return ofStop(alert.facts, when)
    case 'tracker_resumed':
      return {
        title: `The tracker ${quoted(alert.facts.name)} goes on`,
        lines: [`Credits: ${leftLine(alert.facts)}`],
        next: null,
      }
    case 'budget':
      return ofBudget(alert.facts, when)
    case 'stream_entry': {
      const { title, itemType, itemId, date, streamName } = alert.facts
      return {
        title: `New in ${quoted(streamName)}: ${title}`,
        lines: [`A ${itemType} of ${when(date)}.`],
        next: {
          ...{ say: 'Open it to read more.', label: 'Open' },
          path: `/${itemType}s/${encodeURIComponent(itemId)}`,
        },
      }
    }
    case 'brief': {
      const { briefName, automationName, briefId, text } = alert.facts
      return {
        title: `${briefName}: a new brief`,
        lines: [`Made by the automation ${quoted(automationName)}.`, ...paragraphsOf(text)],
        next: {
          ...{ say: 'In the app it stands with all that it was drawn from.', label: 'Brief' },
          path: `/briefs/${encodeURIComponent(briefId)}`,
        },
      }
    }
    case 'webhook_disabled':
      return {
        title: 'A webhook was switched off',
        lines: [
          alert.facts.reason === 'gone'
            ? `${alert.facts.url} answered that it is gone for good (410).`
            : `${alert.facts.url} could not be reached for days.`,
          'Nothing more is sent to it.',
        ],
        next: {
          say: 'Repair the receiver, then switch the webhook on again.',
          ...{ label: 'Webhooks', path: '/connect/webhooks' },
        },
      }
    case 'mail_failed':
      return {
        title: `A mail to ${alert.facts.to} could not be delivered`,
        lines: [`Its subject: ${alert.facts.subject}`, `The reason: ${alert.facts.reason}`],
        next: {
          say: 'Check the address, and who is told of credits.',
          ...{ label: 'People', path: '/admin/people' },
        },
      }
  }
}

/** An amount as people read it: one decimal, cut toward zero; a trace of credits is `< 0.1`. */
export function shown(amount: Amount | bigint): string {
  const micros = BigInt(amount)
  if (micros > 0n && micros < 100_000n) return '< 0.1'
  const [whole = '0', tenth = '0'] = formatCredits((micros / 100_000n) * 100_000n).split('.')
  return `${whole.replace(/\B(?=(\d{3})+$)/g, ',')}.${tenth}`
}

const causes: Record<FactsOf['threshold']['cause'], string> = {
  charge: '',
  expiry: 'Unused credits expired, which raised the share that is used.',
  void: 'Credits were voided, which raised the share that is used.',
  reset: 'A new contract year began.',
  grant: '',
  refund: '',
  hold: 'Credits that were held have been returned.',
}

const sources: Record<string, string> = {
  default: 'default',
  purchased: 'purchased',
  adjustment: 'adjustment',
}

const creditsNeeded = {
  say:
    'AI trackers have stopped, and requests that cost credits are refused; everything made so far ' +
    'stays visible. Add credits, then resume the trackers: they do not go on by themselves.',
  ...{ label: 'Credits', path: '/credits' },
}

function ofThreshold(facts: FactsOf['threshold']): Words {
  const { thresholds, cause, exhausted } = facts
  const highest = thresholds.at(-1) ?? 0
  const passed = thresholds.map((percent) => `${percent}`).join(', ')
  return {
    title: exhausted
      ? `${highest} % of the credits are used: none are left`
      : `${highest} % of the credits are used`,
    lines: [
      causes[cause],
      usageLine(facts),
      thresholds.length > 1 ? `Thresholds passed at once: ${passed} %.` : '',
    ].filter(Boolean),
    next: exhausted
      ? creditsNeeded
      : {
          say:
            'At zero, AI trackers stop and requests that cost credits are refused. See what uses ' +
            'the credits and when they will run out, or add some in time.',
          ...{ label: 'Credits', path: '/credits' },
        },
  }
}

/** An invitation, in words. Names are the company's and the member's own. */
export function invitationWords(
  companyName: string,
  memberName: string,
  token: string,
  expiresAt: Date,
  timezone: string,
): Words {
  return {
    title: `Choose a password for ${companyName}`,
    lines: [
      `${quoted(memberName)}, you have been added to ${quoted(companyName)} in Sluice.`,
      `The link works once, until ${momentIn(expiresAt, timezone)}. Give it to nobody.`,
    ],
    next: {
      say: 'Choose a password, and you are in.',
      ...{ label: 'Choose a password', path: `/invitation#${token}` },
    },
  }
}

function ofStop(facts: FactsOf['tracker_stopped'], when: (iso: string) => string): Words {
  const { name, reason, since, nextPrice, trackerId } = facts
  const isOut = reason === 'out_of_credits'
  return {
    title: `The tracker ${quoted(name)} has stopped`,
    lines: [
      isOut
        ? `It stands still since ${when(since)}, because credits ran out.`
        : `It stands still since ${when(since)}, because a budget does not allow its next item.`,
      nextPrice === null ? '' : `Its next item costs ${shown(nextPrice)} credits.`,
      `Credits: ${leftLine(facts)}`,
    ].filter(Boolean),
    next: {
      say: isOut
        ? 'Add credits, then resume it. You will be asked what to do about the items it missed.'
        : 'It goes on by itself when the period of the budget turns or its cap is raised.',
      ...{ label: 'Tracker', path: `/trackers/${encodeURIComponent(trackerId)}` },
    },
  }
}

function ofBudget(facts: FactsOf['budget'], when: (iso: string) => string): Words {
  const { percents, scope, scopeName, credits, usedOfBudget, heldOfBudget, periodEnd } = facts
  const highest = percents.at(-1) ?? 0
  const whose = `the ${scope.type} ${quoted(scopeName ?? scope.id)}`
  const held = BigInt(heldOfBudget) > 0n ? ` and ${shown(heldOfBudget)} held` : ''
  return {
    title: `${highest} % of the budget of ${whose} is used`,
    lines: [
      `${shown(usedOfBudget)} credits used${held}, of ${shown(credits)} until ${when(periodEnd)}.`,
    ],
    next: {
      say:
        highest >= 100
          ? 'What would go beyond it is refused until then. Raise the cap to let it go on.'
          : 'At 100 %, what would go beyond it is refused. Raise the cap if more is meant to be used.',
      ...{ label: 'Budgets', path: '/credits/budgets' },
    },
  }
}

function usageLine(facts: BalanceFacts): string {
  const { used, available, held } = facts
  const total = BigInt(used) + BigInt(available) + BigInt(held)
  const share = `${shown(used)} of ${shown(total)} credits are used (${usedPercentOf(facts).toFixed(1)} %)`
  return `${share}; ${leftLine(facts)}`
}

function leftLine({ available, held }: BalanceFacts): string {
  const rest = BigInt(held) > 0n ? `, ${shown(held)} held` : ''
  return `${shown(available)} available${rest}.`
}

function paragraphsOf(text = ''): string[] {
  return text
    .split(/\n{2,}/)
    .map((paragraph) => paragraph.trim())
    .filter(Boolean)
}

function quoted(name: string): string {
  return `“${name.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()}”`
}

function momentIn(at: Date, timezone: string): string {
  const style = { dateStyle: 'medium', timeStyle: 'short', timeZone: timezone } as const
  return `${new Intl.DateTimeFormat('en-GB', style).format(at)} (${timezone})`
}
