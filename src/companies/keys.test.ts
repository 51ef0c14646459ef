import { expect, test } from 'vitest'
import { randomText } from '../platform/ids.ts'
import { hashOf, keyOf, readKey, SECRET_BYTES } from './keys.ts'

test('a key says whose it is, and reads back', () => {
  const key = keyOf('int_01abc', randomText(SECRET_BYTES))
  expect(key).toMatch(/^slc_01abc_[0-9a-z]{52}[0-9a-f]{8}$/)
  expect(readKey(key)).toEqual({ integrationId: 'int_01abc' })
  expect(hashOf(key)).toHaveLength(32)
})

test('a key with any one character changed is no key', () => {
  const key = keyOf('int_01abc', randomText(SECRET_BYTES))
  for (let i = 0; i < key.length; i += 1) {
    const other = key[i] === '7' ? '8' : '7'
    expect(readKey(key.slice(0, i) + other + key.slice(i + 1)), `character ${i}`).toBeUndefined()
  }
})

test.each(['', 'nonsense', 'slc__', 'slc_01abc_', `slc_01abc_${'0'.repeat(60)}`])(
  '%j is no key',
  (text) => {
    expect(readKey(text)).toBeUndefined()
  },
)
