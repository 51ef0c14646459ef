import { createServer, type Server } from 'node:net'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type HttpSink, httpSink } from '../../tests/kit/http-sink.ts'
import { isPublic, openOutbound } from './outbound.ts'

let sink: HttpSink
beforeEach(async () => {
  sink = await httpSink()
})
afterEach(() => sink.close())

const strict = openOutbound({ allowPrivate: false })
const free = openOutbound({ allowPrivate: true })

test.each([
  'http://example.com/hook',
  'ftp://example.com/',
  'https://user:secret@example.com/',
  'https://example.com:8080/',
  'https://127.0.0.1/',
  'https://2130706433/',
  'https://0x7f000001/',
  'https://0177.0.0.1/',
  'https://127.1/',
  'https://①②⑦.⓪.⓪.①/',
  'https://0/',
  'https://[::1]/',
  'https://[::]/',
  'https://[::ffff:127.0.0.1]/',
  'https://[::ffff:7f00:1]/',
  'https://[64:ff9b::7f00:1]/',
  'https://[fe80::1]/',
  'https://[fc00::1]/',
  'https://[2002:7f00:1::]/',
  'https://169.254.169.254/latest/meta-data/',
  'https://100.64.0.1/',
  'https://10.0.0.1/',
  'https://192.168.1.1/',
  'https://172.16.0.1/',
  'https://198.18.0.1/',
  'https://224.0.0.1/',
  'https://255.255.255.255/',
  'https://localhost/',
  'https://api.localhost./',
  'https://metadata.google.internal/',
  'not a url',
])('%s is refused', (url) => {
  expect(strict.faultOf(url)).toBeTypeOf('string')
})

test.each([
  'https://example.com/hook',
  'https://example.com:8443/',
  'https://93.184.216.34/',
  'https://[2606:4700::1111]/',
])('%s is taken', (url) => {
  expect(strict.faultOf(url)).toBeUndefined()
})

test('addresses of this machine are its own, whatever their range', () => {
  expect(isPublic('93.184.216.34')).toBe(true)
  expect(isPublic('nonsense')).toBe(false)
})

test('a name that leads inside is refused when the socket opens, whatever it led to before', async () => {
  let hits = 0
  const canary = await listenOn(8443, () => hits++)
  const answers = [['93.184.216.34', '127.0.0.1'], ['127.0.0.1'], ['::ffff:127.0.0.1'], []]
  for (const found of answers) {
    const resolve = async () =>
      found.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))
    const outbound = openOutbound({ allowPrivate: false, resolve, timeoutMs: 1_000 })
    expect(outbound.faultOf('https://rebind.example:8443/')).toBeUndefined()
    const sent = outbound.post('https://rebind.example:8443/', {}, '{}')
    await expect(sent).rejects.toThrow('leads to an address that is not public')
  }
  expect(hits).toBe(0)
  // The same canary is reached when private addresses are allowed.
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }]
  const open = openOutbound({ allowPrivate: true, resolve, timeoutMs: 1_000 })
  await expect(open.post('https://rebind.example:8443/', {}, '{}')).rejects.toThrow()
  expect(hits).toBe(1)
  canary.close()
})

test('a redirect is an answer, and is not followed', async () => {
  const inner = await httpSink()
  sink.answer = (response) => void response.writeHead(302, { location: inner.url }).end()
  expect(await free.post(sink.url, {}, '{}')).toMatchObject({ status: 302 })
  expect(inner.received).toHaveLength(0)
  await inner.close()
})

test('of a long body the beginning is read, of a slow one what comes in time', async () => {
  let written = 0
  sink.answer = (response) => {
    response.writeHead(200)
    const chunk = Buffer.alloc(64 * 1024, 'x')
    const more = () => {
      while (!response.destroyed && written < 1e9 && response.write(chunk)) written += chunk.length
    }
    response.on('drain', more)
    more()
  }
  const long = await free.post(sink.url, {}, '{}')
  expect(long).toMatchObject({ status: 200, excerpt: 'x'.repeat(1000) })
  expect(written).toBeLessThan(50e6)

  sink.answer = (response) => {
    response.writeHead(200).write('slow')
    const dribble = setInterval(() => response.write('.'), 100)
    response.on('close', () => clearInterval(dribble))
  }
  const begun = performance.now()
  const slow = await free.post(sink.url, {}, '{}')
  expect(slow).toMatchObject({ status: 200, excerpt: expect.stringMatching(/^slow/) })
  expect(performance.now() - begun).toBeLessThan(4_000)
})

test('who does not answer in time has not answered', async () => {
  sink.answer = () => {}
  const hasty = openOutbound({ allowPrivate: true, timeoutMs: 200 })
  await expect(hasty.post(sink.url, {}, '{}')).rejects.toThrow('no answer within 0.2 s')
})

test('slow receivers hold up a few messages, not all workers', async () => {
  sink.answer = (response) => void setTimeout(() => response.writeHead(204).end(), 300)
  const ends = await Promise.all(Array.from({ length: 6 }, () => free.post(sink.url, {}, '{}')))
  expect(ends.filter((end) => end === 'busy')).toHaveLength(2)
})

test('what Retry-After asks for is told', async () => {
  sink.answer = (response) =>
    void response.writeHead(429, { 'retry-after': '120' }).end('slow down')
  const answer = await free.post(sink.url, {}, '{}')
  expect(answer).toEqual({ status: 429, retryAfterMs: 120_000, excerpt: 'slow down' })
})

function listenOn(port: number, onConnection: () => void): Promise<Server> {
  const server = createServer((socket) => {
    onConnection()
    socket.destroy()
  })
  return new Promise((done, fail) => {
    server.on('error', fail)
    server.listen(port, '127.0.0.1', () => done(server))
  })
}
