import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Problem } from '../kit/problem.ts'
import { ownOf } from './domains.ts'
import type { Party } from './items.ts'
import { type Linkable, linksOf } from './links.ts'
import { readItems } from './service/read-items.ts'
import { aCall, anEmail, type Desk, openDesk } from './tests/desk.ts'

const people = (...emails: (string | null)[]): Party[] =>
  emails.map((email, i) => ({ id: String(i), name: null, email, affiliation: 'customer' }))

const to: Linkable = {
  own: ownOf(['rea@ourside.test', 'x@gmail.com'], ['sister.test']),
  accountOfDomain: new Map([
    ['customer.test', 'acc'],
    ['two.test', 'two'],
    ['none.test', 'none'],
    ['gmail.com', 'public'],
    ['ourside.test', 'us'],
    ['sister.test', 'us'],
  ]),
  openDeals: new Map([
    ['acc', ['d1']],
    ['two', ['d2', 'd3']],
  ]),
  accounts: new Set(['acc', 'two', 'named']),
  deals: new Map([
    ['d2', 'two'],
    ['loose', null],
  ]),
}

describe('what an item is linked to', () => {
  test.each<[string, Parameters<typeof linksOf>[0], Party[], string | null, string | null]>([
    ['nobody known', {}, people('a@elsewhere.test', null), null, null],
    ['an account by domain, with its only open deal', {}, people('a@customer.test'), 'acc', 'd1'],
    ['an account with two open deals', {}, people('a@two.test'), 'two', null],
    ['an account without open deals', {}, people('a@none.test'), 'none', null],
    [
      'the first of the parties that has one',
      {},
      people('r@ourside.test', 'a@two.test', 'a@customer.test'),
      'two',
      null,
    ],
    ['never a public mail domain', {}, people('x@gmail.com', 'y@gmail.com'), null, null],
    ['never the own domains', {}, people('r@ourside.test', 's@sister.test'), null, null],
    ['the named account, with its deal', { accountId: 'acc' }, people('a@two.test'), 'acc', 'd1'],
    ['the named deal and its account', { dealId: 'd2' }, people('a@customer.test'), 'two', 'd2'],
    [
      'a deal without account: the account by domain',
      { dealId: 'loose' },
      people('a@customer.test'),
      'acc',
      'loose',
    ],
    ['both named', { accountId: 'named', dealId: 'd2' }, people(), 'named', 'd2'],
  ])('%s', (_, named, parties, accountId, dealId) => {
    expect(linksOf(named, undefined, parties, to)).toMatchObject({ accountId, dealId })
  })

  test('what is named must exist', () => {
    for (const named of [{ accountId: 'x' }, { dealId: 'x' }]) {
      const refused = linksOf(named, undefined, [], to)
      expect(refused instanceof Problem && refused.code).toBe('unprocessable')
    }
  })

  test('a name stays until it is taken back; a deal once found stays with the account', () => {
    const named = { accountId: 'named', accountGiven: true, dealId: null, dealGiven: false }
    expect(linksOf({}, named, people('a@two.test'), to)).toMatchObject({ accountId: 'named' })
    expect(linksOf({ accountId: null }, named, people('a@two.test'), to)).toMatchObject({
      accountId: 'two',
      accountGiven: false,
    })
    const won = { accountId: 'two', accountGiven: false, dealId: 'old', dealGiven: false }
    expect(linksOf({}, won, people('a@two.test'), to)).toMatchObject({ dealId: 'old' })
    expect(linksOf({}, won, people('a@customer.test'), to)).toMatchObject({ dealId: 'd1' })
  })
})

describe('entities', () => {
  let desk: Desk
  beforeAll(async () => {
    desk = await openDesk()
    await desk.member('rea')
  })
  afterAll(() => desk.close())

  const link = async (id: string) => {
    const { accountId, dealId } = (await desk.send('GET', `/v1/emails/${id}`)).body
    return [accountId, dealId]
  }
  const itemsOf = (type: 'account' | 'deal' | 'contact' | 'lead', id: string) =>
    desk.inCompany(async (tx) =>
      (await readItems(tx, 1, { entity: { type, id } }, { limit: 50 }))
        .map((item) => item.id)
        .sort(),
    )

  test('items find their account when it comes, goes or changes its domains', async () => {
    await desk.send('POST', '/v1/emails', anEmail('m1'))
    expect(await link('m1')).toEqual([null, null])
    await desk.send('POST', '/v1/accounts', {
      id: 'a1',
      name: 'A',
      domains: ['Customer.test', 'ourside.test', 'gmail.com'],
    })
    expect(await link('m1')).toEqual(['a1', null])
    await desk.send('POST', '/v1/deals', { id: 'd1', name: 'D', accountId: 'a1' })
    await desk.send('POST', '/v1/emails', anEmail('m2'))
    expect(await link('m2')).toEqual(['a1', 'd1'])
    await desk.send('PATCH', '/v1/deals/d1', { status: 'won' })
    await desk.send('POST', '/v1/emails', anEmail('m3', { to: [{ email: 'someone@gmail.com' }] }))
    expect(await link('m3')).toEqual(['a1', null])
    expect(await link('m2')).toEqual(['a1', 'd1'])
    await desk.send('PATCH', '/v1/accounts/a1', { domains: ['else.test'] })
    expect(await link('m2')).toEqual([null, null])
    await desk.send('PATCH', '/v1/accounts/a1', { domains: ['customer.test'] })
    expect(await link('m1')).toEqual(['a1', null])
  })

  test('a named account stays, whatever domains say', async () => {
    await desk.send('POST', '/v1/accounts', { id: 'a2', name: 'B' })
    await desk.send('POST', '/v1/emails', anEmail('named', { accountId: 'a2' }))
    await desk.send('PATCH', '/v1/accounts/a1', { domains: [] })
    await desk.send('PATCH', '/v1/accounts/a1', { domains: ['customer.test'] })
    expect(await link('named')).toEqual(['a2', null])
    await desk.send('PATCH', '/v1/emails/named', { accountId: null })
    expect(await link('named')).toEqual(['a1', null])
  })

  test('an account includes its deals and contacts; contacts and leads are met by address', async () => {
    await desk.send('POST', '/v1/accounts', { id: 'big', name: 'Big' })
    await desk.send('POST', '/v1/deals', {
      id: 'bd',
      name: 'Deal',
      accountId: 'big',
      status: 'lost',
    })
    await desk.send('POST', '/v1/contacts', {
      id: 'bc',
      name: 'Bo',
      email: 'Bo@Private.test',
      accountId: 'big',
    })
    await desk.send('POST', '/v1/leads', { id: 'bl', name: 'Bo', email: 'bo@private.test' })
    await desk.send('POST', '/v1/emails', anEmail('bo', { from: { email: 'BO@private.test' } }))
    await desk.send(
      'POST',
      '/v1/calls',
      aCall('of-deal', {
        dealId: 'bd',
        parties: [{ id: 'cust', name: 'X', affiliation: 'customer' }],
        transcript: [{ partyId: 'cust', text: 'Hi' }],
      }),
    )
    expect(await itemsOf('contact', 'bc')).toEqual(['bo'])
    expect(await itemsOf('lead', 'bl')).toEqual(['bo'])
    expect(await itemsOf('deal', 'bd')).toEqual(['of-deal'])
    expect(await itemsOf('account', 'big')).toEqual(['bo', 'of-deal'])
    expect(await itemsOf('account', 'none')).toEqual([])
  })

  test('entities are made, read, changed, listed and deleted', async () => {
    for (const [type, rest] of [
      ['accounts', { domains: ['x.test'] }],
      ['deals', { status: 'won' }],
      ['contacts', { email: 'c@x.test' }],
      ['leads', { email: 'l@x.test' }],
    ] as const) {
      const made = await desk.send('POST', `/v1/${type}`, {
        name: 'One',
        externalId: 'crm-1',
        ...rest,
      })
      expect(made.status).toBe(201)
      expect(made.body).toMatchObject({ name: 'One', externalId: 'crm-1', ...rest })
      const { id } = made.body
      const same = await desk.send('POST', `/v1/${type}`, { name: 'Two', externalId: 'crm-1' })
      expect([same.status, same.body.id, same.body.name]).toEqual([200, id, 'Two'])
      const taken = await desk.send('POST', `/v1/${type}`, {
        id: 'other',
        name: 'Three',
        externalId: 'crm-1',
      })
      expect([taken.status, taken.body.code]).toEqual([409, 'conflict'])
      const changed = await desk.send('PATCH', `/v1/${type}/${id}`, { name: 'Four' })
      expect(changed.body).toMatchObject({ name: 'Four', ...rest })
      expect((await desk.send('GET', `/v1/${type}?externalId=crm-1`)).body.data).toHaveLength(1)
      expect((await desk.send('DELETE', `/v1/${type}/${id}`)).status).toBe(204)
      expect((await desk.send('GET', `/v1/${type}/${id}`)).status).toBe(404)
    }
    expect((await desk.send('POST', '/v1/contacts', { name: 'X', accountId: 'none' })).status).toBe(
      422,
    )
    expect(
      (await desk.send('POST', '/v1/accounts', { name: 'X', domains: ['no domain'] })).status,
    ).toBe(400)
    expect((await desk.send('POST', '/v1/deals', { name: 'X', status: 'maybe' })).status).toBe(400)
  })

  test('a deleted account leaves its items, contacts and deals without one', async () => {
    await desk.send('DELETE', '/v1/accounts/big')
    expect((await desk.send('GET', '/v1/contacts/bc')).body.accountId).toBeNull()
    expect((await desk.send('GET', '/v1/calls/of-deal')).body).toMatchObject({
      accountId: null,
      dealId: 'bd',
    })
  })
})
