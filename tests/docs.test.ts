import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { settings } from '../src/config.ts'
import { type ProblemCode, problems } from '../src/kit/problem.ts'
import { configurationPage } from './kit/configuration-page.ts'

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
