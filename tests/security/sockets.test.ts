import type { AddressInfo } from 'node:net'
import { connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../kit/house.ts'

// Thousands of requests take as long as the machine is busy.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 })

// What no HTTP client would send, by bare sockets.

let house: TestHouse
let company: TestCompany
let port: number
beforeAll(async () => {
  house = await testHouse()
  company = await house.newCompany()
  await house.app.listen({ port: 0, host: '127.0.0.1' })
  port = (house.app.server.address() as AddressInfo).port
})
afterAll(() => house.close())

/** Sends bytes and reads until the server hangs up. */
function exchange(bytes: string | Buffer): Promise<string> {
  return new Promise((done) => {
    const chunks: Buffer[] = []
    const socket = connect(port, '127.0.0.1', () => void socket.write(bytes))
    socket.on('data', (chunk) => void chunks.push(chunk))
    const end = () => done(Buffer.concat(chunks).toString('latin1'))
    socket.on('close', end)
    socket.on('error', end)
  })
}

const auth = () => `Authorization: Bearer ${company.key}\r\n`
const request = (start: string, headers: string, body = '') =>
  `${start} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n${headers}\r\n${body}`
const statuses = (text: string) =>
  [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status))
const team = '{"name":"smuggled"}'

async function isUp(): Promise<void> {
  const answer = await exchange(request('GET /v1/company', auth()))
  expect(statuses(answer)).toEqual([200])
}

test.each([
  ['two lengths', `Content-Length: 0\r\nContent-Length: ${team.length}\r\n`],
  ['a length and chunks', `Content-Length: ${team.length}\r\nTransfer-Encoding: chunked\r\n`],
  ['chunks by a name that is nearly right', 'Transfer-Encoding: xchunked\r\n'],
  ['chunks after something else', 'Transfer-Encoding: chunked, identity\r\n'],
  ['a length that is no number', 'Content-Length: 1e1\r\n'],
  ['a negative length', 'Content-Length: -1\r\n'],
  ['a space before the colon', 'Content-Length : 0\r\n'],
  ['a folded header', 'X-A: 1\r\n Content-Length: 0\r\n'],
  ['a line feed alone', 'X-A: 1\nContent-Length: 0\r\n'],
  ['NUL in a header', 'X-A: a\0b\r\n'],
])('a request with %s is refused whole, and nothing hides behind it', async (_name, headers) => {
  const hidden = request(
    'POST /v1/teams',
    `${auth()}Content-Type: application/json\r\nContent-Length: ${team.length}\r\n`,
    team,
  )
  const answer = await exchange(
    `POST /v1/credits/estimate HTTP/1.1\r\nHost: localhost\r\n${auth()}${headers}\r\n${hidden}`,
  )
  expect(
    statuses(answer).every((status) => status >= 400),
    answer.slice(0, 300),
  ).toBe(true)
  expect((await company.get('/v1/teams')).body.data).toEqual([])
  await isUp()
})

test('headers beyond all measure are refused', async () => {
  const large = await exchange(request('GET /v1/company', `X-A: ${'a'.repeat(200_000)}\r\n`))
  expect(statuses(large)).toEqual([431])
  const many = await exchange(request('GET /v1/company', 'X-A: 1\r\n'.repeat(20_000)))
  expect(statuses(many)).toEqual([431])
  const long = await exchange(request(`GET /v1/company?x=${'a'.repeat(200_000)}`, ''))
  expect(statuses(long)[0]).toBeGreaterThanOrEqual(400)
  await isUp()
})

test('what is no HTTP gets no answer that helps', async () => {
  for (const bytes of [
    Buffer.from([0x16, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3]),
    'SSH-2.0-x\r\n\r\n',
    'GET\r\n\r\n',
    '\0\0\0\0\r\n\r\n',
  ]) {
    const answer = await exchange(bytes)
    expect(
      statuses(answer).every((status) => status === 400),
      answer,
    ).toBe(true)
    expect(answer).not.toMatch(/node|fastify|stack/i)
  }
  await isUp()
})

test('a request that says no host is refused', async () => {
  expect(statuses(await exchange('GET /v1/company HTTP/1.1\r\nConnection: close\r\n\r\n'))).toEqual(
    [400],
  )
})

test('a body that is compressed is not unpacked, however small it says it is', async () => {
  const bomb = gzipSync(Buffer.alloc(20 * 1024 * 1024))
  for (const path of ['/v1/teams', '/v1/import', '/v1/calls']) {
    const head = request(
      `POST ${path}`,
      `${auth()}Content-Type: ${path.endsWith('import') ? 'application/x-ndjson' : 'application/json'}\r\nContent-Encoding: gzip\r\nContent-Length: ${bomb.length}\r\n`,
    )
    const answer = await exchange(Buffer.concat([Buffer.from(head), bomb]))
    expect(statuses(answer), path).toEqual([400])
    expect(answer, path).toContain('Content-Encoding')
  }
  await isUp()
})

test('a body over the limit is refused before it is read', async () => {
  const answer = await exchange(
    request(
      'POST /v1/teams',
      `${auth()}Content-Type: application/json\r\nContent-Length: 999999999\r\n`,
      '{"name":"',
    ),
  )
  expect(statuses(answer)).toEqual([413])
  await isUp()
})

test('whoever sends a header a minute is not waited for', () => {
  const { headersTimeout, maxHeadersCount } = house.app.server
  expect(headersTimeout).toBeGreaterThan(0)
  expect(headersTimeout).toBeLessThanOrEqual(60_000)
  expect(maxHeadersCount === null || maxHeadersCount! >= 0).toBe(true)
})
