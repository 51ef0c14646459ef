import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { type ProblemCode, problems } from '../src/kit/problem.ts'
import { configurationPage } from './kit/configuration-page.ts'
import { testsNamedIn } from './kit/named-tests.ts'
import { proofsPage } from './kit/proofs-page.ts'

const read = (name: string) => readFileSync(new URL(`../docs/${name}`, import.meta.url), 'utf8')

test('docs/problems.md has one section per problem code, in order', () => {
  const sections = read('problems.md').split(/^## /m).slice(1)
  expect(sections.map((section) => section.split('\n', 1)[0])).toEqual(Object.keys(problems))
  for (const section of sections) {
    const code = section.split('\n', 1)[0] as ProblemCode
    expect(section, code).toContain(`\n\n${problems[code].status}. `)
    expect(section, code).toMatch(/^The caller /m)
    expect(section, code).toMatch(/^The operator /m)
  }
})

test('docs/configuration.md says what the settings say', async () => {
  for (const [name, { description }] of Object.entries(settings.shape)) {
    expect(description, name).toMatch(/\.$/)
  }
  // Written anew by: npx vitest run tests/docs.test.ts -u
  await expect(configurationPage()).toMatchFileSnapshot('../docs/configuration.md')
})

test('docs/proofs/README.md says what the proofs and their results say', async () => {
  // Written anew by: npx vitest run tests/docs.test.ts -u
  await expect(proofsPage()).toMatchFileSnapshot('../docs/proofs/README.md')
})

test('docs/faults.md names tests that are there, and leaves no fault out', () => {
  const page = read('faults.md')
  const { named, missing } = testsNamedIn(page)
  expect(missing).toEqual([])
  expect(named.length).toBeGreaterThan(70)
  const rows = page.split('\n').filter((line) => /^\| \d\d /.test(line))
  for (const row of rows) expect(row.split(' | ')).toHaveLength(4)
  const between = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, i) => String(from + i).padStart(2, '0'))
  const faults = [
    [1, 26],
    [30, 37],
    [40, 48],
    [50, 56],
    [60, 72],
    [80, 83],
  ] as const
  expect(rows.map((row) => row.slice(2, 4))).toEqual(faults.flatMap(([a, b]) => between(a, b)))
})
