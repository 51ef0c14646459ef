import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { openBenchServer } from './kit/database.ts'
import { atLeast, table, verdict } from './kit/figures.ts'
import { begin } from './kit/options.ts'
import { chooseGenerator, type Posts } from './kit/post-load.ts'
import { type Entrant, inTurn, scoreRow } from './kit/rounds.ts'
import { addressOf, endProcess, startServer } from './kit/server.ts'

const ABOUT =
  'http: single charges and batches of 100 through the real server with a key, beside a validated hello of the same framework'
const BATCH = 100
const CHARGE = '"items":[{"type":"email"}],"feature":"ai_tracker"'

export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const seconds = long ? 6 : 2
  const generator = await chooseGenerator()
  console.log(`generator: ${generator.name}, one thread, on the same machine`)
  const database = await openBenchServer()
  const server = await startServer((await database.newDatabase()).url)
  const hello = spawn(process.execPath, [join(import.meta.dirname, 'kit/hello-process.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  try {
    const { key } = await server.newCompany()
    const json = { 'content-type': 'application/json', authorization: `Bearer ${key}` }
    const single: Posts = {
      url: `${server.address}/v1/credits/charges`,
      headers: { ...json, 'idempotency-key': '{n}' },
      body: `{${CHARGE}}`,
    }
    const batch: Posts = {
      url: `${server.address}/v1/credits/charges/batch`,
      headers: json,
      body: `{"idempotencyKey":"{i}",${CHARGE}}`,
      parts: { count: BATCH, before: '{"charges":[', after: ']}' },
    }
    const greeting: Posts = {
      url: `${await addressOf(hello)}/hello`,
      headers: { ...json, 'idempotency-key': '{n}' },
      body: '{"name":"somebody who asks"}',
    }
    const entrant = (name: string, posts: Posts, connections: number, each = 1): Entrant => ({
      name,
      async run() {
        const run = await generator.run(posts, connections, seconds)
        return { ...run, perSecond: run.perSecond * each }
      },
    })
    const entrants = [
      entrant('hello, 64 connections', greeting, 64),
      entrant('charges, 64 connections', single, 64),
      entrant('hello, 256 connections', greeting, 256),
      entrant('charges, 256 connections', single, 256),
      entrant('batches of 100, 8 connections', batch, 8, BATCH),
    ]
    for (const { run } of entrants) await run()
    const scores = await inTurn(entrants, long ? 7 : 4, database.postmaster)
    const head = [
      '',
      'per second',
      'p50 ms',
      'p99 ms',
      'µs node + generator',
      'µs pg',
      'foreign cores',
    ]
    console.log(
      `\n${table(
        head,
        entrants.map(({ name }) => [name, ...scoreRow(scores.get(name)!)]),
      )}\n`,
    )
    const of = (name: string) => scores.get(name)!.perSecond
    const part = (connections: number) =>
      (100 * of(`charges, ${connections} connections`)) / of(`hello, ${connections} connections`)
    const batches = of('batches of 100, 8 connections') / of('charges, 64 connections')
    console.log(
      verdict('http', [
        atLeast('singles at 64', 40, part(64), ' % of hello'),
        atLeast('singles at 256', 55, part(256), ' % of hello'),
        atLeast('batches of 100', 3.5, batches, 'x singles'),
      ]),
    )
  } finally {
    await endProcess(hello)
    await server.stop()
    await database.stop()
  }
}
