import { statSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Browser } from 'playwright-core'
import { buildPage, chromiumPath, openBrowser } from '../tests/kit/browser.ts'
import { openBenchServer } from './kit/database.ts'
import { atMost, median, show, table, verdict } from './kit/figures.ts'
import { makeHistory } from './kit/history.ts'
import { begin } from './kit/options.ts'
import { type RunningServer, startServer } from './kit/server.ts'

const ABOUT =
  'page: the credits page in Chromium on a year of charges, from its address until all of it is there'
const ASSETS = join(import.meta.dirname, '../web/dist/assets')
const PERSON = { email: 'bench@page.test', password: 'correct horse battery' }
const ROUNDS = 7

interface Round {
  /** Until the figures are there, and until the charts and tables are too. */
  figuresMs: number
  usableMs: number
  scriptBytes: number
}

export async function bench(args: string[]): Promise<void> {
  const { values, tokens } = parseArgs({
    args,
    strict: false,
    tokens: true,
    options: { quick: { type: 'boolean' }, charges: { type: 'string' } },
  })
  const own = new Set(['quick', 'charges'])
  const rest = tokens.filter((token) => token.kind === 'option' && !own.has(token.name))
  begin(
    rest.flatMap((token) => ('rawName' in token ? [token.rawName, token.value ?? []].flat() : [])),
    ABOUT,
  )
  if (!chromiumPath) return
  const charges = Number(values.charges ?? (values.quick ? 20_000 : 1_000_000))
  buildPage()
  const database = await openBenchServer()
  try {
    const { url, owner } = await database.newDatabase()
    const server = await startServer(url)
    const browser = await openBrowser()
    try {
      const { id, key } = await server.newCompany()
      const { rows } = await owner.query<{ no: number }>(
        'select id as no from company where public_id = $1',
        [id],
      )
      await makeHistory(owner, rows[0]!, charges)
      await addPerson(server, key)
      const rounds: Round[] = []
      for (let round = 0; round < ROUNDS; round++) rounds.push(await visit(browser, server))
      const of = (name: keyof Round) => median(rounds.map((round) => round[name]))
      console.log(
        `\n${table(
          ['credits page', 'median'],
          [
            ['charges', show(charges)],
            ['scripts, gzip KB', show(of('scriptBytes') / 1024)],
            ['figures there, s', show(of('figuresMs') / 1000)],
            ['all there, s', show(of('usableMs') / 1000)],
          ],
        )}\n`,
      )
      console.log(
        verdict('page', [
          atMost('scripts', 400, of('scriptBytes') / 1024, ' KB'),
          atMost('usable', 1.5, of('usableMs') / 1000, ' s'),
        ]),
      )
    } finally {
      await browser.close()
      await server.stop()
    }
  } finally {
    await database.stop()
  }
}

async function addPerson({ address }: RunningServer, key: string): Promise<void> {
  const answer = await fetch(`${address}/v1/members`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Bench', role: 'tech_admin', ...PERSON }),
  })
  if (!answer.ok) throw new Error(`no person: ${await answer.text()}`)
}

/** One visit of a browser that has never been there; only the session is already its own. */
async function visit(browser: Browser, { address }: RunningServer): Promise<Round> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  await context.request.post(`${address}/v1/session`, {
    data: PERSON,
    headers: { origin: address },
  })
  const page = await context.newPage()
  const scripts = new Set<string>()
  page.on('response', (response) => {
    const { pathname } = new URL(response.url())
    if (pathname.endsWith('.js')) scripts.add(pathname.slice(pathname.lastIndexOf('/') + 1))
  })
  const startedAt = performance.now()
  await page.goto(`${address}/credits`)
  await page.getByTestId('balance-left').waitFor()
  const figuresMs = performance.now() - startedAt
  await page.getByRole('table', { name: 'The latest charges' }).waitFor()
  await page.locator('svg.chart').nth(1).waitFor()
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' })
  const usableMs = performance.now() - startedAt
  await context.close()
  const scriptBytes = [...scripts].reduce((sum, name) => sum + sizeOf(name), 0)
  return { figuresMs, usableMs, scriptBytes }
}

/** What a script takes on its way, compressed; what is too small to be compressed, as it is. */
function sizeOf(name: string): number {
  const size = (file: string) => statSync(join(ASSETS, file), { throwIfNoEntry: false })?.size
  return size(`${name}.gz`) ?? size(name) ?? 0
}
