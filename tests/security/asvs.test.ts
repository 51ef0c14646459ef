import { existsSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)
const page = readFileSync(new URL('docs/asvs.md', root), 'utf8')
const named = [...page.matchAll(/`([\w/.-]+\.test\.ts)`: ([^|;(\n]+)/g)].map(([, file, name]) => ({
  file: file!,
  name: name!.trim(),
}))

test('every test that docs/asvs.md names is there', () => {
  expect(named.length).toBeGreaterThan(60)
  const missing = named.filter(({ file, name }) => {
    const path = new URL(file, root)
    const bare = (text: string) => text.replaceAll('’', "'").replaceAll("\\'", "'")
    return !existsSync(path) || !bare(readFileSync(path, 'utf8')).includes(bare(name))
  })
  expect(missing).toEqual([])
})

test('every line of docs/asvs.md says what shows it, or why not', () => {
  const lines = page.split('\n').filter((line) => /^\| \d/.test(line))
  expect(lines.length).toBeGreaterThan(70)
  for (const line of lines) expect(line.split(' | ')).toHaveLength(3)
})
