import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type Journey, openJourney, PASSWORD } from '../kit/journey.ts'

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

let journey: Journey
beforeAll(async () => {
  journey = await openJourney()
})
afterAll(() => journey.close())

/** A program on this machine: it listens for its code, as command line clients do. */
async function program() {
  const came = Promise.withResolvers<URL>()
  const server = createServer((request, answer) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1')
    answer.setHeader('content-type', 'text/html').end('<title>Done</title><h1>Connected</h1>')
    if (url.pathname === '/callback') came.resolve(url)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const redirectUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`
  const kept: Record<string, unknown> = {}
  const opened = Promise.withResolvers<URL>()
  const provider = {
    redirectUrl,
    clientMetadata: { client_name: 'Desk assistant', redirect_uris: [redirectUrl] },
    state: () => 'a-state-of-its-own',
    clientInformation: () => kept.client as never,
    saveClientInformation: (client: unknown) => void Object.assign(kept, { client }),
    tokens: () => kept.tokens as never,
    saveTokens: (tokens: unknown) => void Object.assign(kept, { tokens }),
    redirectToAuthorization: (url: URL) => opened.resolve(url),
    saveCodeVerifier: (verifier: string) => void Object.assign(kept, { verifier }),
    codeVerifier: () => String(kept.verifier),
  }
  return { provider, opened: opened.promise, came: came.promise, kept, close: () => server.close() }
}

test('the official client is let in by a person in a browser, and is gone when they take it back', async () => {
  const { house, address } = journey
  const company = await house.newCompany({ name: 'Northwind' })
  const email = 'ada@northwind.test'
  const body = { name: 'Ada Lund', email, password: PASSWORD, role: 'business_admin' }
  const { id } = (await company.post('/v1/members', body)).body

  const asking = await program()
  const url = new URL('/mcp', address)
  const connect = () => {
    const authProvider = asking.provider as never
    return new StreamableHTTPClientTransport(url, { authProvider })
  }
  const first = connect()
  const client = () => new Client({ name: 'desk', version: '1' })
  await expect(client().connect(first)).rejects.toThrow()
  const opened = await asking.opened
  expect(opened.searchParams.get('code_challenge_method')).toBe('S256')
  expect(opened.searchParams.get('resource')).toBe(`${address}/mcp`)

  const { page, faults } = await journey.visit()
  await page.goto(opened.href)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('heading', { name: 'Let Desk assistant in?' }).waitFor()
  const said = await page.getByRole('main').innerText()
  for (const text of ['Northwind', 'Ada Lund', '127.0.0.1:', 'spends credits', '60 calls']) {
    expect(said).toContain(text)
  }
  await page.getByRole('button', { name: 'Let it in' }).click()
  await page.getByRole('heading', { name: 'Connected' }).waitFor()
  const came = await asking.came
  expect(came.searchParams.get('state')).toBe('a-state-of-its-own')

  await first.finishAuth(came.searchParams as never)
  const desk = client()
  await desk.connect(connect())
  const balance = await desk.callTool({ name: 'get_credit_balance', arguments: {} })
  expect(balance.structuredContent).toMatchObject({ available: 0 })
  await desk.close()

  await page.goto(`${address}/me/access`)
  await page.getByRole('button', { name: 'Take back' }).click()
  await page.getByText('None yet').waitFor()
  const again = await fetch(url, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${(asking.kept.tokens as { access_token: string }).access_token}`,
      'content-type': 'application/json',
    },
    body: '{"jsonrpc":"2.0","id":1,"method":"ping"}',
  })
  expect(again.status).toBe(401)
  const { data } = (await company.get('/v1/audit', { limit: 1 })).body
  expect(data[0]).toMatchObject({ action: 'integration.revoke', actor: `member:${id}` })
  expect(faults).toEqual([])
  asking.close()
})
