import { type Transcript, unreadable } from './transcript.ts'
import { vttOf } from './vtt.ts'

/**
 * Reads an SRT (SubRip) file as the WebVTT file that says the same, line for line, so that speakers and
 * faults are found in one way. Its numbers, its `{\an8}` marks and its colours are left out.
 */
export function srtOf(text: string): Transcript {
  const lines = text.replace(/^\uFEFF/, '').split(/\r\n|\r|\n/)
  const times = lines.map(timesOf)
  if (!times.some(Boolean)) return unreadable('has no times, as an SRT file has')
  const written = lines.map((line, i) => {
    if (times[i]) return times[i]
    // A number belongs to the cue below it, also where no empty line parts it from the one above.
    return times[i + 1] && /^\s*\d+\s*$/.test(line) ? '' : textOf(line)
  })
  const { faults, ...found } = vttOf([...HEAD, ...written].join('\n'))
  return {
    ...found,
    faults: faults.map(({ line, error }) => ({ line: Math.max(1, line - HEAD.length), error })),
  }
}

const HEAD = ['WEBVTT', '']
const MOMENT = String.raw`(\d{1,3}):(\d{1,2}):(\d{1,2})(?:[,.](\d{1,3}))?`
const TIMES = new RegExp(String.raw`^\s*${MOMENT}\s*-->\s*${MOMENT}(?:\s.*)?$`)

/** The line of times as WebVTT has it; undefined for every other line. */
function timesOf(line: string): string | undefined {
  const found = TIMES.exec(line)
  return found ? `${momentOf(found.slice(1, 5))} --> ${momentOf(found.slice(5, 9))}` : undefined
}

function momentOf([hours, minutes, seconds, rest = '0']: (string | undefined)[]): string {
  const two = (part: string | undefined) => (part ?? '').padStart(2, '0')
  return `${two(hours)}:${two(minutes)}:${two(seconds)}.${rest.padEnd(3, '0')}`
}

function textOf(line: string): string {
  return line.replace(/\{\\[^}]*\}|<\/?font[^>]*>/gi, '').replace(/<(?!\/?[biuv]\b)/gi, '&lt;')
}
