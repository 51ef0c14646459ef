import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { runIn } from '../platform/run.ts'
import { openEmit } from './service/raise.ts'

let house: TestHouse
let company: TestCompany
let memberId: string
beforeAll(async () => {
  house = await testHouse()
  company = await house.newCompany()
  const member = { name: 'T', email: 'Tess@erase.test', role: 'tech_admin' }
  memberId = (await company.post('/v1/members', member)).body.id
})
afterAll(() => house.close())

const call = {
  ...{ id: 'c1', title: 'A private matter', startedAt: '2026-01-10T00:00:00Z' },
  ...{ durationSeconds: 700, parties: [{ id: 'p', name: 'P', affiliation: 'customer' }] },
  transcript: [{ partyId: 'p', text: 'Hello there.' }],
}
const emit = (news: Parameters<ReturnType<typeof openEmit>>[2]) =>
  house.db.company(company.no, (tx) => openEmit(house)(runIn(tx), company.no, news))
const notices = async () => (await company.get('/v1/notifications')).body.data
const mails = async () => (await company.get('/v1/mails')).body.data

test('what was told of an erased call goes with it, from notices and from mails', async () => {
  expect((await company.post('/v1/calls', call)).status).toBe(201)
  const item = { type: 'call', id: 'c1', title: call.title, date: new Date(call.startedAt) }
  await emit({
    kind: 'stream-entry',
    streamId: 's',
    streamName: 'All',
    item,
    memberIds: [memberId],
  })
  const { rows } = await house.database.asOwner(
    'select no from item where company_id = $1 and id = $2',
    [company.no, 'c1'],
  )
  await house.database.asOwner(
    `insert into brief (company_id, id, name, status, sections, created_at, updated_at)
     values ($1, 'b', 'Weekly', 'published', '[]', now(), now())`,
    [company.no],
  )
  await house.database.asOwner(
    `insert into generated_brief
       (company_id, id, brief_id, name, entity_type, entity_id, sections, item_nos,
        calls_searched, emails_searched, credits, made_by, created_at)
     values ($1, 'g', 'b', 'Weekly', 'account', 'a', '[]', array[$2::bigint], 1, 0, 0, 'system', now())`,
    [company.no, rows[0].no],
  )
  await emit({
    ...{ kind: 'brief-delivered', automationId: 'a', automationName: 'Mondays', briefId: 'b' },
    ...{ briefName: 'Weekly', generatedId: 'g', entity: { type: 'account', id: 'a' } },
    ...{ memberIds: [memberId], text: 'Mood\n\nThey spoke of a private matter.' },
  })
  await house.workUntilIdle()
  expect((await notices()).map(({ title }: { title: string }) => title)).toEqual([
    ...['Weekly: a new brief', 'New in “All”: A private matter'],
  ])
  expect(JSON.stringify(await notices())).not.toContain('They spoke')
  expect((await mails())[0]).toMatchObject({ kind: 'brief', to: 'Tess@erase.test' })
  expect((await mails())[0].text).toContain('They spoke of a private matter.')

  const erased = await company.post('/v1/privacy/erase', { itemType: 'call', itemId: 'c1' })
  expect(erased.status, erased.text).toBeLessThan(300)
  await house.workUntilIdle()
  expect(JSON.stringify(await notices())).not.toContain('private matter')
  expect(JSON.stringify(await mails())).not.toContain('private matter')
  expect(await notices()).toHaveLength(1)
})

test('the mails to an erased person go too', async () => {
  expect(await mails()).toHaveLength(1)
  await company.post('/v1/privacy/erase', { email: 'tess@erase.test' })
  await house.workUntilIdle()
  expect(await mails()).toEqual([])
})
