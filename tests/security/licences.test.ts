import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { checkLicences, type Lockfile } from '../kit/licences.ts'

const lockfile = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as Lockfile

test('every package comes under a licence that was agreed to', () => {
  const { packages, faults } = checkLicences(lockfile)
  expect(faults).toEqual([])
  expect(packages).toBeGreaterThan(200)
})

test.each([
  [{ license: 'GPL-3.0-only' }, 1],
  [{ license: 'AGPL-3.0-only', dev: true }, 1],
  [{}, 1],
  [{ license: 'MPL-2.0' }, 1],
  [{ license: 'MPL-2.0', dev: true }, 0],
  [{ license: '(GPL-2.0 OR MIT)' }, 0],
  [{ license: '(MIT AND GPL-2.0)' }, 1],
  [{ license: 'UNLICENSED' }, 1],
])('a package with %j is %i fault', (locked, faults) => {
  const packages = { 'node_modules/planted': locked }
  expect(checkLicences({ packages }).faults).toHaveLength(faults)
})
