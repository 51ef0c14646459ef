import { existsSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type * as book from '../../src/ledger/book.ts'
import type * as due from '../../src/ledger/due.ts'
import type * as movements from '../../src/ledger/movements.ts'
import type * as pool from '../../src/ledger/pool.ts'
import type { Mutant } from './mutants.ts'

/** The ledger's pure core, the real one or one with a bug seeded into it. */
export interface Engine {
  book: typeof book
  due: typeof due
  movements: typeof movements
  pool: typeof pool
}

const root = new URL('../../', import.meta.url).pathname

export async function realEngine(): Promise<Engine> {
  return loadEngine(join(root, 'src'))
}

async function loadEngine(source: string): Promise<Engine> {
  const load = (name: string) => import(pathToFileURL(join(source, 'ledger', name)).href)
  return {
    book: await load('book.ts'),
    due: await load('due.ts'),
    movements: await load('movements.ts'),
    pool: await load('pool.ts'),
  }
}

/** A copy of the product's source with one bug in it, away from the real one. */
export interface MutatedSource {
  /** The folder that holds its `src/`. */
  folder: string
  /** Where a file of the copy can be imported from. */
  url(path: string): string
  engine(): Promise<Engine>
  remove(): Promise<void>
}

/** Copies `src/` and seeds one bug. Throws when the text to be changed is not there exactly once. */
export async function seedBug({ name, file, from, to }: Mutant): Promise<MutatedSource> {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-mutant-'))
  await cp(join(root, 'src'), join(folder, 'src'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  })
  await cp(join(root, 'package.json'), join(folder, 'package.json'))
  for (const other of ['node_modules', 'migrations', 'docs', 'examples', 'web', 'README.md']) {
    if (existsSync(join(root, other))) await symlink(join(root, other), join(folder, other))
  }
  const path = join(folder, 'src', file)
  const text = await readFile(path, 'utf8')
  if (text.split(from).length !== 2)
    throw new Error(`the bug "${name}" has no place in ${file} any more`)
  await writeFile(
    path,
    text.replace(from, () => to),
  )
  return {
    folder,
    url: (wanted) => pathToFileURL(join(folder, 'src', wanted)).href,
    engine: () => loadEngine(join(folder, 'src')),
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
