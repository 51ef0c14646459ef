import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Caller } from '../kit/caller.ts'
import { readItems } from './service/read-items.ts'
import { aCall, anEmail, type Desk, openDesk } from './tests/desk.ts'

let desk: Desk
const who: Record<string, Caller> = {}

beforeAll(async () => {
  desk = await openDesk()
  who.shared = desk.key
  who.all = await desk.member('all')
  who.team = await desk.member('team', 'team', ['red'])
  who.own = await desk.member('own', 'own', ['red'])
  who.mate = await desk.member('mate', 'all', ['red'])
  who.personal = { ...desk.key, access: 'personal', memberId: 'own' }
  who.removed = await desk.member('removed')
  await desk.database.asOwner(`update member set removed_at = now() where id = 'removed'`)
  const parties = (name: string) => [
    { id: 'p', name, email: `${name}@ourside.test`, affiliation: 'company' },
  ]
  const transcript = [{ partyId: 'p', text: 'Hello.' }]
  for (const name of ['all', 'own', 'mate', 'other', 'removed']) {
    await desk.send(
      'POST',
      '/v1/calls',
      aCall(`of-${name}`, { parties: parties(name), transcript }),
    )
    await desk.send(
      'POST',
      '/v1/calls',
      aCall(`private-${name}`, { parties: parties(name), transcript, private: true }),
    )
  }
  await desk.send(
    'POST',
    '/v1/emails',
    anEmail('mail-own', { to: [{ email: 'OWN@ourside.test' }] }),
  )
})
afterAll(() => desk.close())

const open = ['of-all', 'of-mate', 'of-other', 'of-own', 'of-removed']

describe('who sees which calls', () => {
  test.each([
    ['shared', open],
    ['all', [...open, 'private-all']],
    ['mate', [...open, 'private-mate']],
    ['team', ['of-mate', 'of-own']],
    ['own', ['of-own', 'private-own']],
    ['personal', ['of-own', 'private-own']],
    ['removed', []],
  ])('%s', async (name, wanted) => {
    const { body } = await desk.send('GET', '/v1/calls', undefined, who[name])
    const ids = body.data.map(({ id }: { id: string }) => id).sort()
    expect(ids).toEqual(wanted)
    for (const id of ['of-other', 'private-own', 'of-own']) {
      const { status } = await desk.send('GET', `/v1/calls/${id}`, undefined, who[name])
      expect([id, status]).toEqual([id, wanted.includes(id) ? 200 : 404])
    }
  })
})

test('emails are seen by the same rules', async () => {
  expect((await desk.send('GET', '/v1/emails/mail-own', undefined, who.own)).status).toBe(200)
  await desk.send('POST', '/v1/emails', anEmail('mail-other'))
  expect((await desk.send('GET', '/v1/emails/mail-other', undefined, who.own)).status).toBe(404)
  expect((await desk.send('GET', '/v1/emails', undefined, who.team)).body.data).toHaveLength(1)
})

test('features never read private calls, even for their parties', async () => {
  await desk.inCompany(async (tx) => {
    const items = await readItems(tx, 1, { types: ['call'] }, { limit: 50, visibleTo: who.own })
    expect(items.map(({ id }) => id)).toEqual(['of-own'])
  })
  expect(desk.arrived.some(({ id }) => id.startsWith('private'))).toBe(false)
})

test('a private call cannot be changed by who does not see it, and keeps its mark when put again', async () => {
  expect((await desk.send('PATCH', '/v1/calls/private-own', { title: 'x' }, who.all)).status).toBe(
    404,
  )
  const parties = [{ id: 'p', name: 'own', email: 'own@ourside.test', affiliation: 'company' }]
  const again = aCall('private-own', { parties, transcript: [{ partyId: 'p', text: 'Hi.' }] })
  await desk.send('POST', '/v1/calls', again)
  expect((await desk.send('GET', '/v1/calls/private-own')).status).toBe(404)
})

test('a call that is private no more arrives then', async () => {
  desk.arrived.length = 0
  await desk.send('PATCH', '/v1/calls/private-own', { private: false }, who.own)
  expect(desk.arrived).toMatchObject([{ id: 'private-own' }])
})
