import { expect, test } from 'vitest'
import { Question } from './shapes.ts'

const good = { question: 'Is there a budget?', entity: { type: 'account', id: 'one' } }

test.each([
  ['no question', { question: ' ' }],
  ['no subject', { entity: undefined }],
  ['two subjects', { callIds: ['one'] }],
  ['an unknown field', { trigger: 'manual' }],
  ['an unknown period', { timePeriod: 'SOMETIME' }],
  ['dates without their period', { timePeriod: 'THIS_WEEK', from: '2026-06-15T12:00:00Z' }],
  ['a range without dates', { timePeriod: 'CUSTOM_RANGE' }],
])('%s does not fit', (_what, wrong) => {
  expect(Question.safeParse(good).success).toBe(true)
  expect(Question.safeParse({ ...good, ...wrong }).success).toBe(false)
})

test.each([
  { callIds: ['one'], emailIds: ['two'] },
  { streamId: 'one', timePeriod: 'THIS_WEEK' },
  { callIds: ['one'], from: '2026-06-15T12:00:00Z' },
])('%j fits', (subject) => {
  expect(Question.safeParse({ question: 'Why?', ...subject }).success).toBe(true)
})
