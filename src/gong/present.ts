import type { Item, Party, Sentence } from '../conversations/items.ts'
import { idOf, itemIdOf } from './ids.ts'
import type { Names } from './names.ts'
import type { Selector } from './shapes.ts'

// Calls as the /v2 doors show them: seconds for durations and hits, milliseconds for sentences.

/** What is said of calls beside what they say themselves. */
export interface Around {
  names: Names
  workspaceId: string
  urlOf: (type: 'call', id: string) => string
  /** Members by their addresses. */
  members: ReadonlyMap<string, string>
}

export function callOut(item: Item, { names, workspaceId, urlOf, members }: Around) {
  const started = item.occurredAt.toISOString()
  const host = hostOf(item, members)
  return {
    id: itemIdOf(item, names),
    url: urlOf('call', item.id),
    title: item.title,
    // It is not known when it was meant to begin.
    scheduled: started,
    started,
    duration: Math.round(item.durationSeconds),
    primaryUserId: host === undefined ? null : idOf('user', host, names),
    direction: capital(item.direction),
    system: 'Sluice',
    scope: capital(item.scope),
    media: 'Audio' as const,
    language: 'und',
    workspaceId,
    sdrDisposition: null,
    clientUniqueId: item.id,
    customData: null,
    purpose: null,
    meetingUrl: null,
    isPrivate: item.private,
    calendarEventId: null,
  }
}

/** Who hosted a call: the first of its parties who is a member. */
function hostOf({ parties }: Item, members: Around['members']): string | undefined {
  for (const { email } of parties) {
    const member = email ? members.get(email) : undefined
    if (member !== undefined) return member
  }
  return undefined
}

/** A party's id, the same wherever the call is shown. */
export function speakerIdOf({ no }: Item, partyId: string, { style }: Names): string {
  if (style === 'own') return partyId
  // Parties of different calls that have the same id are different people.
  return idOf('party', `${no} ${partyId}`, { style, asked: new Set() })
}

export function partyOut(item: Item, party: Party, { names, members }: Around) {
  const speakerId = speakerIdOf(item, party.id, names)
  const member = party.email ? members.get(party.email) : undefined
  return {
    id: speakerId,
    emailAddress: party.email,
    name: party.name,
    title: null,
    userId: member === undefined ? null : idOf('user', member, names),
    speakerId,
    context: [],
    affiliation: party.affiliation === 'company' ? ('Internal' as const) : ('External' as const),
    phoneNumber: null,
    methods: ['Attendee' as const],
  }
}

/** What was said, a stretch for each time somebody speaks. */
export function transcriptOut(item: Item, transcript: readonly Sentence[], names: Names) {
  const stretches: { speakerId: string; topic: null; sentences: SentenceOut[] }[] = []
  for (const { partyId, startSeconds, endSeconds, text } of transcript) {
    const speakerId = speakerIdOf(item, partyId, names)
    const start = Math.round((startSeconds ?? endSeconds ?? 0) * 1_000)
    const end = Math.round((endSeconds ?? startSeconds ?? 0) * 1_000)
    const last = stretches.at(-1)
    if (last?.speakerId === speakerId) last.sentences.push({ start, end, text })
    else stretches.push({ speakerId, topic: null, sentences: [{ start, end, text }] })
  }
  return { callId: itemIdOf(item, names), transcript: stretches }
}

interface SentenceOut {
  start: number
  end: number
  text: string
}

/** Who spoke for how long, and how much each side asked. */
export function interactionOut(
  item: Item,
  transcript: readonly Sentence[],
  asked: { speakers?: boolean | undefined; questions?: boolean | undefined },
  around: Around,
) {
  return {
    ...(asked.speakers ? { speakers: speakersIn(item, transcript, around) } : {}),
    ...(asked.questions ? { questions: questionsIn(item, transcript) } : {}),
  }
}

function speakersIn(item: Item, transcript: readonly Sentence[], around: Around) {
  const seconds = new Map<string, number>()
  for (const { partyId, startSeconds, endSeconds } of transcript) {
    const spoken = Math.max(0, (endSeconds ?? 0) - (startSeconds ?? endSeconds ?? 0))
    seconds.set(partyId, (seconds.get(partyId) ?? 0) + spoken)
  }
  return item.parties.flatMap((party) => {
    const talkTime = seconds.get(party.id)
    if (talkTime === undefined) return []
    const { speakerId, userId } = partyOut(item, party, around)
    return [{ id: speakerId, userId, talkTime: Math.round(talkTime * 1_000) / 1_000 }]
  })
}

function questionsIn({ parties }: Item, transcript: readonly Sentence[]) {
  const sides = new Map(parties.map(({ id, affiliation }) => [id, affiliation]))
  const of = (isCompany: boolean) =>
    transcript.filter(
      ({ partyId, text }) => text.includes('?') && (sides.get(partyId) === 'company') === isCompany,
    ).length
  return { companyCount: of(true), nonCompanyCount: of(false) }
}

/** What of a call a client has asked for beside its plain facts. */
export function wishesOf(selector: Selector) {
  const { context = 'None', exposedFields = {} } = selector ?? {}
  const { content = {}, interaction = {} } = exposedFields
  return {
    context: context === 'None' ? undefined : context,
    parties: exposedFields.parties === true,
    trackers: content.trackers === true,
    occurrences: content.trackers === true && content.trackerOccurrences === true,
    interaction: interaction.speakers || interaction.questions ? interaction : undefined,
    comments: exposedFields.collaboration?.publicComments === true,
  }
}
export type Wishes = ReturnType<typeof wishesOf>

function capital<Word extends string>(word: Word): Capitalize<Word> {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}` as Capitalize<Word>
}
