import { expect, test } from 'vitest'
import { isOwnHost, isOwnOrigin } from './origin.ts'

const PUBLIC = 'https://credits.example.com'

test.each([
  ['localhost:4747', true],
  ['127.0.0.1:4747', true],
  ['[::1]:4747', true],
  ['10.0.0.5:4747', true],
  ['[fe80::1]', true],
  ['credits.example.com', true],
  ['CREDITS.example.com:443', true],
  ['evil.example.com', false],
  ['localhost.evil.example', false],
  ['127.0.0.1.evil.example', false],
  ['credits.example.com.evil.example', false],
  ['', false],
  [undefined, false],
  ['a b', false],
])('by the host %s: %s', (host, allowed) => {
  expect(isOwnHost(host, PUBLIC)).toBe(allowed)
})

test.each([
  [undefined, 'localhost:4747', true],
  ['http://localhost:4747', 'localhost:4747', true],
  ['http://127.0.0.1:9', 'localhost:4747', true],
  ['https://credits.example.com', 'credits.example.com', true],
  ['http://10.0.0.5:4747', '10.0.0.5:4747', true],
  ['http://10.0.0.6', '10.0.0.5:4747', false],
  ['null', 'localhost:4747', false],
  ['file://', 'localhost:4747', false],
  ['https://evil.example', 'localhost:4747', false],
  ['https://sub.credits.example.com', 'credits.example.com', false],
  ['https://credits.example.com.evil.example', 'credits.example.com', false],
  ['chrome-extension://abc', 'localhost:4747', false],
  ['', 'localhost:4747', false],
])('from a page of %s at %s: %s', (origin, host, allowed) => {
  expect(isOwnOrigin(origin, host, PUBLIC)).toBe(allowed)
})

test('without a public address a name is nobody’s but localhost', () => {
  expect(isOwnHost('credits.example.com', undefined)).toBe(false)
  expect(isOwnOrigin('https://credits.example.com', 'credits.example.com', undefined)).toBe(false)
})
