import { readdirSync, readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { playExample } from './kit/examples.ts'
import { type TestHouse, testHouse } from './kit/house.ts'

const folder = new URL('../examples/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.http'))

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

test('there are examples to play', () => {
  expect(files).toContain('charge.http')
  expect(files.length).toBeGreaterThan(4)
})

// Written anew by: npm run examples
test.each(files)('%s is answered as its transcript says', async (file) => {
  const text = readFileSync(new URL(file, folder), 'utf8')
  const transcript = await playExample(house, file, text)
  await expect(transcript).toMatchFileSnapshot(`../examples/${file}.out`)
})
