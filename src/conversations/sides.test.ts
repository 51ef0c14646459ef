import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { isPublicDomain, ownOf, sideOf } from './domains.ts'
import type { Party, Sentence } from './items.ts'
import { type Part, type Side, spokenUntil, turnsOf, wordsBySide, wordsIn } from './sides.ts'

const parties: Party[] = [
  { id: 'a', name: 'A', email: null, affiliation: 'company' },
  { id: 'b', name: 'B', email: null, affiliation: 'customer' },
]
const transcript: Sentence[] = [
  { partyId: 'a', startSeconds: 0, endSeconds: 50, text: 'one two' },
  { partyId: 'b', startSeconds: 60, endSeconds: 130.5, text: 'three' },
  { partyId: 'a', startSeconds: 540, endSeconds: 541, text: 'four' },
  { partyId: 'b', startSeconds: 599, endSeconds: 600.4, text: '[laughter]' },
]

describe('which turns are read', () => {
  test.each<[Side, Part | undefined, number[]]>([
    ['anyone', undefined, [0, 1, 2, 3]],
    ['company', undefined, [0, 2]],
    ['customer', undefined, [1, 3]],
    ['anyone', { from: 'start', amount: 1, unit: 'minutes' }, [0]],
    ['anyone', { from: 'end', amount: 1, unit: 'minutes' }, [2, 3]],
    ['customer', { from: 'start', amount: 50, unit: 'percent' }, [1]],
    ['company', { from: 'end', amount: 0.5, unit: 'percent' }, []],
    ['anyone', { from: 'end', amount: 100, unit: 'percent' }, [0, 1, 2, 3]],
    ['anyone', { from: 'start', amount: 90, unit: 'minutes' }, [0, 1, 2, 3]],
  ])('%s %o', (side, part, turns) => {
    const call = { transcript, parties, durationSeconds: 600 }
    expect(turnsOf(call, side, part).map(({ turn }) => turn)).toEqual(turns)
  })
})

test('without times, a sentence is where its words are', () => {
  const texts = Array.from(
    { length: 10 },
    (): Sentence => ({ partyId: 'a', text: 'one two three' }),
  )
  const call = { transcript: texts, parties, durationSeconds: 600 }
  const last = turnsOf(call, 'anyone', { from: 'end', amount: 2, unit: 'minutes' })
  expect(last.map(({ turn }) => turn)).toEqual([8, 9])
})

test('words are counted by side, and marks are none', () => {
  expect(wordsBySide(transcript, parties)).toEqual({ company: 3, customer: 1 })
  expect(['', '  ', '[non-speech]', '--- !', "don't 3 ça"].map(wordsIn)).toEqual([0, 0, 0, 0, 3])
  expect(spokenUntil(transcript)).toBe(600.4)
})

test('who is the company', () => {
  const own = ownOf(['Rea@Ourside.test', 'x@gmail.com'], ['Sister.test'])
  const sides = [
    'rea@ourside.test',
    'b@ourside.test',
    'a@sister.test',
    'x@gmail.com',
    'y@gmail.com',
    null,
  ]
  expect(sides.map((email) => sideOf(email, own))).toEqual([
    'company',
    'company',
    'company',
    'company',
    'customer',
    'customer',
  ])
  expect(['gmail.com', 'mail.ru', 'customer.test'].map(isPublicDomain)).toEqual([true, true, false])
})

test('words are counted by hand as the rule says', () => {
  const byRule = (text: string) =>
    [...text.replace(/\[[^\]]*\]/g, ' ').matchAll(/[\p{L}\p{N}]\S*/gu)].length
  const sign = fc.constantFrom(...'ab9 \n\t[]-.é中\u00a0\u2003\ufeff٣😀\u000b\u0085', '𝒜', '\ud800')
  fc.assert(
    fc.property(fc.array(sign, { maxLength: 30 }), (signs) => {
      expect(wordsIn(signs.join(''))).toBe(byRule(signs.join('')))
    }),
    { numRuns: 2_000 },
  )
})
