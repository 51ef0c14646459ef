import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { testsNamedIn } from '../kit/named-tests.ts'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/asvs.md', root), 'utf8')

test('every test that docs/asvs.md names is there', () => {
  const { named, missing } = testsNamedIn(page)
  expect(named.length).toBeGreaterThan(60)
  expect(missing).toEqual([])
})

test('every line of docs/asvs.md says what shows it, or why not', () => {
  const lines = page.split('\n').filter((line) => /^\| \d/.test(line))
  expect(lines.length).toBeGreaterThan(70)
  for (const line of lines) expect(line.split(' | ')).toHaveLength(3)
})
