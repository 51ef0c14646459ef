import { z } from 'zod'
import type { Direction, ItemScope } from '../conversations/items.ts'
import { address, NewCall } from '../conversations/shapes.ts'
import { isGiven } from '../gong/ids.ts'
import { text } from '../platform/shapes.ts'
import type { Rejected } from './connector.ts'

// What another server says, and what of it is taken over. Only what is needed is read, so that servers may
// differ in the rest; one thing that cannot be read is rejected and holds up no other.

const records = z.object({ cursor: text(5_000).nullish() }).nullish()
const said = z.string().nullish()

const Users = z.object({ records, users: z.array(z.unknown()) })
const User = z.object({
  id: text(200),
  emailAddress: z.email().max(254),
  active: z.boolean().nullish(),
  firstName: text(500, 0).nullish(),
  lastName: text(500, 0).nullish(),
})

const Calls = z.object({ records, calls: z.array(z.unknown()) })
const RemoteCall = z.object({
  metaData: z.object({
    id: text(150),
    title: said,
    started: z.iso.datetime({ offset: true }),
    duration: z.number().min(0),
    direction: said,
    scope: said,
    isPrivate: z.boolean().nullish(),
  }),
  parties: z
    .array(
      z.object({
        id: said,
        speakerId: said,
        name: said,
        emailAddress: said,
        affiliation: said,
      }),
    )
    .nullish(),
  context: z
    .array(
      z.object({
        objects: z
          .array(z.object({ objectType: said, objectId: text(200, 0).nullish() }))
          .nullish(),
      }),
    )
    .nullish(),
})
type RemoteCall = z.infer<typeof RemoteCall>

const Transcripts = z.object({ records, callTranscripts: z.array(z.unknown()) })
const Transcript = z.object({
  callId: z.string(),
  transcript: z.array(
    z.object({
      speakerId: said,
      sentences: z.array(z.object({ start: z.number(), end: z.number(), text: z.string() })),
    }),
  ),
})
type Stretches = z.infer<typeof Transcript>['transcript']

const Refusal = z.object({ errors: z.array(z.string()) })

/** Whether a body is a refusal of that API, and not of something else that stands at the address. */
export function isRefusal(body: unknown): boolean {
  return Refusal.safeParse(body).success
}

/** A page as it was read: things in their order, what could not be read, and how to ask for the next. */
export interface RemotePage<Thing> {
  things: Thing[]
  rejected: Rejected[]
  next: string | undefined
}

export interface RemoteUser {
  id: string
  email: string
  name: string
}

/** Undefined when it is no answer of that API. */
export function readUsers(body: unknown): RemotePage<RemoteUser> | undefined {
  const page = Users.safeParse(body)
  if (!page.success) return undefined
  const { things, rejected } = each(page.data.users, User)
  const users = things.filter(({ active }) => active !== false)
  return {
    things: users.map(({ id, emailAddress: email, firstName, lastName }) => {
      const name = [firstName, lastName].filter(Boolean).join(' ').trim()
      return { id, email, name: (name || email).slice(0, 200) }
    }),
    rejected,
    next: page.data.records?.cursor ?? undefined,
  }
}

export function readCalls(body: unknown): RemotePage<RemoteCall> | undefined {
  const page = Calls.safeParse(body)
  if (!page.success) return undefined
  return { ...each(page.data.calls, RemoteCall), next: page.data.records?.cursor ?? undefined }
}

export function readTranscripts(
  body: unknown,
): RemotePage<{ callId: string; transcript: Stretches }> | undefined {
  const page = Transcripts.safeParse(body)
  if (!page.success) return undefined
  const read = each(page.data.callTranscripts, Transcript)
  return { ...read, next: page.data.records?.cursor ?? undefined }
}

function each<Shape extends z.ZodType>(rows: readonly unknown[], shape: Shape) {
  const things: z.infer<Shape>[] = []
  const rejected: Rejected[] = []
  for (const row of rows) {
    const read = shape.safeParse(row)
    if (read.success) things.push(read.data)
    else rejected.push({ id: nameOf(row), error: wordsOf(read.error) })
  }
  return { things, rejected }
}

/** A call as it is put in, and the account and deal that its CRM names. */
export interface Taken {
  /** The other server's id of it. */
  remoteId: string
  call: z.infer<typeof NewCall> & { id: string }
  crm: { account: string | undefined; deal: string | undefined }
}

/**
 * What is put in for another server's call. Its id stays, so that clients that know it find it here; an id
 * of the kind that these servers give out themselves is told apart by the connector.
 */
export function callFrom(
  remote: RemoteCall,
  stretches: Stretches | undefined,
  connectorId: string,
): Taken | Rejected {
  const { id, title, started, duration, direction, scope, isPrivate } = remote.metaData
  const parties = partiesOf(remote, stretches ?? [])
  const ours = NewCall.safeParse({
    id: isGiven(id) ? `${connectorId}:${id}` : id,
    title: title?.slice(0, 1_000) || 'Untitled call',
    startedAt: started,
    durationSeconds: duration,
    direction: directions[direction?.toLowerCase() ?? ''] ?? 'unknown',
    scope: scopes[scope?.toLowerCase() ?? ''] ?? 'unknown',
    private: isPrivate ?? false,
    parties,
    transcript: stretches && sentencesOf(stretches),
  })
  if (!ours.success) return { id, error: wordsOf(ours.error) }
  const objects = (remote.context ?? []).flatMap((one) => one.objects ?? [])
  const named = (type: string) =>
    objects.find(({ objectType }) => objectType?.toLowerCase() === type)?.objectId || undefined
  return {
    remoteId: id,
    call: ours.data as Taken['call'],
    crm: { account: named('account'), deal: named('opportunity') ?? named('deal') },
  }
}

const directions: Record<string, Direction> = {
  inbound: 'inbound',
  outbound: 'outbound',
  conference: 'conference',
}
const scopes: Record<string, ItemScope> = { internal: 'internal', external: 'external' }

const NOBODY = 'unknown-speaker'

/** Everybody in the call, and everybody who speaks though nobody says who that is. */
function partiesOf({ parties }: RemoteCall, stretches: Stretches) {
  const known = (parties ?? []).map((party, place) => ({
    id: party.speakerId || party.id || `party-${place + 1}`,
    name: party.name?.slice(0, 300) ?? null,
    email: address.safeParse(party.emailAddress).data ?? null,
    affiliation: party.affiliation?.toLowerCase() === 'internal' ? 'company' : 'customer',
  }))
  const speakers = stretches.map(({ speakerId }) => ({
    id: speakerId || NOBODY,
    name: null,
    email: null,
    affiliation: 'customer',
  }))
  const first = new Map<string, (typeof known)[number]>()
  for (const party of [...known, ...speakers]) if (!first.has(party.id)) first.set(party.id, party)
  return [...first.values()]
}

function sentencesOf(stretches: Stretches) {
  return stretches.flatMap(({ speakerId, sentences }) =>
    sentences.map(({ start, end, text }) => ({
      partyId: speakerId || NOBODY,
      startSeconds: start / 1_000,
      endSeconds: Math.max(start, end) / 1_000,
      text,
    })),
  )
}

function wordsOf(error: z.ZodError): string {
  const [issue] = error.issues
  return storable(`${issue?.path.join('.')}: ${issue?.message}`)
}

function nameOf(row: unknown): string {
  const { id, metaData, callId } = (row ?? {}) as Record<string, unknown>
  const name = id ?? callId ?? (metaData as { id?: unknown } | undefined)?.id
  return typeof name === 'string' ? storable(name) : '?'
}

/** Short, and without what PostgreSQL refuses. */
function storable(words: string): string {
  return words.slice(0, 200).toWellFormed().replaceAll('\0', '')
}
