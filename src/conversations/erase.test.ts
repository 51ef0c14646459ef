import { afterAll, beforeAll, expect, test } from 'vitest'
import { aCall, anEmail, type Desk, openDesk } from './tests/desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk.close())

/** Tables of this module, beside the audit trail, that still hold a text anywhere. */
async function whereIs(text: string): Promise<string[]> {
  const found: string[] = []
  for (const table of [
    'item',
    'item_content',
    'item_address',
    'entity',
    'data_import',
    'audit_entry',
    'erased_key',
  ]) {
    const { rows } = await desk.database.asOwner(
      `select count(*) from ${table} t where to_jsonb(t)::text ilike '%' || $1 || '%'`,
      [text],
    )
    if (rows[0].count !== '0') found.push(table)
  }
  return found
}

test('an erased item leaves nothing to read, and its id stays taken', async () => {
  const marked = anEmail('taken-1', {
    subject: 'MARKER',
    body: 'MARKER',
    messageId: '<MARKER@x.test>',
    threadId: 'MARKER',
    labels: ['MARKER'],
  })
  await desk.send('POST', '/v1/emails', marked)
  expect(await whereIs('MARKER@x.test')).toEqual(['item'])
  const erased = await desk.send('POST', '/v1/privacy/erase', {
    itemType: 'email',
    itemId: 'taken-1',
  })
  expect(erased.body).toEqual({ calls: 0, emails: 1, contacts: 0, leads: 0 })
  expect(desk.removed).toMatchObject([{ as: 'erased', items: [{ type: 'email', id: 'taken-1' }] }])
  expect(await whereIs('"MARKER')).toEqual([])
  expect(await whereIs('MARKER@x.test')).toEqual([])
  expect((await desk.send('GET', '/v1/emails/taken-1')).status).toBe(404)
  desk.arrived.length = 0
  const again = await desk.send('POST', '/v1/emails', marked)
  expect([again.status, again.body.code]).toEqual([409, 'conflict'])
  const renamed = await desk.send('POST', '/v1/emails', { ...marked, id: 'other-id' })
  expect(renamed.status).toBe(409)
  const line = await desk.upload(
    'application/x-ndjson',
    JSON.stringify({ kind: 'email', ...marked }),
  )
  expect(line.body).toMatchObject({ accepted: 0, rejectedCount: 1, rejected: [{ line: 1 }] })
  expect(desk.arrived).toEqual([])
  const once = await desk.send('POST', '/v1/privacy/erase', {
    itemType: 'email',
    itemId: 'taken-1',
  })
  expect([once.status, once.body.emails]).toEqual([200, 0])
})

test('a deleted item can still be erased', async () => {
  await desk.send('POST', '/v1/calls', aCall('first-deleted'))
  await desk.send('DELETE', '/v1/calls/first-deleted')
  const erased = await desk.send('POST', '/v1/privacy/erase', {
    itemType: 'call',
    itemId: 'first-deleted',
  })
  expect(erased.body.calls).toBe(1)
  expect((await desk.send('POST', '/v1/calls', aCall('first-deleted'))).status).toBe(409)
})

test('erasing a person takes every call and email they take part in, and their contacts and leads', async () => {
  const email = 'gone@person.test'
  const parties = [
    { id: 'p', name: 'Gone Person', email: 'Gone@Person.test', affiliation: 'customer' },
  ]
  await desk.send(
    'POST',
    '/v1/calls',
    aCall('with', { parties, transcript: [{ partyId: 'p', text: 'Words.' }] }),
  )
  await desk.send('POST', '/v1/calls', aCall('without'))
  const lines = Array.from({ length: 600 }, (_, i) =>
    JSON.stringify({ kind: 'email', ...anEmail(`p${i}`, { cc: [{ email }] }) }),
  )
  await desk.upload('application/x-ndjson', lines.join('\n'))
  await desk.send('POST', '/v1/contacts', { name: 'Gone Person', email })
  await desk.send('POST', '/v1/leads', { name: 'Gone Person', email })
  const erased = await desk.send('POST', '/v1/privacy/erase', { email: 'GONE@person.test' })
  expect(erased.body).toEqual({ calls: 1, emails: 600, contacts: 1, leads: 1 })
  expect(await whereIs('person.test')).toEqual([])
  expect(await whereIs('Gone Person')).toEqual([])
  expect((await desk.send('GET', '/v1/calls/without')).status).toBe(200)
  expect(
    desk.removed.filter((one) => one.email === email).flatMap(({ items }) => items),
  ).toHaveLength(601)
  expect((await desk.send('POST', '/v1/privacy/erase', { email })).body.emails).toBe(0)
})

test('what was never there is not found, and erasing needs the scope admin', async () => {
  const none = { itemType: 'call', itemId: 'never' }
  expect((await desk.send('POST', '/v1/privacy/erase', none)).status).toBe(404)
  const writer = { ...desk.key, scopes: ['data:write' as const] }
  expect((await desk.send('POST', '/v1/privacy/erase', none, writer)).status).toBe(403)
  expect((await desk.send('POST', '/v1/privacy/erase', {})).status).toBe(400)
})
