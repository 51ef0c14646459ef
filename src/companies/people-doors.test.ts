import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { recordAudit } from './service/audit.ts'
import { findMember } from './store/people.ts'

let house: TestHouse
let company: TestCompany
beforeAll(async () => {
  house = await testHouse()
  company = await house.newCompany()
})
afterAll(() => house.close())

const person = (id: string, more = {}) => ({ id, name: id, email: `${id}@example.com`, ...more })

test('a member is made, read, listed, changed and removed', async () => {
  await company.post('/v1/teams', { id: 'a', name: 'A' })
  await company.post('/v1/teams', { id: 'b', name: 'B' })
  const made = await company.post('/v1/members', person('ada', { teamIds: ['b', 'a'] }))
  expect(made.status).toBe(201)
  expect(made.body).toMatchObject({
    ...{ role: 'member', visibility: 'all', canSignIn: false },
    ...{ teamIds: ['a', 'b'], primaryTeamId: 'b' },
  })
  const changed = await company.patch('/v1/members/ada', { visibility: 'own', teamIds: ['a'] })
  const expected = { ...made.body, visibility: 'own', teamIds: ['a'], primaryTeamId: 'a' }
  expect(changed.body).toEqual(expected)
  expect((await company.get('/v1/members/ada')).body).toEqual(expected)
  expect((await company.get('/v1/members')).body.data).toEqual([expected])
  expect((await company.del('/v1/members/ada')).status).toBe(204)
  expect((await company.get('/v1/members/ada')).status).toBe(404)
  expect((await company.get('/v1/members')).body.data).toEqual([])
  const again = await company.post('/v1/members', person('ada'))
  expect(again.body).toMatchObject({ status: 409, code: 'conflict' })
})

test('an id that several ask for at once is given to one', async () => {
  const company = await house.newCompany()
  const asked = (path: string, body: object) =>
    Promise.all(Array.from({ length: 6 }, () => company.post(path, body)))
  const one = [201, ...Array(5).fill(409)]
  const members = await Promise.all(
    Array.from({ length: 6 }, (_, i) =>
      company.post('/v1/members', { id: 'ann', name: 'Ann', email: `ann-${i}@at-once.test` }),
    ),
  )
  expect(members.map(({ status }) => status).sort()).toEqual(one)
  const teams = await asked('/v1/teams', { id: 'sales', name: 'Sales' })
  expect(teams.map(({ status }) => status).sort()).toEqual(one)
  const mails = await asked('/v1/members', { name: 'Bob', email: 'bob@at-once.test' })
  expect(mails.map(({ status }) => status).sort()).toEqual(one)
})

test('a member is removed while another change of theirs is under way', async () => {
  const company = await house.newCompany()
  await company.post('/v1/members', person('cid'))
  const by = { companyNo: company.no, actor: 'system' } as const
  const waiting = `select count(*)::int as n from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'`
  // The steps of a change, with the removal in between: it waits for the member, and nothing of it for the company.
  const removing = await house.database.db.company(company.no, async (tx) => {
    await findMember(tx, company.no, 'cid', true)
    const removal = company.del('/v1/members/cid')
    await expect.poll(async () => (await house.database.asOwner(waiting)).rows[0].n).toBe(1)
    await recordAudit(tx, by, 'member.change', { type: 'member', id: 'cid' }, null, {})
    return { removal }
  })
  expect((await removing.removal).status).toBe(204)
})

test('an email address belongs to one member, whatever its case', async () => {
  await company.post('/v1/members', person('bob'))
  const same = await company.post('/v1/members', { name: 'Bobby', email: 'BOB@example.com' })
  expect(same.body).toMatchObject({ status: 409, code: 'conflict' })
  await company.del('/v1/members/bob')
  expect((await company.post('/v1/members', { name: 'B', email: 'bob@example.com' })).status).toBe(
    201,
  )
})

test('teams and primary team must be there and fit', async () => {
  const unknown = await company.post('/v1/members', person('cy', { teamIds: ['a', 'zz'] }))
  expect(unknown.body.errors).toEqual([{ path: 'teamIds.1', message: 'is no team' }])
  const outside = await company.post(
    '/v1/members',
    person('cy', { teamIds: ['a'], primaryTeamId: 'b' }),
  )
  expect(outside.body).toMatchObject({ status: 422, code: 'unprocessable' })
  expect(outside.body.errors[0].path).toBe('primaryTeamId')
  expect((await company.get('/v1/members/cy')).status).toBe(404)
})

test('a deleted team leaves its members to their other teams', async () => {
  await company.post('/v1/teams', { id: 'x', name: 'X' })
  await company.post('/v1/teams', { id: 'y', name: 'Y' })
  await company.post('/v1/members', person('dee', { teamIds: ['x', 'y'], primaryTeamId: 'x' }))
  expect((await company.del('/v1/teams/x')).status).toBe(204)
  const { body } = await company.get('/v1/members/dee')
  expect([body.teamIds, body.primaryTeamId]).toEqual([['y'], 'y'])
})

test('feature switches are put as a whole and read back', async () => {
  await company.put('/v1/teams/a/features', { ai_tracker: false, mcp: true })
  const put = await company.put('/v1/teams/a/features', { mcp: false })
  expect(put.body.features).toEqual({ mcp: false })
  expect((await company.get('/v1/teams/a')).body.features).toEqual({ mcp: false })
  const refused = await company.put('/v1/teams/a/features', { mcp: 'no' })
  expect(refused.body.errors[0].path).toBe('mcp')
})

test('pages of members go on where they ended while others arrive', async () => {
  const other = await house.newCompany()
  for (let i = 0; i < 7; i += 1) await other.post('/v1/members', person(`p${i}`))
  const seen: string[] = []
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page = await other.get('/v1/members', { limit: 3, ...(cursor ? { cursor } : {}) })
    seen.push(...page.body.data.map(({ id }: { id: string }) => id))
    cursor = page.body.nextCursor
    await other.post('/v1/members', person(`late${seen.length}`))
  }
  expect(seen).toEqual(['p6', 'p5', 'p4', 'p3', 'p2', 'p1', 'p0'])
  const tampered = await other.get('/v1/members', { cursor: 'bm9uc2Vuc2U' })
  expect(tampered.body.errors[0].path).toBe('cursor')
})

test("another company's ids are not found, and the answer is the same as for no id at all", async () => {
  const other = await house.newCompany()
  const made = (await company.post('/v1/integrations', { name: 'i', scopes: ['admin'] })).body
  await company.post('/v1/members', person('ids'))
  const calls = (client: TestCompany, ids: { member: string; team: string; integration: string }) =>
    Promise.all([
      client.get(`/v1/members/${ids.member}`),
      client.patch(`/v1/members/${ids.member}`, { name: 'x' }),
      client.del(`/v1/members/${ids.member}`),
      client.get(`/v1/teams/${ids.team}`),
      client.patch(`/v1/teams/${ids.team}`, { name: 'x' }),
      client.put(`/v1/teams/${ids.team}/features`, {}),
      client.del(`/v1/teams/${ids.team}`),
      client.get(`/v1/integrations/${ids.integration}`),
      client.patch(`/v1/integrations/${ids.integration}`, { name: 'x' }),
      client.post(`/v1/integrations/${ids.integration}/rotate`),
      client.del(`/v1/integrations/${ids.integration}`),
    ])
  const foreign = { member: 'ids', team: 'a', integration: made.id }
  const nothing = { member: 'no0', team: 'z', integration: made.id.replace(/.$/, '_') }
  const plain = (text: string, ids: typeof foreign) =>
    Object.values(ids)
      .reduce((left, id) => left.replaceAll(`"${id}\\"`, 'ID').replaceAll(`${id}\\"`, 'ID'), text)
      .replace(/req_[0-9a-f]+/, 'REQ')
  const [strange, missing] = [await calls(other, foreign), await calls(other, nothing)]
  expect(strange.map(({ status }) => status)).toEqual(strange.map(() => 404))
  expect(strange.map(({ text }) => plain(text, foreign))).toEqual(
    missing.map(({ text }) => plain(text, nothing)),
  )
  const naming = await other.post('/v1/members', person('eve', { teamIds: ['a'] }))
  expect(naming.body.errors).toEqual([{ path: 'teamIds.0', message: 'is no team' }])
})
