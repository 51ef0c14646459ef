import { describe, expect, test } from 'vitest'
import { lineCutter } from './lines.ts'
import { mboxCutter } from './mbox.ts'
import { vttOf } from './vtt.ts'

function linesOf(text: string, size: number, max = 100): (string | undefined)[] {
  const cutter = lineCutter(max)
  const bytes = Buffer.from(text)
  const lines: (string | undefined)[] = []
  for (let at = 0; at < bytes.length; at += size) {
    for (const line of cutter.push(bytes.subarray(at, at + size)))
      lines.push(line.bytes?.toString())
  }
  for (const line of cutter.end()) lines.push(line.bytes?.toString())
  return lines
}

describe('lines', () => {
  test.each([1, 2, 3, 7, 1000])('in pieces of %i bytes', (size) => {
    expect(linesOf('a\nbé\r\n\nlast', size)).toEqual(['a', 'bé', '', 'last'])
    expect(linesOf('a\n', size)).toEqual(['a'])
    expect(linesOf('', size)).toEqual([])
    expect(linesOf(`a\n${'x'.repeat(101)}\nb`, size)).toEqual(['a', undefined, 'b'])
  })
})

function messagesOf(text: string) {
  const lines = lineCutter(1_000)
  const cutter = mboxCutter(200)
  const found = [...lines.push(Buffer.from(text)), ...lines.end()].map((line) => cutter.push(line))
  return [...found, cutter.end()]
    .filter((message) => message !== undefined)
    .map(({ line, bytes, postmark }) => [line, bytes?.toString(), postmark])
}

const FROM = 'From a@b.test Tue, 01 Jan 1980 00:00:00 GMT'
const POSTMARK = 'Tue, 01 Jan 1980 00:00:00 GMT'

describe('mbox', () => {
  test('messages begin at From lines after an empty line, and only there', () => {
    const text = `${FROM}\nA: 1\n\nhi\nFrom here on\n\nFrom now on we talk.\n>From quoted\n\n${FROM}\nB: 2\n\nlast`
    expect(messagesOf(text)).toEqual([
      [1, 'A: 1\n\nhi\nFrom here on\n\nFrom now on we talk.\nFrom quoted\n\n', POSTMARK],
      [10, 'B: 2\n\nlast\n', POSTMARK],
    ])
  })

  test('what comes before the first message is told apart', () => {
    expect(messagesOf(`\nnot an mbox\n\n${FROM}\nA: 1`)).toEqual([
      [2, 'not an mbox\n\n', ''],
      [4, 'A: 1\n', POSTMARK],
    ])
  })

  test('a message too large is not held', () => {
    expect(messagesOf(`${FROM}\n${'x'.repeat(300)}\n\n${FROM}\nA: 1`)).toEqual([
      [1, undefined, POSTMARK],
      [4, 'A: 1\n', POSTMARK],
    ])
  })
})

describe('WebVTT', () => {
  test('voices are speakers, marks are taken out', () => {
    const { speakers, sentences, faults } = vttOf(
      'WEBVTT\n\n1\n00:01.000 --> 00:04.500\n<v Rea Rep>Hello &amp; <b>welcome</b></v>\n<v Cora>Yes\n\nNOTE x\n\n01:00:00.000 --> 01:00:01.000\nNobody.\n',
    )
    expect(speakers).toEqual(['Rea Rep', 'Cora', 'Speaker'])
    expect(sentences[0]).toEqual({
      speaker: 'Rea Rep',
      startSeconds: 1,
      endSeconds: 4.5,
      text: 'Hello & welcome',
    })
    expect(sentences[2]!.startSeconds).toBe(3600)
    expect(faults).toEqual([])
  })

  test('names before a colon are speakers when most cues have one', () => {
    const cue = (at: number, text: string) => `00:0${at}.000 --> 00:0${at + 1}.000\n${text}\n\n`
    const named = vttOf(
      `WEBVTT\n\n${cue(1, 'Rea Rep: Hello.')}${cue(2, 'Cora: Note: this.')}${cue(3, 'yes')}`,
    )
    expect(named.speakers).toEqual(['Rea Rep', 'Cora', 'Speaker'])
    expect(named.sentences[1]!.text).toBe('Note: this.')
    const plain = vttOf(`WEBVTT\n\n${cue(1, 'Note: hello.')}${cue(2, 'yes')}${cue(3, 'no')}`)
    expect(plain.speakers).toEqual(['Speaker'])
  })

  test('a broken cue is told with its line, the others are kept', () => {
    const { sentences, faults } = vttOf(
      'WEBVTT\n\n00:01.000 --> x\nlost\n\n00:02.000 --> 00:03.000\nkept\n',
    )
    expect(sentences.map(({ text }) => text)).toEqual(['kept'])
    expect(faults[0]!.line).toBe(3)
    expect(vttOf('hello').faults).toHaveLength(1)
  })
})
