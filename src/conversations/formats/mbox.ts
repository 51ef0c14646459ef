import type { Line } from './lines.ts'

/** One message of an mbox. */
export interface MboxMessage {
  /** The line it begins at. */
  line: number
  /** The message; undefined when it was larger than allowed. */
  bytes: Buffer | undefined
  /** What its From line says after the address: usually when it came. */
  postmark: string
}

/**
 * Cuts the lines of an mbox into messages. A message begins at a line `From <somebody> <… 12:34 …>` that
 * comes first or after an empty line; other lines that begin so are text. One `>` of `>From ` is taken off
 * (mboxrd). Lines before the first message are given as a message without a postmark.
 */
export function mboxCutter(bytesMax: number) {
  let current: { line: number; postmark: string; parts: Buffer[]; bytes: number } | undefined
  let afterEmpty = true

  function take(): MboxMessage | undefined {
    if (!current) return undefined
    const { line, postmark, parts, bytes } = current
    current = undefined
    return { line, postmark, bytes: bytes <= bytesMax ? Buffer.concat(parts) : undefined }
  }

  function add(bytes: Buffer | undefined): void {
    if (!current) return
    current.bytes += (bytes?.length ?? bytesMax) + 1
    if (current.bytes <= bytesMax && bytes) current.parts.push(bytes, NEWLINE)
    else current.parts = []
  }

  return {
    /** The message that this line ends, if it begins the next one. */
    push({ no, bytes }: Line): MboxMessage | undefined {
      const postmark = afterEmpty && bytes ? postmarkOf(bytes) : undefined
      afterEmpty = bytes?.length === 0
      if (postmark !== undefined) {
        const done = take()
        current = { line: no, postmark, parts: [], bytes: 0 }
        return done
      }
      if (!current && bytes?.length !== 0) current = { line: no, postmark: '', parts: [], bytes: 0 }
      add(bytes && isQuotedFrom(bytes) ? bytes.subarray(1) : bytes)
      return undefined
    },
    /** The last message. */
    end: take,
  }
}

const NEWLINE = Buffer.from('\n')

function postmarkOf(bytes: Buffer): string | undefined {
  if (bytes.length > 500 || bytes.toString('latin1', 0, 5) !== 'From ') return undefined
  return /^From \S+ +(.*\d{1,2}:\d{2}.*)$/.exec(bytes.toString('latin1'))?.[1]
}

function isQuotedFrom(bytes: Buffer): boolean {
  return bytes[0] === 62 && /^>+From /.test(bytes.toString('latin1', 0, 40))
}
