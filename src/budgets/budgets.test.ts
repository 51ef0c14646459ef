import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'

let house: TestHouse
beforeAll(async () => {
  house = await testHouse()
})
afterAll(() => house.close())

const START = '2026-03-20T12:00:00.000Z'
const emails = (quantity: number) => ({
  items: [{ type: 'email', quantity }],
  feature: 'ask_anything',
})

async function companyWith(
  credits: number,
  more: Record<string, unknown> = {},
): Promise<TestCompany> {
  const company = await house.newCompany({ testClock: START, ...more })
  await company.post('/v1/credits/grants', { source: 'purchased', credits })
  return company
}

async function budget(company: TestCompany, credits: number, more: Record<string, unknown> = {}) {
  const scope = { type: 'feature', id: 'ask_anything' }
  const answer = await company.post('/v1/budgets', { scope, period: 'month', credits, ...more })
  expect(answer.status, answer.text).toBe(201)
  return answer.body
}

const at = (company: TestCompany, to: string) => company.post('/v1/test-clock/advance', { to })
const charge = (company: TestCompany, quantity: number) =>
  company.post('/v1/credits/charges', emails(quantity))

test('a charge that a budget does not allow is refused with the numbers, and changes nothing', async () => {
  const company = await companyWith(100)
  const { id } = await budget(company, 2.5)
  expect((await charge(company, 20)).status).toBe(201)
  const refused = await charge(company, 10)
  expect(refused.body).toMatchObject({
    ...{ status: 402, code: 'budget-exceeded', budgetId: id, needed: 1, remaining: 0.5 },
    scope: { type: 'feature', id: 'ask_anything' },
    periodEnd: '2026-04-01T00:00:00.000Z',
  })
  expect((await company.get('/v1/credits/balance')).body).toMatchObject({ available: 98, used: 2 })
  expect((await charge(company, 5)).status).toBe(201)
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({
    ...{ credits: 2.5, used: 2.5, held: 0, remaining: 0, warned: [80, 100] },
    periodStart: '2026-03-01T00:00:00.000Z',
  })
  // Another feature is no matter of this budget; neither is what costs nothing.
  const other = { items: [{ type: 'email' }], feature: 'ai_briefer' }
  expect((await company.post('/v1/credits/charges', other)).status).toBe(201)
  await company.post('/v1/rate-cards', { prices: { free_thing: 0 } })
  const free = { items: [{ type: 'free_thing' }], feature: 'ask_anything' }
  expect((await company.post('/v1/credits/charges', free)).status).toBe(201)
})

test('if both pool and budget are short, the answer is about the pool', async () => {
  const company = await companyWith(1)
  await budget(company, 0.5)
  expect((await charge(company, 20)).body.code).toBe('insufficient-credits')
  expect((await charge(company, 8)).body.code).toBe('budget-exceeded')
})

test('of several budgets the one that allows least answers', async () => {
  const company = await companyWith(100)
  await budget(company, 5)
  const { id } = await budget(company, 3, { period: 'contractYear' })
  await budget(company, 4, { scope: { type: 'instance', id: 't1' } })
  const asked = { ...emails(45), instance: { id: 't1', name: 'T' } }
  expect((await company.post('/v1/credits/charges', asked)).body).toMatchObject({
    budgetId: id,
    remaining: 3,
  })
})

test('holds count, captures never take more than was held, and what goes back is free again', async () => {
  const company = await companyWith(100)
  const { id } = await budget(company, 3)
  const hold = await company.post('/v1/credits/holds', { credits: 2, feature: 'ask_anything' })
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({
    used: 0,
    held: 2,
    remaining: 1,
  })
  expect(
    (await company.post('/v1/credits/holds', { credits: 1.1, feature: 'ask_anything' })).body.code,
  ).toBe('budget-exceeded')
  expect((await charge(company, 10)).status).toBe(201)
  // The budget is full, but the hold has its place in it.
  const captured = await company.post(`/v1/credits/holds/${hold.body.id}/capture`, { credits: 1.5 })
  expect(captured.status).toBe(201)
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({
    used: 2.5,
    held: 0,
    remaining: 0.5,
  })
  await company.post('/v1/credits/holds', { credits: 0.5, feature: 'ask_anything', ttlSeconds: 60 })
  await at(company, '2026-03-20T12:02:00Z')
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({ used: 2.5, held: 0 })
})

test('use before its creation counts, with open holds and without what was refunded', async () => {
  const company = await companyWith(100)
  const first = await charge(company, 10)
  await charge(company, 20)
  await company.post(`/v1/credits/charges/${first.body.id}/refund`, { reason: 'wrong' })
  await company.post('/v1/credits/holds', { credits: 4, feature: 'ask_anything' })
  const overdue = { credits: 7, feature: 'ask_anything', ttlSeconds: 1 }
  await company.post('/v1/credits/holds', overdue)
  await at(company, '2026-03-20T12:01:00Z')
  expect(await budget(company, 10)).toMatchObject({ used: 2, held: 4, remaining: 4 })
})

test('a new month begins at nothing; open holds stay counted, and old refunds do not make room', async () => {
  const company = await companyWith(100, { timezone: 'America/New_York' })
  const { id } = await budget(company, 5)
  await at(company, '2026-04-01T03:00:00Z')
  const old = await charge(company, 30)
  const hold = await company.post('/v1/credits/holds', {
    credits: 2,
    feature: 'ask_anything',
    ttlSeconds: 86_400,
  })
  expect((await charge(company, 1)).status).toBe(402)
  await at(company, '2026-04-01T04:00:00Z')
  const april = {
    used: 0,
    held: 2,
    remaining: 3,
    periodStart: '2026-04-01T04:00:00.000Z',
    warned: [],
  }
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject(april)
  expect((await company.get('/v1/budgets')).body.data[0]).toMatchObject(april)
  await company.post(`/v1/credits/charges/${old.body.id}/refund`, { reason: 'wrong' })
  expect((await charge(company, 30)).status).toBe(201)
  await company.post(`/v1/credits/holds/${hold.body.id}/capture`, { credits: 2 })
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject({
    used: 5,
    held: 0,
    warned: [80, 100],
  })
  expect((await charge(company, 1)).status).toBe(402)
})

test('a contract year is the contract’s; a contract made later is counted from its own start', async () => {
  const company = await companyWith(100)
  const { id } = await budget(company, 50, { period: 'contractYear' })
  await charge(company, 10)
  const without = {
    periodStart: '2026-01-01T00:00:00.000Z',
    periodEnd: '2027-01-01T00:00:00.000Z',
    used: 1,
  }
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject(without)
  const seats = [{ type: 'foundation', count: 1 }]
  await company.put('/v1/contract', { startDate: '2026-03-21', termMonths: 12, seats })
  const until = { periodEnd: '2026-03-21T00:00:00.000Z', used: 1 }
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject(until)
  await at(company, '2026-03-21T00:00:00Z')
  await charge(company, 20)
  const within = {
    periodStart: '2026-03-21T00:00:00.000Z',
    periodEnd: '2027-03-21T00:00:00.000Z',
    used: 2,
  }
  expect((await company.get(`/v1/budgets/${id}`)).body).toMatchObject(within)
})

test('a budget can be changed, replaced and taken away, and each of it is in the audit trail', async () => {
  const company = await companyWith(100)
  const { id } = await budget(company, 1)
  await charge(company, 10)
  expect((await charge(company, 1)).status).toBe(402)
  const raised = await company.patch(`/v1/budgets/${id}`, { credits: 2 })
  expect(raised.body).toMatchObject({ credits: 2, used: 1, remaining: 1, warned: [] })
  expect((await charge(company, 10)).status).toBe(201)
  const lowered = await company.patch(`/v1/budgets/${id}`, { credits: 0.5 })
  expect(lowered.body).toMatchObject({ used: 2, remaining: 0, warned: [80, 100] })
  const scope = { type: 'feature', id: 'ai_briefer' }
  const moved = await company.put(`/v1/budgets/${id}`, {
    scope,
    period: 'contractYear',
    credits: 3,
  })
  expect(moved.body).toMatchObject({ scope, period: 'contractYear', used: 0, remaining: 3 })
  expect((await company.del(`/v1/budgets/${id}`)).status).toBe(204)
  expect((await company.get(`/v1/budgets/${id}`)).status).toBe(404)
  expect((await company.del(`/v1/budgets/${id}`)).status).toBe(404)
  const trail = await company.get('/v1/audit', { objectType: 'budget' })
  const actions = trail.body.data.map(({ action }: { action: string }) => action)
  expect(actions).toEqual([
    'budget.remove',
    'budget.change',
    'budget.change',
    'budget.change',
    'budget.create',
  ])
})

test('budgets of people and teams count theirs; unknown ones are refused', async () => {
  const company = await companyWith(100)
  const team = (await company.post('/v1/teams', { name: 'Sales' })).body.id
  const member = { name: 'Ann', email: 'ann@example.com', role: 'member', teamIds: [team] }
  const memberId = (await company.post('/v1/members', member)).body.id
  const scopes = [
    ...[
      { type: 'team', id: team },
      { type: 'member', id: memberId },
    ],
    ...[
      { type: 'integration', id: company.keyId },
      { type: 'instance', id: 'x' },
    ],
  ]
  for (const scope of scopes) await budget(company, 50, { scope })
  await company.post('/v1/credits/charges', {
    ...emails(10),
    memberId,
    instance: { id: 'x', name: 'X' },
  })
  await charge(company, 10)
  const { data } = (await company.get('/v1/budgets')).body
  const used = data.map(({ scope, used }: { scope: { type: string }; used: number }) => [
    scope.type,
    used,
  ])
  expect(Object.fromEntries(used)).toEqual({ team: 1, member: 1, integration: 2, instance: 1 })
  for (const type of ['team', 'member', 'integration']) {
    const answer = await company.post('/v1/budgets', {
      scope: { type, id: 'nobody' },
      period: 'month',
      credits: 1,
    })
    expect(answer.body).toMatchObject({ status: 422, errors: [{ path: 'scope.id' }] })
  }
  const other = await house.newCompany()
  expect((await other.get(`/v1/budgets/${data[0].id}`)).status).toBe(404)
  expect((await other.get('/v1/budgets')).body).toEqual({ data: [], nextCursor: null })
})

test('only admins change budgets; whoever reads credits reads them', async () => {
  const company = await companyWith(1)
  const { id } = await budget(company, 1)
  const make = async (scopes: string[]) =>
    company.as(
      (await company.post('/v1/integrations', { name: 'K', kind: 'api', access: 'shared', scopes }))
        .body.key,
    )
  const reader = await make(['credits:read'])
  expect((await reader.get('/v1/budgets')).body.data).toHaveLength(1)
  expect((await reader.patch(`/v1/budgets/${id}`, { credits: 5 })).status).toBe(403)
  expect((await (await make(['credits:write'])).get('/v1/budgets')).status).toBe(403)
})
