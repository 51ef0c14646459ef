import { expect, test } from 'vitest'
import { type Item, ModelFailed } from './model.ts'
import { createScripted } from './scripted.ts'

const forever = new AbortController().signal

test('a scripted model says what it was told, item by item, and remembers', async () => {
  const model = createScripted({
    read: { a: { found: true, answer: 'Yes.' }, b: new ModelFailed('unavailable', 'Down.') },
  })
  const ask = (id: string, signal = forever) =>
    model.read({ item: itemOf(id), question: 'Well?', side: 'anyone' }, signal)
  expect(await ask('a')).toMatchObject({ found: true, answer: 'Yes.', occurrences: [] })
  await expect(ask('b')).rejects.toMatchObject({ kind: 'unavailable' })
  expect(await ask('c')).toMatchObject({ found: false })
  expect(model.calls).toHaveLength(3)
})

test('it can be slow, and can hang until it is given up on', async () => {
  const model = createScripted({ read: () => 'hang', latencyMs: 5 })
  const request = { item: itemOf('a'), question: 'Well?', side: 'anyone' as const }
  await expect(model.read(request, AbortSignal.timeout(30))).rejects.toMatchObject({
    kind: 'timeout',
  })
  await expect(model.read(request, AbortSignal.timeout(1))).rejects.toMatchObject({
    kind: 'timeout',
  })
})

function itemOf(id: string): Item {
  return { type: 'call', id, title: '', at: '2026-05-04T10:00:00Z', turns: [] }
}
