import type { Tracker } from '../../api/types.ts'

/** What the editor edits: a tracker's definition, as fields hold it. */
export interface Definition {
  name: string
  kind: Tracker['kind']
  question: string
  instructions: string
  keywords: string
  pretrainedId: string
  calls: boolean
  emails: boolean
  side: Tracker['side']
  part: 'whole' | 'start' | 'end'
  partAmount: number
  partUnit: 'minutes' | 'percent'
  direction: string[]
  scope: string[]
  minMinutes: number | ''
  maxMinutes: number | ''
  teamIds: string[]
  memberIds: string[]
  accountIds: string[]
}

/** Emails are off at first: they are many, and a team decides to pay for them. */
export const blank: Definition = {
  ...{ name: '', kind: 'question', question: '', instructions: '', keywords: '', pretrainedId: '' },
  ...{
    calls: true,
    emails: false,
    side: 'anyone',
    part: 'whole',
    partAmount: 10,
    partUnit: 'minutes',
  },
  ...{ direction: [], scope: [], minMinutes: '', maxMinutes: '' },
  ...{ teamIds: [], memberIds: [], accountIds: [] },
}

export function definitionOf(tracker: Tracker): Definition {
  const filters = tracker.filters as Record<string, unknown>
  const many = (name: string) => [filters[name] ?? []].flat() as string[]
  const minutes = (name: string) => (filters[name] === undefined ? '' : Number(filters[name]) / 60)
  const { part } = tracker
  return {
    name: tracker.name,
    kind: tracker.kind,
    question: tracker.question ?? '',
    instructions: tracker.instructions ?? '',
    keywords: tracker.keywords.join(', '),
    pretrainedId: tracker.pretrainedId ?? '',
    calls: tracker.itemTypes.includes('call'),
    emails: tracker.itemTypes.includes('email'),
    side: tracker.side,
    part: part ? (part.from as 'start' | 'end') : 'whole',
    partAmount: part?.amount ?? 10,
    partUnit: (part?.unit as 'minutes' | 'percent' | undefined) ?? 'minutes',
    direction: many('direction'),
    scope: many('scope'),
    minMinutes: minutes('minDurationSeconds'),
    maxMinutes: minutes('maxDurationSeconds'),
    teamIds: many('teamIds'),
    memberIds: many('memberIds'),
    accountIds: many('accountIds'),
  }
}

/** The body of a POST or PATCH. */
export function bodyOf(it: Definition, isNew: boolean): Record<string, unknown> {
  const filters = {
    ...(it.direction.length ? { direction: it.direction } : {}),
    ...(it.scope.length ? { scope: it.scope } : {}),
    ...(it.minMinutes === '' ? {} : { minDurationSeconds: it.minMinutes * 60 }),
    ...(it.maxMinutes === '' ? {} : { maxDurationSeconds: it.maxMinutes * 60 }),
    ...(it.teamIds.length ? { teamIds: it.teamIds } : {}),
    ...(it.memberIds.length ? { memberIds: it.memberIds } : {}),
    ...(it.accountIds.length ? { accountIds: it.accountIds } : {}),
  }
  const part =
    it.part === 'whole' ? null : { from: it.part, amount: it.partAmount, unit: it.partUnit }
  const itemTypes = [...(it.calls ? ['call'] : []), ...(it.emails ? ['email'] : [])]
  const words = it.keywords
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
  return {
    name: it.name.trim(),
    ...(isNew ? { kind: it.kind } : {}),
    ...(it.kind === 'question' ? { question: it.question.trim() } : {}),
    ...(it.kind === 'question' && (it.instructions.trim() || !isNew)
      ? { instructions: it.instructions.trim() || null }
      : {}),
    ...(it.kind === 'keyword' ? { keywords: words } : {}),
    ...(it.kind === 'pretrained' && isNew ? { pretrainedId: it.pretrainedId } : {}),
    ...{ itemTypes, side: it.side, filters },
    ...(isNew && part === null ? {} : { part }),
  }
}

/** What is still missing before there is something to save. */
export function missingOf(it: Definition): string | undefined {
  if (!it.name.trim()) return 'Give it a name.'
  if (it.kind === 'question' && !it.question.trim()) return 'Ask a question.'
  if (it.kind === 'keyword' && !it.keywords.trim()) return 'Name a keyword.'
  if (it.kind === 'pretrained' && !it.pretrainedId) return 'Choose a pretrained one.'
  if (!it.calls && !it.emails) return 'Choose calls, emails, or both.'
  return undefined
}
