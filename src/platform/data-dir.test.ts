import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { isRoot, lockDataDir, makeDataDir } from './data-dir.ts'

let scratch: string

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'data-dir-'))
})

afterEach(() => rm(scratch, { recursive: true, force: true }))

test('of many that want the folder at once, one gets it; the next gets it when that ends', async () => {
  const wanted = Array.from({ length: 20 }, () => lockDataDir(scratch, 0))
  const outcomes = await Promise.allSettled(wanted)
  const releases = outcomes.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  expect(releases).toHaveLength(1)
  await expect(lockDataDir(scratch, 0)).rejects.toThrow(/^Another server \(process \d+\) uses/)

  const waiting = lockDataDir(scratch, 2000)
  releases[0]!()
  const release = await waiting
  release()
})

test('a new folder is closed to others, an old one keeps its mode', async () => {
  const umask = process.umask(0o077)
  try {
    const made = await makeDataDir(join(scratch, 'a/b'))
    expect((await stat(made)).mode & 0o777).toBe(isRoot ? 0o711 : 0o700)
    expect((await stat(join(scratch, 'a'))).mode & 0o777).toBe(isRoot ? 0o711 : 0o700)
  } finally {
    process.umask(umask)
  }
  await chmod(scratch, 0o750)
  await makeDataDir(scratch)
  expect((await stat(scratch)).mode & 0o777).toBe(0o750)
})

test('a folder that cannot be used is named in one line', async () => {
  const file = join(scratch, 'file')
  await writeFile(file, '')
  await expect(makeDataDir(file)).rejects.toThrow(
    /^The data folder \S+file \(SLUICE_DATA_DIR\) cannot be made: .*$/,
  )
  await expect(lockDataDir(file, 0)).rejects.toThrow(
    /^The data folder \S+file \(SLUICE_DATA_DIR\) cannot be written: /,
  )
})
