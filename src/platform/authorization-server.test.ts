import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { answerConsent, beginFlow, browserAt, exchange } from '../../tests/kit/oauth.ts'
import {
  type AuthorizationServer,
  type Document,
  oauthPaths,
  openAuthorizationServer,
} from './authorization-server.ts'

// Clients that are described by a document at the address that is their id.

const CLIENT = 'https://client.example/about.json'
const said = {
  ...{ client_id: CLIENT, client_name: 'By document', client_uri: 'https://client.example/' },
  ...{ redirect_uris: ['https://client.example/callback'], token_endpoint_auth_method: 'none' },
}
let document: Document
let reads = 0
let http: Server
let server: AuthorizationServer
let address: string

beforeAll(async () => {
  http = createServer((request, response) => void answer(request, response))
  await new Promise<void>((done) => http.listen(0, '127.0.0.1', done))
  address = `http://127.0.0.1:${(http.address() as AddressInfo).port}`
})
afterAll(() => http.close())

/** A server that has read nothing yet, and keeps what it must in memory. */
function openServer() {
  const kept = new Map<string, object>()
  const none = async () => undefined
  server = openAuthorizationServer({
    ...{ issuer: address, resource: `${address}/mcp`, scopes: ['read'] },
    records: (kind) => ({
      find: async (id) => kept.get(kind + id) as never,
      upsert: async (id, payload) => void kept.set(kind + id, payload),
      destroy: async (id) => void kept.delete(kind + id),
      ...{ consume: none, revokeByGrantId: none, findByUid: none, findByUserCode: none },
    }),
    isAccount: async () => true,
    consentPath: (id) => `/consent/${id}`,
    readDocument: async () => {
      reads += 1
      return document
    },
    onError: (error) => expect.unreachable(error.message),
  })
  return kept
}
let kept: Map<string, object>

/** What the product's own routes do around the protocol. */
async function answer(request: IncomingMessage, response: ServerResponse) {
  const path = request.url ?? ''
  if (!path.startsWith('/consent/')) return server.answer(request, response)
  const asked = await server.consentOf(request, response)
  if (!asked) return response.writeHead(404).end()
  if (path.endsWith('/request')) return response.end(JSON.stringify(asked))
  const about = { grantId: 'g', accountId: 'a', clientId: asked.clientId, scopes: ['read'] }
  const { payload } = await server.grantOf(about)
  kept.set('Grantg', { ...payload, jti: 'g' })
  const next = await server.conclude(request, response, { accountId: 'a', grantId: 'g' })
  return response.end(JSON.stringify({ next }))
}

const redirect = { redirect_uri: 'https://client.example/callback', scope: 'read' }

test('a client is who its document says, and gets its token', async () => {
  kept = openServer()
  document = { status: 200, body: JSON.stringify(said), headers: {} }
  const { path, flow } = beginFlow(address, CLIENT, redirect)
  const { question, callback } = await answerConsent(browserAt(address), path)
  expect(question).toMatchObject({ clientName: 'By document', clientId: CLIENT })
  expect(callback.origin).toBe('https://client.example')
  const { status, body } = await exchange(address, flow, callback.searchParams.get('code')!)
  expect([status, body.scope]).toEqual([200, 'read'])
  expect(reads).toBe(1)
})

test.each([
  ['names another id', { ...said, client_id: 'https://client.example/other.json' }, 200],
  ['has a secret', { ...said, client_secret: 'x' }, 200],
  ['redirects elsewhere', { ...said, redirect_uris: ['https://client.example/else'] }, 200],
  ['is not there', {}, 404],
  ['leads on to another', {}, 302],
  ['is too large', { ...said, client_name: 'x'.repeat(6_000) }, 200],
])('a client whose document %s is nobody', async (_what, body, status) => {
  kept = openServer()
  document = { status, body: JSON.stringify(body), headers: {} }
  const { path } = beginFlow(address, CLIENT, redirect)
  const asked = await browserAt(address).get(path)
  expect([asked.status, asked.headers.get('location')]).toEqual([400, null])
})

test('the metadata names only what there is', async () => {
  const told = await (await fetch(new URL(oauthPaths.metadata, address))).json()
  expect(Object.keys(told as object).sort()).toEqual(
    [
      ...['authorization_endpoint', 'authorization_response_iss_parameter_supported'],
      ...['client_id_metadata_document_supported', 'code_challenge_methods_supported'],
      ...['grant_types_supported', 'issuer', 'registration_endpoint', 'response_modes_supported'],
      ...['response_types_supported', 'revocation_endpoint', 'scopes_supported', 'token_endpoint'],
      'token_endpoint_auth_methods_supported',
    ].sort(),
  )
})
