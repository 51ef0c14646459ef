import { invalid, Problem } from '../kit/problem.ts'
import { sideOf } from './domains.ts'
import type { Content, Item, ItemScope, Party, Sentence } from './items.ts'
import { type Linkable, linksOf } from './links.ts'
import type { CallChanges, EmailChanges } from './shapes.ts'
import { spokenUntil, wordsBySide, wordsIn } from './sides.ts'

/** An item as it was, with the content that a change may leave standing. */
export interface Known {
  item: Item
  content?: Content | undefined
}

/** The moment and the surroundings of a write. */
export interface Around extends Linkable {
  now: Date
}

/** What an item is after a write; the numbers are given out by whoever writes. */
export interface Changed {
  item: Item
  /** Content to be written; undefined leaves what is there. */
  content?: Content | undefined
  created: boolean
  /** Whether it can be read from now on and could not before. */
  arrives: boolean
}

interface Identity {
  id: string
  history: boolean
}

/** A call after `asked` was put over what is known of it. What `asked` leaves out stays as it was. */
export function changedCall(
  asked: CallChanges,
  known: Known | undefined,
  identity: Identity,
  around: Around,
): Changed | Problem {
  const before = alive(known)
  const parties = asked.parties?.map(partyOf) ?? before?.item.parties ?? []
  const given = asked.transcript?.length ? asked.transcript : undefined
  const kept =
    before?.content && 'transcript' in before.content ? before.content.transcript : undefined
  const transcript: Sentence[] | undefined = given ?? kept
  const fault = faultOf(parties, transcript, given !== undefined)
  if (fault) return fault
  const links = linksOf(asked, before?.item, parties, around)
  if (links instanceof Problem) return links
  const statedSeconds = asked.durationSeconds ?? before?.item.statedSeconds ?? 0
  const words = wordsBySide(transcript ?? [], parties)
  return settle(known, identity, around, {
    type: 'call',
    occurredAt: asked.startedAt ?? before?.item.occurredAt ?? around.now,
    private: asked.private ?? before?.item.private ?? false,
    title: asked.title ?? before?.item.title ?? '',
    statedSeconds,
    durationSeconds: Math.max(statedSeconds, spokenUntil(transcript ?? [])),
    direction: asked.direction ?? before?.item.direction ?? 'unknown',
    scope: asked.scope ?? before?.item.scope ?? 'external',
    companyWords: words.company,
    customerWords: words.customer,
    hasContent: transcript !== undefined,
    parties,
    messageId: null,
    threadId: null,
    folders: [],
    labels: [],
    ...links,
    content: given && { transcript: given },
  })
}

/** An email after `asked` was put over what is known of it. Its sender's side is the side of its words. */
export function changedEmail(
  asked: EmailChanges,
  known: Known | undefined,
  identity: Identity,
  around: Around,
): Changed | Problem {
  const before = alive(known)
  const parties = peopleOf(asked, before?.item.parties ?? []).map((party) => ({
    ...party,
    affiliation: sideOf(party.email, around.own),
  }))
  const links = linksOf(asked, before?.item, parties, around)
  if (links instanceof Problem) return links
  const side = parties.find(({ role }) => role === 'from')?.affiliation ?? 'customer'
  const kept = before?.content && 'body' in before.content ? before.content.body : ''
  const words = wordsIn(asked.body ?? kept)
  return settle(known, identity, around, {
    type: 'email',
    occurredAt: asked.sentAt ?? before?.item.occurredAt ?? around.now,
    private: false,
    title: asked.subject ?? before?.item.title ?? '',
    statedSeconds: null,
    durationSeconds: 0,
    direction: side === 'company' ? 'outbound' : 'inbound',
    scope: scopeOf(parties),
    companyWords: side === 'company' ? words : 0,
    customerWords: side === 'customer' ? words : 0,
    hasContent: true,
    parties,
    messageId: keep(asked.messageId && bareMessageId(asked.messageId), before?.item.messageId),
    threadId: keep(asked.threadId, before?.item.threadId),
    folders: asked.folders ?? before?.item.folders ?? [],
    labels: asked.labels ?? before?.item.labels ?? [],
    ...links,
    content: asked.body === undefined ? undefined : { body: asked.body },
  })
}

/** A message id without its angle brackets, as it is compared. */
export function bareMessageId(messageId: string): string {
  return messageId
    .trim()
    .replace(/^<(.*)>$/s, '$1')
    .trim()
}

type Facts = Omit<
  Item,
  | 'no'
  | 'id'
  | 'createdAt'
  | 'updatedAt'
  | 'arrivedAt'
  | 'arrivalNo'
  | 'history'
  | 'deletedAt'
  | 'erasedAt'
> & { content?: Content | undefined }

/** Gives the facts their life: created or changed, arrived or waiting. A deleted item starts anew. */
function settle(
  known: Known | undefined,
  identity: Identity,
  around: Around,
  facts: Facts,
): Changed {
  const before = alive(known)?.item
  const { content, ...rest } = facts
  const readable = facts.hasContent && !facts.private
  const arrives = readable && !before?.arrivedAt
  return {
    content,
    created: !before,
    arrives,
    item: {
      ...rest,
      no: known?.item.no ?? 0n,
      id: known?.item.id ?? identity.id,
      createdAt: before?.createdAt ?? around.now,
      updatedAt: around.now,
      arrivedAt: before?.arrivedAt ?? (arrives ? around.now : null),
      arrivalNo: before?.arrivalNo ?? null,
      history: identity.history || (before?.history ?? false),
      deletedAt: null,
      erasedAt: null,
    },
  }
}

function alive(known: Known | undefined): Known | undefined {
  return known?.item.deletedAt ? undefined : known
}

function partyOf({
  id,
  name,
  email,
  affiliation,
}: NonNullable<CallChanges['parties']>[number]): Party {
  return { id, name: name || null, email: email ?? null, affiliation }
}

function peopleOf({ from, to, cc }: EmailChanges, before: readonly Party[]): Party[] {
  const people = (
    role: 'from' | 'to' | 'cc',
    given: { name?: string | null | undefined; email: string }[] | null | undefined,
  ) =>
    given === undefined
      ? before.filter((party) => party.role === role)
      : (given ?? []).map(
          ({ name, email }): Party => ({
            id: email,
            name: name || null,
            email,
            affiliation: 'customer',
            role,
          }),
        )
  return [...people('from', from && [from]), ...people('to', to), ...people('cc', cc)]
}

function scopeOf(parties: readonly Party[]): ItemScope {
  return parties.every(({ affiliation }) => affiliation === 'company') ? 'internal' : 'external'
}

function faultOf(
  parties: readonly Party[],
  transcript: readonly Sentence[] | undefined,
  given: boolean,
): Problem | undefined {
  const ids = new Set<string>()
  for (const [place, { id }] of parties.entries()) {
    if (ids.has(id)) return invalid(`parties.${place}.id`, 'is the id of another party too')
    ids.add(id)
  }
  for (const [place, { partyId, startSeconds, endSeconds }] of (transcript ?? []).entries()) {
    if (!ids.has(partyId)) {
      return given
        ? invalid(`transcript.${place}.partyId`, 'is not the id of a party')
        : invalid('parties', 'must have everybody who speaks in the transcript')
    }
    if (startSeconds !== undefined && endSeconds !== undefined && endSeconds < startSeconds) {
      return invalid(`transcript.${place}.endSeconds`, 'must not come before startSeconds')
    }
  }
  return undefined
}

function keep<Value>(
  given: Value | null | undefined,
  before: Value | null | undefined,
): Value | null {
  return given === undefined ? (before ?? null) : given
}
