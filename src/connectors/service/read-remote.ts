import type { CompanyNo } from '../../kit/caller.ts'
import { OutboundError, type OutboundReply } from '../../platform/outbound.ts'
import type { Connector, Credential, Place } from '../connector.ts'
import {
  callFrom,
  isRefusal,
  type RemotePage,
  type RemoteUser,
  readCalls,
  readTranscripts,
  readUsers,
  type Taken,
} from '../remote.ts'
import { sealedFor } from './connectors.ts'
import type { ConnectorDeps } from './deps.ts'

type Deps = Pick<ConnectorDeps, 'outbound' | 'secrets'>

/** Why a page could not be read. */
export class RemoteFailed extends Error {
  override readonly name = 'RemoteFailed'
  readonly retryAfterMs: number | undefined
  /** What it means: asking again makes no sense until somebody changes something, or not by this cursor. */
  readonly means: 'again' | 'final' | 'bad-request'

  constructor(message: string, retryAfterMs?: number, means: RemoteFailed['means'] = 'again') {
    super(message)
    this.retryAfterMs = retryAfterMs
    this.means = means
  }
}

/** What one page of a sync brings. */
export interface Brought {
  users: RemoteUser[]
  calls: Taken[]
  transcripts: number
  rejected: RemotePage<unknown>['rejected']
  next: string | undefined
}

/** Reads the page at a place, with the transcripts of its calls. */
export async function readPage(
  deps: Deps,
  companyNo: CompanyNo,
  connector: Connector,
  place: Place,
): Promise<Brought> {
  const ask = askerOf(deps, companyNo, connector)
  return place.step === 'users' ? usersAt(ask, place) : callsAt(ask, place, connector.id)
}

async function usersAt(ask: Ask, { page }: Place): Promise<Brought> {
  const query = page === null ? '' : `?cursor=${encodeURIComponent(page)}`
  const { things: users, rejected, next } = await ask(`/v2/users${query}`, readUsers)
  return { users, calls: [], transcripts: 0, rejected, next: checked(next, page) }
}

async function callsAt(ask: Ask, { from, to, page }: Place, connectorId: string): Promise<Brought> {
  const range = { fromDateTime: from, toDateTime: to }
  const { things, rejected, next } = await ask('/v2/calls/extensive', readCalls, {
    ...(page === null ? {} : { cursor: page }),
    filter: range,
    contentSelector: { context: 'Extended', exposedFields: { parties: true } },
  })
  const callIds = things.map(({ metaData }) => metaData.id)
  const said = new Map<string, NonNullable<Parameters<typeof callFrom>[1]>>()
  let cursor: string | undefined
  do {
    if (callIds.length === 0) break
    const body = { ...(cursor ? { cursor } : {}), filter: { ...range, callIds } }
    const found = await ask('/v2/calls/transcript', readTranscripts, body)
    for (const { callId, transcript } of found.things) said.set(callId, transcript)
    rejected.push(...found.rejected)
    cursor = checked(found.next, cursor ?? null)
  } while (cursor !== undefined)
  const calls: Taken[] = []
  for (const one of things) {
    const taken = callFrom(one, said.get(one.metaData.id), connectorId)
    if ('call' in taken) calls.push(taken)
    else rejected.push(taken)
  }
  return { users: [], calls, transcripts: said.size, rejected, next: checked(next, page) }
}

/** A cursor that leads where we are would go on for ever. */
function checked(next: string | undefined, here: string | null): string | undefined {
  if (next !== undefined && next === here) throw new RemoteFailed('Its cursor leads nowhere.')
  return next
}

type Ask = <Thing>(
  path: string,
  read: (body: unknown) => RemotePage<Thing> | undefined,
  body?: object,
) => Promise<RemotePage<Thing>>

/** Asks the connector's server; without a body it is a GET. Nothing found is an empty page. */
function askerOf({ outbound, secrets }: Deps, companyNo: CompanyNo, connector: Connector): Ask {
  const { id, baseUrl, sealedCredential } = connector
  const opened = secrets.open(sealedCredential, sealedFor(companyNo, id))
  if (opened === undefined) {
    throw new RemoteFailed(
      'The credential cannot be opened any more: give it again.',
      undefined,
      'final',
    )
  }
  const headers = {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: authorizationOf(JSON.parse(opened) as Credential),
  }
  return async (path, read, body) => {
    const asked = { url: baseUrl + path, headers, body: body && JSON.stringify(body) }
    const reply = await outbound.ask(asked).catch((error) => {
      throw error instanceof OutboundError ? new RemoteFailed(error.message) : error
    })
    if (reply === 'busy') throw new RemoteFailed('Too many others are being asked.', 1_000)
    const found = isNothingFound(reply) ? NOTHING : read(bodyOf(reply))
    if (!found) throw new RemoteFailed('It answered with something that this API does not give.')
    return found
  }
}

const NOTHING = { things: [], rejected: [], next: undefined }

/** That API says 404 where nothing is found; so does any other server, of an address that it does not know. */
function isNothingFound({ status, body }: OutboundReply): boolean {
  return status === 404 && isRefusal(parsed(body))
}

function bodyOf({ status, retryAfterMs, body }: OutboundReply): unknown {
  if (status === 401 || status === 403) {
    throw new RemoteFailed(`It refuses the credential (${status}).`, undefined, 'final')
  }
  if (status === 429) throw new RemoteFailed('It asks to wait (429).', retryAfterMs ?? 1_000)
  if (status === 400)
    throw new RemoteFailed('It refuses the request (400).', undefined, 'bad-request')
  if (status < 200 || status > 299) throw new RemoteFailed(`It answered ${status}.`, retryAfterMs)
  return parsed(body)
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

function authorizationOf(credential: Credential): string {
  if (credential.kind === 'bearer') return `Bearer ${credential.token}`
  const { accessKey, accessKeySecret } = credential
  return `Basic ${Buffer.from(`${accessKey}:${accessKeySecret}`).toString('base64')}`
}
