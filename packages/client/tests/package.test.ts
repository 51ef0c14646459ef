import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { runInNewContext } from 'node:vm'
import { build } from 'vite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { chromiumPath, openBrowser } from '../../../tests/kit/browser.ts'
import type { TestHouse } from '../../../tests/kit/house.ts'
import { type Desk, listeningHouse, openDesk } from './desk.ts'

const run = promisify(execFile)
const script = new URL('../../../scripts/build-client.ts', import.meta.url).pathname

let house: TestHouse
let desk: Desk
let folder: string
let bundle: string
beforeAll(async () => {
  const listening = await listeningHouse()
  house = listening.house
  desk = await openDesk(house, listening.address, 10)
  folder = await mkdtemp(join(tmpdir(), 'sluice-client-'))
  const target = join(folder, 'node_modules', '@sluice', 'client')
  await run(process.execPath, [script, target])
  bundle = await bundled(join(target, 'index.js'))
}, 120_000)
afterAll(async () => {
  await rm(folder, { recursive: true, force: true })
  await house.close()
})

/** One classic script that leaves the package in `sluiceClient`. */
async function bundled(entry: string): Promise<string> {
  const lib = { entry, name: 'sluiceClient', formats: ['iife' as const] }
  const made = await build({
    ...{ configFile: false, logLevel: 'error', root: folder },
    build: { lib, write: false, minify: false },
  })
  const [{ output }] = made as unknown as [{ output: [{ code: string }] }]
  return output[0].code
}

/** What each surrounding does with the package; the amount that was charged. */
const WORK = `
  const { createClient, isRefusal } = sluiceClient
  const sluice = createClient({ url, key })
  const items = [{ type: 'summary_page', quantity: 3 }]
  const { charge } = await sluice.credits.run({ feature: 'web', items }, async () => 'done')
  const dear = { feature: 'web', items: [{ type: 'summary_page', quantity: 1000 }] }
  const refused = await sluice.credits.run(dear, () => 'never').catch((error) => error)
  return [charge.credits, isRefusal(refused, 'insufficient-credits') && refused.problem.needed]`

test('it is a package of its own, without dependencies', async () => {
  const program = `import * as sluiceClient from '@sluice/client'
    const { SLUICE_URL: url, SLUICE_KEY: key } = process.env
    const work = async () => {${WORK}}
    console.log(JSON.stringify(await work()))`
  await writeFile(join(folder, 'program.mjs'), program)
  const env = { ...process.env, SLUICE_URL: desk.address, SLUICE_KEY: desk.key }
  const { stdout } = await run(process.execPath, [join(folder, 'program.mjs')], { env })
  expect(JSON.parse(stdout)).toEqual([0.6, 200])
  const described = await readFile(join(folder, 'node_modules/@sluice/client/package.json'), 'utf8')
  expect(JSON.parse(described)).not.toHaveProperty('dependencies')
  const files = await readdir(join(folder, 'node_modules/@sluice/client'))
  expect(files).toEqual(expect.arrayContaining(['README.md', 'LICENSE', 'index.js', 'index.d.ts']))
  expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([])
})

test('it needs nothing but what the web has', async () => {
  const web = {
    fetch,
    Headers,
    URL,
    URLSearchParams,
    AbortController,
    crypto,
    setTimeout,
    clearTimeout,
  }
  const { address: url, key } = desk
  const code = `${bundle}\n;(async () => {${WORK}})()`
  const answer = await runInNewContext(code, { ...web, url, key })
  expect(JSON.parse(JSON.stringify(answer))).toEqual([0.6, 200])
  // A bundle with anything of Node in it would have failed above; this says that nothing was even tried.
  expect(bundle).not.toMatch(/node:|require\(|process\.|Buffer/)
})

test.skipIf(!chromiumPath)(
  'it works in Chromium',
  async () => {
    const browser = await openBrowser()
    try {
      // The server's pages allow no scripts of others; this one stands for a page of the product's own.
      const page = await (await browser.newContext({ bypassCSP: true })).newPage()
      await page.goto(`${desk.address}/healthz`)
      await page.addScriptTag({ content: bundle })
      const asked = JSON.stringify({ url: desk.address, key: desk.key })
      const answer = await page.evaluate(`(async ({ url, key }) => {${WORK}})(${asked})`)
      expect(answer).toEqual([0.6, 200])
    } finally {
      await browser.close()
    }
  },
  60_000,
)
