import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { anEmail, type Desk, openDesk } from './tests/desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())
beforeEach(() => {
  desk.arrived.length = 0
})

const NDJSON = 'application/x-ndjson'
const lines = (...rows: (object | string)[]) =>
  rows.map((row) => (typeof row === 'string' ? row : JSON.stringify(row))).join('\n')

describe('large bodies', () => {
  test('are taken behind the back of the caller, and tell how far they are', async () => {
    const filler = 'All work and no play. '.repeat(450)
    const rows = Array.from({ length: 1_200 }, (_, i) => ({
      kind: 'email',
      ...anEmail(`big${i}`, { body: filler }),
    }))
    const { status, body } = await desk.upload(NDJSON, lines(...rows, 'nonsense'))
    expect([status, body.status]).toEqual([202, 'running'])
    let now = body
    while (now.status === 'running') now = (await desk.send('GET', `/v1/imports/${body.id}`)).body
    expect(now).toMatchObject({
      status: 'done',
      accepted: 1_200,
      rejectedCount: 1,
      line: 1_201,
      rejected: [{ line: 1_201 }],
    })
    const listed = await desk.send('GET', '/v1/imports?limit=1')
    expect(listed.body.data[0].id).toBe(body.id)
    expect((await desk.send('GET', '/v1/imports/none')).status).toBe(404)
  })
})

describe('an interrupted import', () => {
  let own: Desk
  beforeAll(async () => {
    own = await openDesk()
  })
  afterAll(() => own.close())

  test('stops with the server and says how far it came', async () => {
    const filler = 'All work and no play. '.repeat(450)
    const rows = Array.from({ length: 6_000 }, (_, i) => ({
      kind: 'email',
      ...anEmail(`stop${i}`, { body: filler }),
    }))
    const { body } = await own.upload(NDJSON, lines(...rows))
    await own.importer.close()
    const one = (await own.send('GET', `/v1/imports/${body.id}`)).body
    expect(one.status).toBe('stopped')
    expect(one.line).toBeLessThan(6_000)
    const last = one.line === 0 ? 404 : 200
    expect((await own.send('GET', `/v1/emails/stop${Math.max(0, one.line - 1)}`)).status).toBe(last)
    expect((await own.send('GET', `/v1/emails/stop${one.line}`)).status).toBe(404)
  })

  test('whose server died reads as stopped', async () => {
    await own.database.asOwner(
      `update data_import set status = 'running', ended_at = null where status = 'stopped'`,
    )
    own.clock.set('2026-06-15T12:02:00Z')
    const [one] = (await own.send('GET', '/v1/imports?limit=1')).body.data
    expect([one.status, typeof one.error]).toEqual(['stopped', 'string'])
  })

  test('is not begun by a server that stops', async () => {
    const { status } = await own.upload(NDJSON, lines({ kind: 'email', ...anEmail('late') }))
    expect(status).toBe(503)
  })
})
