import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readOperatorKey } from './operator-key.ts'

let dataDir: string
let printed: string[]
const print = (line: string) => printed.push(line)

beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'operator-key-')), 'data')
  printed = []
})

afterEach(() => rm(join(dataDir, '..'), { recursive: true }))

test('a key is made, kept for its owner only, and printed once', async () => {
  const key = await readOperatorKey({ configured: undefined, dataDir, print })
  expect(key).toMatch(/^op_[\w-]{43}$/)
  expect(printed).toEqual([expect.stringContaining(key)])
  expect((await stat(join(dataDir, 'operator-key'))).mode & 0o777).toBe(0o600)

  expect(await readOperatorKey({ configured: undefined, dataDir, print })).toBe(key)
  expect(printed).toHaveLength(1)
})

test('the configured key is used, and nothing is kept or printed', async () => {
  expect(await readOperatorKey({ configured: 'mine', dataDir, print })).toBe('mine')
  expect(printed).toEqual([])
  await expect(readFile(join(dataDir, 'operator-key'))).rejects.toThrow('ENOENT')
})

test('of many first starts at once all get the same key, and one prints it', async () => {
  const keys = await Promise.all(
    Array.from({ length: 20 }, () => readOperatorKey({ configured: undefined, dataDir, print })),
  )
  expect(new Set(keys).size).toBe(1)
  expect(printed).toHaveLength(1)
})

test('an empty key file is refused rather than taken for a key', async () => {
  await readOperatorKey({ configured: undefined, dataDir, print })
  await writeFile(join(dataDir, 'operator-key'), '\n')
  await expect(readOperatorKey({ configured: undefined, dataDir, print })).rejects.toThrow(
    `The secret in ${join(dataDir, 'operator-key')} cannot be used: the file is empty`,
  )
})

test('a data folder that cannot be made is named', async () => {
  await writeFile(join(dataDir, '..', 'file'), '')
  const inside = join(dataDir, '..', 'file', 'data')
  await expect(readOperatorKey({ configured: undefined, dataDir: inside, print })).rejects.toThrow(
    `The data folder ${inside} (SLUICE_DATA_DIR) cannot be made`,
  )
})
