import { existsSync, readFileSync } from 'node:fs'

const root = new URL('../../', import.meta.url)

/** The tests that a page names, as `` `file.test.ts`: name ``, and those of them that are not there. */
export function testsNamedIn(page: string) {
  const named = [...page.matchAll(/`([\w/.-]+\.test\.ts)`: ([^|;(\n]+)/g)].map(
    ([, file, name]) => ({ file: file!, name: name!.trim() }),
  )
  const bare = (text: string) => text.replaceAll('’', "'").replaceAll("\\'", "'")
  const missing = named.filter(({ file, name }) => {
    const path = new URL(file, root)
    return !existsSync(path) || !bare(readFileSync(path, 'utf8')).includes(bare(name))
  })
  return { named, missing }
}
