import { readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import { expect, test } from 'vitest'
import { checkImports, checkPackage, type SourceFile } from './kit/architecture.ts'

const root = new URL('../src/', import.meta.url).pathname

const sources = readdirSync(root, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && /(?<!\.test)\.ts$/.test(entry.name))
  .filter((entry) => !entry.parentPath.endsWith('/tests'))
  .map((entry): SourceFile => {
    const path = join(entry.parentPath, entry.name)
    return { path: relative(root, path), text: readFileSync(path, 'utf8') }
  })

test('every import points inwards', () => {
  const { violations, files, imports } = checkImports(sources)
  expect(violations).toEqual([])
  // A check that finds nothing to check proves nothing.
  expect(files).toBeGreaterThan(50)
  expect(imports).toBeGreaterThan(150)
})

const planted: [string, string, string, string][] = [
  [
    'core awaiting the disk',
    'trackers/match.ts',
    'node:fs',
    'core may not import the package node:fs',
  ],
  ['core using a package', 'trackers/match.ts', 'kysely', 'core may not import the package kysely'],
  ['core reading its store', 'trackers/match.ts', './store.ts', 'core may not import store'],
  [
    'core reaching for PostgreSQL',
    'trackers/match.ts',
    '../platform/database.ts',
    'core may not import platform',
  ],
  ['kit knowing a module', 'kit/credits.ts', '../ledger/pool.ts', 'kit may not import core'],
  ['kit using a package', 'kit/credits.ts', 'zod', 'kit may not import the package zod'],
  [
    'platform knowing a module',
    'platform/mail.ts',
    '../alerts/notice.ts',
    'platform may not import core',
  ],
  [
    'a foreign store',
    'trackers/service.ts',
    '../charges/store.ts',
    'the store of charges is its own',
  ],
  [
    'a foreign store in a folder',
    'trackers/service.ts',
    '../companies/store/people.ts',
    'the store of companies is its own',
  ],
  [
    'a store that decides for a service',
    'charges/store.ts',
    './service/charge.ts',
    'store may not import service',
  ],
  [
    'a service seeing HTTP',
    'charges/service.ts',
    'fastify',
    'service may not import the package fastify',
  ],
  ['a service seeing its door', 'charges/service.ts', './routes.ts', 'service may not import door'],
  ['a door reading a store', 'charges/routes.ts', './store.ts', 'door may not import store'],
  [
    'an order turned round',
    'ledger/service/draw.ts',
    '../../trackers/match.ts',
    'ledger comes before trackers',
  ],
  [
    'a feature touching the ledger',
    'trackers/service.ts',
    '../ledger/service/ledger.ts',
    'trackers is a feature',
  ],
  [
    'a module knowing the house',
    'charges/service.ts',
    '../house.ts',
    'service may not import main',
  ],
  [
    'a module knowing the environment',
    'charges/service.ts',
    '../config.ts',
    'service may not import main',
  ],
  [
    'a module without a place',
    'unknown/service.ts',
    '../kit/credits.ts',
    'unknown has no place in the order',
  ],
]

test.each(planted)('%s is named', (_what, path, target, said) => {
  for (const text of [
    `import { x } from '${target}'`,
    `import {\n  type X,\n} from '${target}'`,
    `import '${target}'`,
    `export * from '${target}'`,
    `const x = await import('${target}')`,
  ]) {
    const { violations } = checkImports([{ path, text }])
    const isNamed = violations.some((line) => line.startsWith(path) && line.includes(said))
    expect(isNamed, `${text} gave ${violations}`).toBe(true)
  }
})

test.each([
  ['trackers/match.ts', './store.ts'],
  ['trackers/service.ts', '../ledger/service/ledger.ts'],
  ['charges/service.ts', 'fastify'],
])('%s may not even name the types of %s', (path, target) => {
  expect(
    checkImports([{ path, text: `import type { X } from '${target}'` }]).violations,
  ).toHaveLength(1)
})

test('what the rules allow is let through', () => {
  const text = `import { x } from '../kit/credits.ts'
    import { y } from './pool.ts'
    import assert from 'node:assert/strict'
    import { z } from '../platform/database.ts'
    import { s } from './store.ts'
    import { r } from '../rating/service.ts'`
  expect(checkImports([{ path: 'charges/service.ts', text }])).toEqual({
    ...{ violations: [], files: 1, imports: 6 },
  })
})

const client = new URL('../packages/client/', import.meta.url).pathname
const clientFiles = readdirSync(client, { recursive: true, encoding: 'utf8' })
  .filter((path) => /^(src|examples)\/.*(?<!\.test)\.ts$/.test(path))
  .map((path): SourceFile => ({ path, text: readFileSync(join(client, path), 'utf8') }))

test('the client imports nothing but itself, and its examples know it by its name', () => {
  const { violations, files, imports } = checkPackage(clientFiles, '@sluice/client')
  expect(violations).toEqual([])
  expect(files).toBeGreaterThan(20)
  expect(imports).toBeGreaterThan(40)
})

test.each([
  ['src/run.ts', 'node:crypto'],
  ['src/run.ts', 'zod'],
  ['src/run.ts', '../../../src/kit/credits.ts'],
  ['src/run.ts', '../examples/batch.ts'],
  ['examples/batch.ts', '../src/index.ts'],
])('%s importing %s is named', (path, target) => {
  const text = `import { x } from '${target}'`
  expect(checkPackage([{ path, text }], '@sluice/client').violations).toHaveLength(1)
})
