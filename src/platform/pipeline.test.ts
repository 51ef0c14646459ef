import pg from 'pg'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { type TestDatabase, testDatabase } from '../../tests/kit/database.ts'
import { openPipeline, type Pipeline } from './pipeline.ts'

let database: TestDatabase
let client: pg.Client
let pipeline: Pipeline
let messages = 0

beforeAll(async () => {
  database = await testDatabase()
  client = new pg.Client({ connectionString: database.url, options: '-c timezone=UTC' })
  await client.connect()
  await client.query('create table thing (no int primary key)')
  const query = client.query.bind(client) as (...all: unknown[]) => unknown
  client.query = ((...all: unknown[]) => {
    messages++
    return query(...all)
  }) as typeof client.query
  pipeline = openPipeline(client)
})
beforeEach(async () => {
  await client.query('rollback')
  await client.query('truncate thing')
  messages = 0
})
afterAll(async () => {
  await client.end()
  await database.drop()
})

const add = (no: number) => pipeline.run('add', 'insert into thing values ($1)', [no])
const numbers = async () =>
  (await database.asOwner('select no from thing order by no')).rows.map((row) => row.no)

test('what is asked for before anybody waits goes in one message, again and again', async () => {
  for (let round = 0; round < 3; round++) {
    messages = 0
    const written = Promise.all([
      pipeline.run('begin', 'begin'),
      add(round * 2),
      add(round * 2 + 1),
    ])
    await Promise.all([written, pipeline.commit(written)])
    expect(messages).toBe(1)
  }
  expect(await numbers()).toEqual([0, 1, 2, 3, 4, 5])
})

test('rows come back as the connection reads them, described once', async () => {
  const ask = () =>
    pipeline.run(
      'kinds',
      `select $1::int as no, $2::timestamptz as at, null as nothing, $3::int[] as list`,
      [7, new Date('2026-06-15T12:00:00.123Z'), [1, 2]],
    )
  const row = { no: 7, at: new Date('2026-06-15T12:00:00.123Z'), nothing: null, list: [1, 2] }
  expect(await ask()).toEqual([row])
  expect(await Promise.all([ask(), ask()])).toEqual([[row], [row]])
})

test('moments before our time, and the end of time, are read too', async () => {
  const rows = await pipeline.run(
    'far',
    `select '0044-03-15 12:00:00+00 BC'::timestamptz as at, 'infinity'::timestamptz as never`,
  )
  expect(rows).toEqual([{ at: new Date('-000043-03-15T12:00:00Z'), never: Infinity }])
})

test('when one fails those behind it are not run, and the next transaction is as good as any', async () => {
  const begun = pipeline.run('begin', 'begin')
  const written = Promise.all([begun, add(1), add(1), add(2)])
  const ended = await Promise.allSettled([written, pipeline.commit(written)])
  expect(ended.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await client.query('rollback')
  const again = Promise.all([pipeline.run('begin', 'begin'), add(3)])
  await pipeline.commit(again)
  expect(await numbers()).toEqual([3])
})

test('a commit whose writes could not all be asked for is not sent', async () => {
  await pipeline.run('begin', 'begin')
  const broken = async () => {
    await null
    throw new Error('cannot be written down')
  }
  const written = Promise.all([add(1), broken()])
  await expect(Promise.all([written, pipeline.commit(written)])).rejects.toThrow('written down')
  await client.query('rollback')
  expect(await numbers()).toEqual([])
})

test('a commit that rolls back is no commit', async () => {
  await pipeline.run('begin', 'begin')
  await expect(pipeline.run('bad', 'select 1 / 0')).rejects.toThrow('division by zero')
  await expect(pipeline.commit(Promise.resolve())).rejects.toThrow('rolled back')
})
