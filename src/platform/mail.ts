import { createTransport } from 'nodemailer'
import type { NodemailerError } from 'nodemailer/lib/errors.js'

/** A mail as it goes out: one sender, one recipient. */
export interface Letter {
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
  /** Without the angle brackets. The same for every copy. */
  messageId: string
  /** When it was written. */
  date: Date
}

/** How a try to hand over a mail ended. */
export type Handover =
  | { kind: 'sent' }
  /** The mail server refused this mail for good. */
  | { kind: 'refused'; reason: string }
  /** Not now: the mail server cannot be reached, or wants to be asked again. */
  | { kind: 'later'; reason: string }
  /** Not tried, because enough others are on their way: ask again in a moment. */
  | { kind: 'busy' }

/** The way to the mail server. */
export interface Mailer {
  /** The part of the sender's address behind the @. */
  readonly domain: string
  /**
   * Tries once. Never throws. While the mail server rests, because it could not be reached, only those who
   * insist are let through.
   */
  send(letter: Letter, insist?: boolean): Promise<Handover>
}

/** So many mails are on their way at once from one process; a slow server must not hold up all workers. */
const AT_ONCE = 4
const CONNECT_MS = 10_000
const SILENCE_MS = 20_000
const REST_FIRST_MS = 500
const REST_MAX_MS = 15_000

/**
 * Opens the way to a mail server. While it cannot be reached, it is tried by one mail at a time and ever
 * more seldom, so that thousands of waiting mails cost nothing.
 */
export function openMailer(options: { smtpUrl: string; from: string }): Mailer {
  const transport = createTransport({
    url: options.smtpUrl,
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    dnsTimeout: CONNECT_MS,
    socketTimeout: SILENCE_MS,
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  const from = addressOf(options.from)
  let underWay = 0
  let rests = 0
  let restsUntil = 0
  const wake = () => {
    rests = 0
    restsUntil = 0
  }

  return {
    domain: from.address.slice(from.address.lastIndexOf('@') + 1),
    async send(letter, insist = false) {
      if (!isPlain(letter.to.address)) {
        return { kind: 'refused', reason: 'The address is not a plain mail address.' }
      }
      const isResting = performance.now() < restsUntil || (rests > 0 && underWay > 0)
      if (isResting && !insist) {
        return { kind: 'later', reason: 'The mail server could not be reached.' }
      }
      if (underWay >= AT_ONCE) return { kind: 'busy' }
      underWay += 1
      try {
        await transport.sendMail({
          from,
          to: { name: oneLine(letter.to.name), address: letter.to.address },
          envelope: { from: from.address, to: letter.to.address },
          subject: oneLine(letter.subject),
          text: letter.text,
          html: letter.html,
          messageId: `<${letter.messageId}>`,
          date: letter.date,
          headers: { 'Auto-Submitted': 'auto-generated' },
        })
        wake()
        return { kind: 'sent' }
      } catch (error) {
        const { code, permanent, message } = error as NodemailerError
        const isAboutThisMail = code === 'EENVELOPE' || code === 'EMESSAGE'
        const reason = oneLine(message).slice(0, 300)
        if (isAboutThisMail) {
          wake()
          return { kind: permanent ? 'refused' : 'later', reason }
        }
        if (performance.now() >= restsUntil) {
          restsUntil = performance.now() + Math.min(REST_FIRST_MS * 2 ** rests, REST_MAX_MS)
          rests += 1
        }
        return { kind: 'later', reason }
      } finally {
        underWay -= 1
      }
    },
  }
}

/** A text without line breaks and other control characters, so that it cannot become a header of its own. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}

/** `Sluice <credits@example.com>` or the bare address, as the configuration allows them. */
function addressOf(from: string): { name: string; address: string } {
  const [, name = '', address = from] = /^(.*)<([^<>]+)>$/.exec(from) ?? []
  return { name: name.trim().replace(/^"(.*)"$/, '$1'), address: address.trim() }
}

/** One address and nothing beside it: no list, comment, route or quoted part. */
function isPlain(address: string): boolean {
  return (
    address.length <= 320 &&
    /^[^\s\p{Cc}<>()[\]\\,;:"@]+@[^\s\p{Cc}<>()[\]\\,;:"@]+$/u.test(address)
  )
}
