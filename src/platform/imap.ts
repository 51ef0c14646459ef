import { isIP } from 'node:net'
import { ImapFlow, type ImapFlowError } from 'imapflow'
import { OutboundError } from './outbound.ts'

/** A folder of a mail server, and how to get at it. */
export interface MailSource {
  host: string
  /** The address that the host was found at and that was allowed; connected to in its place. */
  address: string
  port: number
  tls: 'implicit' | 'starttls' | 'none'
  user: string
  password: string
  folder: string
}

/** A folder that is open for reading; nothing in it is ever marked or changed. */
export interface OpenFolder {
  /** UIDs mean something only as long as this stays the same. */
  uidValidity: bigint
  /** Mail that comes later has this UID or a larger one. */
  uidNext: number
  /** The messages behind a UID, smallest first, one at a time. */
  messagesAfter(uid: number): AsyncGenerator<FolderMessage>
  close(): void
}

export interface FolderMessage {
  uid: number
  receivedAt: Date | undefined
  /** Undefined when it is larger than is read. */
  raw: Buffer | undefined
}

/** Why a folder cannot be read: a text for those who manage the mailbox. */
export class MailSourceError extends Error {
  override name = 'MailSourceError'
}

const ASKED_AT_ONCE = 50
const CONNECT_MS = 15_000
const SILENCE_MS = 60_000

/** Opens a folder read-only (EXAMINE); the connection ends when `signal` says so. */
export async function openFolder(
  { host, address, port, tls, user, password, folder }: MailSource,
  bytesMax: number,
  signal: AbortSignal,
): Promise<OpenFolder> {
  const client = new ImapFlow({
    ...{ host: address, port, auth: { user, pass: password } },
    ...(isIP(host) ? {} : { servername: host }),
    ...{ secure: tls === 'implicit', logger: false, disableAutoIdle: true },
    ...(tls === 'implicit' ? {} : { doSTARTTLS: tls === 'starttls' }),
    ...{ connectionTimeout: CONNECT_MS, greetingTimeout: CONNECT_MS, socketTimeout: SILENCE_MS },
  })
  // What breaks between two commands is told by the next one.
  client.on('error', () => {})
  const close = () => client.close()
  signal.addEventListener('abort', close, { once: true })
  try {
    await client.connect()
    const { uidValidity, uidNext } = await client.mailboxOpen(folder, { readOnly: true })
    return {
      ...{ uidValidity, uidNext },
      messagesAfter: (uid) => messagesAfter(client, uid, bytesMax),
      close() {
        signal.removeEventListener('abort', close)
        // Polite when the server still listens; the connection ends in any case.
        client
          .logout()
          .catch(() => {})
          .finally(close)
      },
    }
  } catch (error) {
    signal.removeEventListener('abort', close)
    close()
    throw new MailSourceError(reasonOf(error as ImapFlowError, folder))
  }
}

async function* messagesAfter(
  client: ImapFlow,
  after: number,
  bytesMax: number,
): AsyncGenerator<FolderMessage> {
  try {
    const found = await client.search({ uid: `${after + 1}:*` }, { uid: true })
    // `n:*` always has the last message, though it may lie before n.
    const uids = (found || []).filter((uid) => uid > after).toSorted((a, b) => a - b)
    for (let from = 0; from < uids.length; from += ASKED_AT_ONCE) {
      const range = uids.slice(from, from + ASKED_AT_ONCE).join(',')
      const facts = await client.fetchAll(range, FACTS, { uid: true })
      const fitting = facts.filter(({ size = 0 }) => size <= bytesMax).map(({ uid }) => uid)
      const large = new Set(facts.map(({ uid }) => uid)).difference(new Set(fitting))
      // A server gives them in its own order, and what was expunged meanwhile not at all.
      const receivedAt = new Map(facts.map((one) => [one.uid, dateOf(one.internalDate)]))
      for (const { uid } of facts.toSorted((a, b) => a.uid - b.uid)) {
        if (large.has(uid)) {
          yield { uid, receivedAt: receivedAt.get(uid), raw: undefined }
          continue
        }
        const message = await client.fetchOne(String(uid), { source: true }, { uid: true })
        const raw = message === false ? undefined : message.source
        if (raw) yield { uid, receivedAt: receivedAt.get(uid), raw }
      }
    }
  } catch (error) {
    if (error instanceof MailSourceError) throw error
    throw new MailSourceError(reasonOf(error as ImapFlowError, ''))
  }
}

const FACTS = { uid: true, size: true, internalDate: true }

function dateOf(given: Date | string | undefined): Date | undefined {
  const date = new Date(given ?? Number.NaN)
  return Number.isNaN(date.getTime()) ? undefined : date
}

/** What went wrong in words, without what the user typed. */
function reasonOf(error: ImapFlowError, folder: string): string {
  if (error instanceof OutboundError) return error.message
  const told = error.responseText ? ` (${String(error.responseText).slice(0, 200)})` : ''
  if (error.authenticationFailed) return `The server refused the user or the password${told}.`
  if (error.mailboxMissing) return `There is no folder ${JSON.stringify(folder)}.`
  if (told) return `The server refused${told}.`
  const code = error.code ?? ''
  if (/CERT|SELF_SIGNED|ERR_TLS|SSL/.test(code)) {
    return `The server's certificate is not trusted (${code}).`
  }
  return `The connection failed (${code || error.message.slice(0, 100)}).`
}
