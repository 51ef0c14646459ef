import { createHash } from 'node:crypto'
import { convert } from 'html-to-text'
import type { Address, Email } from 'postal-mime'
import { bareMessageId } from '../changes.ts'
import { address } from '../shapes.ts'

/** An email as it is put in, before it is checked; or why it is none. */
export type EmailFound = { email: Record<string, unknown> } | { error: string }

const RECIPIENTS_MAX = 2_000

/** Makes a parsed message into an email as `POST /v1/emails` takes it. */
export function emailOf(raw: Buffer, parsed: Email, postmark = ''): EmailFound {
  const from = mailboxesOf(parsed.from && [parsed.from])[0]
  if (!from) return { error: 'is not an email: it has no sender' }
  const sentAt = dateOf(parsed, postmark)
  if (!sentAt) return { error: 'has no date that can be read' }
  if (isCutOff(raw, parsed)) return { error: 'is cut off: its last part does not end' }
  const messageId = clean(parsed.messageId ?? '', 1_000) || undefined
  const folder = clean(headerOf(parsed, 'x-folder'), 500)
  const labels = headerOf(parsed, 'x-gmail-labels').split(',')
  return {
    email: {
      // Without a message id the same bytes are the same email.
      id: messageId ? undefined : `eml_${digestOf(raw).slice(0, 40)}`,
      messageId,
      threadId: threadOf(parsed) || undefined,
      sentAt: sentAt.toISOString(),
      from,
      to: mailboxesOf(parsed.to).slice(0, RECIPIENTS_MAX),
      cc: mailboxesOf(parsed.cc).slice(0, RECIPIENTS_MAX),
      subject: clean(parsed.subject ?? '', 2_000),
      body: bodyOf(parsed),
      folders: folder ? [folder] : [],
      labels: [...new Set(labels.map((label) => clean(label, 200)).filter(Boolean))].slice(0, 200),
    },
  }
}

/** A digest that is the same for a message in a file, in an mbox and on the wire. */
function digestOf(raw: Buffer): string {
  const text = raw.toString('latin1').replaceAll('\r\n', '\n').trimEnd()
  return createHash('sha256').update(text, 'latin1').digest('hex')
}

/** Text without what cannot be stored: NUL characters and halves of surrogate pairs. */
function clean(text: string, max: number): string {
  return text.replaceAll('\0', '').trim().slice(0, max).toWellFormed()
}

const BODY_MAX = 5_000_000

function bodyOf({ text, html }: Email): string {
  const plain = text?.trim() ? text : html ? textOf(html) : ''
  return plain.replaceAll('\0', '').slice(0, BODY_MAX).toWellFormed().trimEnd()
}

function textOf(html: string): string {
  return convert(html, {
    wordwrap: false,
    selectors: [
      { selector: 'img', format: 'skip' },
      { selector: 'a', options: { ignoreHref: true } },
    ],
    limits: { maxInputLength: BODY_MAX, maxDepth: 200, maxChildNodes: 20_000 },
  })
}

/** Those of the addresses that are ones; the people of a group are each on their own. */
function mailboxesOf(addresses: readonly Address[] | undefined) {
  const people = (addresses ?? []).flatMap(
    (one): { name: string; address?: string }[] => one.group ?? [one],
  )
  return people.flatMap(({ name, address: email }) => {
    const checked = address.safeParse(email?.trim() ?? '')
    return checked.success ? [{ name: clean(name, 300) || undefined, email: checked.data }] : []
  })
}

function dateOf(parsed: Email, postmark: string): Date | undefined {
  const received = headerOf(parsed, 'received')
  const candidates = [parsed.date, received.slice(received.lastIndexOf(';') + 1), postmark]
  return candidates
    .map((text) => new Date(text?.trim() || Number.NaN))
    .find((date) => date.getUTCFullYear() >= 1970 && date.getUTCFullYear() < 2200)
}

/** The first message of the thread, as far as the headers tell; the message itself when it is alone. */
function threadOf({ references, inReplyTo, messageId }: Email): string {
  const first = references?.trim().split(/\s+/)[0] || inReplyTo?.trim().split(/\s+/)[0] || messageId
  return bareMessageId(clean(first ?? '', 1_000))
}

function headerOf({ headers }: Email, key: string): string {
  return headers.find((header) => header.key === key)?.value ?? ''
}

/** Whether a message of several parts lacks the line that ends them. */
function isCutOff(raw: Buffer, parsed: Email): boolean {
  const type = headerOf(parsed, 'content-type')
  const boundary = /^multipart\/.*?boundary=(?:"([^"]+)"|([^\s;]+))/is.exec(type)
  return boundary !== null && !raw.includes(`--${boundary[1] ?? boundary[2]}--`)
}
