import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Desk, openDesk } from './tests/desk.ts'

let desk: Desk

beforeAll(async () => {
  desk = await openDesk()
  const call = (id: string, title: string, durationSeconds: number, email: string) =>
    desk.send('POST', '/v1/calls', {
      ...{ id, title, durationSeconds },
      parties: [{ id: 'p', name: `Person of ${id}`, email, affiliation: 'customer' }],
    })
  await call('one', 'Renewal of the lease', 600, 'cora@theirs.test')
  await call('two', '100% of the price', 601, 'dora@elsewhere.test')
  await desk.send('POST', '/v1/accounts', { id: 'acc', name: 'Kestrel', domains: ['kestrel.test'] })
  await desk.send('POST', '/v1/accounts', { id: 'bcc', name: 'Falcon', domains: ['falcon.test'] })
  await desk.send('POST', '/v1/contacts', { id: 'con', name: 'Cora', email: 'cora@theirs.test' })
})
afterAll(() => desk.close())

test.each([
  ['q=LEASE', ['one']],
  ['q=lease%20renewal', ['one']],
  ['q=lease%20price', []],
  ['q=person%20of%20two', ['two']],
  ['q=cora@theirs', ['one']],
  // What means something in a pattern is a character here like any other.
  ['q=100%25', ['two']],
  ['q=_', []],
  ['maxDurationSeconds=600', ['one']],
  ['minDurationSeconds=600.5', ['two']],
  ['contactId=con', ['one']],
])('calls are found by %s', async (query, ids) => {
  const { status, body } = await desk.send('GET', `/v1/calls?${query}`)
  expect(status).toBe(200)
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual(ids)
})

test.each([
  ['q=kest', ['acc']],
  ['q=FALCON.test', ['bcc']],
  ['q=falcon%20kestrel', []],
])('accounts are found by %s', async (query, ids) => {
  const { body } = await desk.send('GET', `/v1/accounts?${query}`)
  expect(body.data.map(({ id }: { id: string }) => id)).toEqual(ids)
})
