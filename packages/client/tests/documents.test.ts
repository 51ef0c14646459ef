import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { promisify } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openNames } from '../../../tests/kit/examples.ts'
import type { TestHouse } from '../../../tests/kit/house.ts'
import { listeningHouse } from './desk.ts'

// The programs of examples/ run against a server, their output is compared with what stands beside them, and
// every block of code in the documents is taken from them.

const root = new URL('../../../', import.meta.url)
const folder = new URL('../examples/', import.meta.url)
const read = (path: string) => readFileSync(new URL(path, root), 'utf8')
const isProgram = (name: string) => name.endsWith('.ts') && name !== 'webhook.ts'
const programs = readdirSync(folder).filter(isProgram)

let house: TestHouse
let address: string
beforeAll(async () => {
  ;({ house, address } = await listeningHouse())
})
afterAll(() => house.close())

/** A company on a test clock, so that what it is told never changes. */
async function openCompany() {
  const company = await house.newCompany({ name: 'Tern & Co', testClock: '2026-03-02T09:00:00Z' })
  const made = async (path: string, body: object) => {
    const answer = await company.post(path, body)
    expect(answer.status, answer.text).toBe(201)
    return answer.body
  }
  await made('/v1/rate-cards', { prices: { summary_page: 0.2 } })
  await made('/v1/credits/grants', { source: 'purchased', credits: 100 })
  await made('/v1/teams', { id: 'support', name: 'Support' })
  const scope = { type: 'feature', id: 'drafts' }
  await made('/v1/budgets', { scope, period: 'month', credits: 1 })
  await company.put('/v1/teams/support/features', { games: false })
  const scopes = ['credits:read', 'credits:write']
  const asked = { name: 'Scribe', kind: 'api', access: 'shared', scopes }
  return (await made('/v1/integrations', asked)).key as string
}

// Written anew by: npm run examples
test.each(programs)('examples/%s says what stands beside it', async (name) => {
  const { stdout } = await promisify(execFile)(process.execPath, [new URL(name, folder).pathname], {
    env: { ...process.env, SLUICE_URL: address, SLUICE_KEY: await openCompany() },
  })
  await expect(openNames().mask(stdout)).toMatchFileSnapshot(`../examples/${name}.out`)
})

test('examples/webhook.ts believes what Sluice signed, once, and nothing else', async () => {
  const secret = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`
  const port = await freePort()
  const child = spawn(process.execPath, [new URL('webhook.ts', folder).pathname], {
    env: { ...process.env, PORT: String(port), SLUICE_WEBHOOK_SECRET: secret },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout!.on('data', (text) => {
    output += text
  })
  const ended = once(child, 'exit')
  const body = JSON.stringify({ type: 'credits.granted', data: { seq: 12 } })
  const at = new Date()
  const headers = {
    'webhook-id': 'msg_1',
    'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('msg_1', at, body),
  }
  const post = async (text: string) => {
    const url = `http://127.0.0.1:${port}`
    const response = await fetch(url, { method: 'POST', headers, body: text }).catch(
      () => undefined,
    )
    return response?.status
  }
  await expect.poll(() => post(body), { timeout: 20_000 }).toBe(204)
  expect(await post(body)).toBe(204)
  expect(await post(body.replace('12', '13'))).toBe(400)
  child.kill('SIGTERM')
  await ended
  expect(output).toBe('credits.granted 12\nnot from Sluice\n')
})

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

interface Block {
  document: string
  language: string
  text: string
}

const documents = ['packages/client/README.md', 'docs/embedding.md']
const blocks = documents.flatMap((document): Block[] =>
  [...read(document).matchAll(/^```(\w*)\n([\s\S]*?)\n```$/gm)].map(([, language, text]) => ({
    ...{ document, language: language!, text: text! },
  })),
)

/** Where the code of a language comes from: what runs, or what running it printed. */
const sources: Record<string, string[]> = {
  ts: under('packages/client/examples', /\.ts$/),
  text: under('packages/client/examples', /\.out$/),
  http: under('examples', /\.http$/),
  json: under('examples', /\.http\.out$/),
  sh: ['package.json'],
}

function under(path: string, name: RegExp): string[] {
  return readdirSync(new URL(path, root), { recursive: true, encoding: 'utf8' })
    .filter((file) => name.test(file))
    .map((file) => `${path}/${file}`)
}

test('there are blocks to check', () => {
  for (const document of documents) {
    expect(blocks.filter((block) => block.document === document).length).toBeGreaterThan(3)
  }
})

test.each(blocks.map((block) => [block.document, block.text.split('\n', 1)[0], block] as const))(
  '%s: the block "%s" is part of something that runs',
  (_document, _line, { language, text }) => {
    const found = sources[language]?.some((path) => isPart(text, read(path), language))
    expect(found, text).toBe(true)
  },
)

/** Whether the lines of a block stand in a file one after another, however far they are indented. */
function isPart(text: string, file: string, language: string): boolean {
  if (language === 'sh') {
    const { scripts } = JSON.parse(file) as { scripts: Record<string, string> }
    return text.split('\n').every((line) => {
      const [, name] = /^npm (?:run )?([\w:-]+)/.exec(line) ?? []
      return name !== undefined && Object.hasOwn(scripts, name)
    })
  }
  const flat = (lines: string) => `\n${lines.replace(/^[ \t]+|[ \t]+$/gm, '')}\n`
  return flat(file).includes(flat(text))
}
