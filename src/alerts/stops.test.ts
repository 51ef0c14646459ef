import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { mailServer, type TestMailServer } from '../../tests/kit/mail-server.ts'

let server: TestMailServer
let house: TestHouse
beforeAll(async () => {
  server = await mailServer()
  const mail = { smtpUrl: server.url, from: 'credits@sluice.test' }
  house = await testHouse({ workers: 4, settings: { mail } })
})
afterAll(async () => {
  await house.close()
  await server.close()
})

const at = '2026-01-10T00:00:00Z'

async function companyWithAdmin(asked = {}) {
  const company = await house.newCompany(asked)
  const email = `tech@${company.id.slice(-8).replace('_', '')}.test`
  const { body } = await company.post('/v1/members', { name: 'Tech', email, role: 'tech_admin' })
  const received = (to: string) => server.received.filter((mail) => mail.to.includes(to))
  return { company, email, adminId: body.id as string, received }
}

async function publish(company: TestCompany, name: string): Promise<string> {
  const asked = { kind: 'question', name, question: `Is ${name} talked about?` }
  const made = await company.post('/v1/trackers', { ...asked, itemTypes: ['call'] })
  expect(made.status, made.text).toBe(201)
  const published = await company.post(`/v1/trackers/${made.body.id}/publish`, {})
  expect(published.status, published.text).toBe(200)
  return made.body.id
}
const fund = (company: TestCompany, credits: number) =>
  company.post('/v1/credits/grants', { source: 'purchased', credits })
const spend = (company: TestCompany, count: number) =>
  company.post('/v1/credits/charges', {
    items: Array.from({ length: count }, () => ({ type: 'call', durationSeconds: 700 })),
    feature: 'x',
  })
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
const noticesOf = async (company: TestCompany, kind: string): Promise<any[]> =>
  (await company.get('/v1/notifications', { limit: 1000 })).body.data.filter(
    (notice: { kind: string }) => notice.kind === kind,
  )

test('trackers that stop at zero have a notice each and one mail together; followers are told too', async () => {
  const { company, email, received } = await companyWithAdmin({ testClock: at })
  await fund(company, 10)
  const ids = [await publish(company, 'pricing'), await publish(company, 'churn')]
  const follower = await company.post('/v1/members', { name: 'F', email: `f.${email}` })
  const filter = { trackers: [{ trackerId: ids[0], found: true }] }
  const stream = await company.post('/v1/streams', { name: 'Pricing calls', filter })
  expect(stream.status, stream.text).toBe(201)
  const memberId = follower.body.id
  await company.post(`/v1/streams/${stream.body.id}/followers`, { memberId })

  await spend(company, 10)
  await company.post('/v1/test-clock/advance', { to: at })
  const stops = await noticesOf(company, 'tracker_stopped')
  expect(stops.map(({ trackerId }) => trackerId).sort()).toEqual([...ids].sort())
  expect(stops[0]).toMatchObject({
    ...{ reason: 'out_of_credits', since: '2026-01-10T00:00:00.000Z', available: 0, held: 0 },
    ...{ at: '2026-01-10T00:00:00.000Z', readAt: null },
  })
  const mails = received(email).filter(({ parsed }) => /stopped/.test(parsed.subject ?? ''))
  expect(mails.map(({ parsed }) => parsed.subject)).toEqual([
    '2 trackers have stopped – Test company',
  ])
  for (const name of ['pricing', 'churn']) {
    expect(mails[0]?.parsed.text).toContain(`The tracker “${name}” has stopped`)
  }
  expect(received(`f.${email}`).map(({ parsed }) => parsed.subject)).toEqual([
    'The tracker “pricing” has stopped – Test company',
  ])

  await fund(company, 10)
  await company.post(`/v1/trackers/${ids[0]}/resume`, { missed: 'none' })
  expect(await noticesOf(company, 'tracker_resumed')).toMatchObject([{ trackerName: 'pricing' }])
})

test('in real time the mail about stops waits for others, the notices do not', async () => {
  const { company, email, received } = await companyWithAdmin()
  await fund(company, 10)
  await publish(company, 'a')
  await publish(company, 'b')
  await spend(company, 10)
  await expect.poll(async () => (await noticesOf(company, 'tracker_stopped')).length).toBe(2)
  const stopped = () => received(email).filter(({ parsed }) => /stopped/.test(parsed.subject ?? ''))
  await new Promise((done) => setTimeout(done, 2_000))
  expect(stopped()).toHaveLength(0)
  await expect.poll(() => stopped().length, { timeout: 15_000 }).toBe(1)
  expect(stopped()[0]?.parsed.subject).toMatch(/^2 trackers/)
}, 30_000)

test('a budget that is reached is told with its numbers', async () => {
  const { company, email, adminId, received } = await companyWithAdmin()
  await fund(company, 100)
  const scope = { type: 'member', id: adminId }
  const made = await company.post('/v1/budgets', { scope, period: 'month', credits: 10 })
  expect(made.status, made.text).toBe(201)
  const items = Array.from({ length: 9 }, () => ({ type: 'call', durationSeconds: 700 }))
  await company.post('/v1/credits/charges', { items, feature: 'x', memberId: adminId })
  await expect.poll(() => received(email).length).toBe(1)
  expect(received(email)[0]?.parsed.subject).toBe(
    '80 % of the budget of the member “Tech” is used – Test company',
  )
  expect(received(email)[0]?.parsed.text).toContain('9.0 credits used, of 10.0 until')
  expect(await noticesOf(company, 'budget')).toMatchObject([
    { budgetId: made.body.id, percent: 80, credits: 10, scope },
  ])
})

test('a budget of an instance is told by the instance’s name', async () => {
  const { company, email, received } = await companyWithAdmin()
  await fund(company, 100)
  const scope = { type: 'instance', id: 'trk_of_somebody' }
  await company.post('/v1/budgets', { scope, period: 'month', credits: 1 })
  const instance = { id: scope.id, name: 'Card problems' }
  const items = [{ type: 'call', durationSeconds: 700 }]
  await company.post('/v1/credits/charges', { items, feature: 'x', instance })
  await expect.poll(() => received(email).length).toBe(1)
  expect(received(email)[0]?.parsed.subject).toContain('the instance “Card problems” is used')
})
