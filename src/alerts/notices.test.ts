import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { mailServer, type ReceivedMail, type TestMailServer } from '../../tests/kit/mail-server.ts'

let server: TestMailServer
let house: TestHouse
beforeAll(async () => {
  server = await mailServer()
  house = await testHouse({
    workers: 4,
    settings: {
      mail: { smtpUrl: server.url, from: 'Sluice <credits@sluice.test>' },
      publicUrl: 'https://sluice.test',
    },
  })
})
afterAll(async () => {
  await house.close()
  await server.close()
})

const credit = { type: 'call', durationSeconds: 700 }
const charge = (company: TestCompany, quantity: number) =>
  company.post('/v1/credits/charges', {
    items: Array.from({ length: quantity }, () => credit),
    feature: 'x',
  })
const fund = (company: TestCompany, credits: number) =>
  company.post('/v1/credits/grants', { source: 'purchased', credits })

async function companyWithAdmins(asked = {}) {
  const company = await house.newCompany(asked)
  const [tag] = company.id.slice(-8).split('_')
  const admins = [`tech-${tag}@ourside.test`, `business-${tag}@ourside.test`]
  const member = (role: string, email: string) =>
    company.post('/v1/members', { name: role, email, role })
  const made = [await member('tech_admin', admins[0]!), await member('business_admin', admins[1]!)]
  await member('member', `member-${tag}@ourside.test`)
  return { company, admins, adminIds: made.map(({ body }) => body.id as string) }
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer holds
const notices = async (company: TestCompany, kind?: string): Promise<any[]> => {
  const { data } = (await company.get('/v1/notifications', { limit: 1000 })).body
  // biome-ignore lint/suspicious/noExplicitAny: as above
  return data.filter((notice: any) => kind === undefined || notice.kind === kind)
}
const receivedBy = (addresses: string[]) =>
  server.received.filter(({ to }) => to.some((address) => addresses.includes(address)))

test('a hundred charges at once from 0 to 100 percent cross five thresholds, each told once', async () => {
  const { company, admins } = await companyWithAdmins()
  await fund(company, 100)
  const answers = await Promise.all(Array.from({ length: 100 }, () => charge(company, 1)))
  expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(201))
  const told = await notices(company, 'threshold')
  expect(told.flatMap(({ thresholds }) => thresholds).sort((a, b) => a - b)).toEqual([
    ...[60, 80, 90, 95, 100],
  ])
  for (const { percent, thresholds, used, total } of told) {
    expect(percent).toBe(thresholds.at(-1))
    expect((used / total) * 100).toBe(percent)
  }
  expect(told[0]).toMatchObject({ percent: 100, exhausted: true, available: 0, cause: 'charge' })
  await expect.poll(() => receivedBy(admins).length, { timeout: 15_000 }).toBe(told.length * 2)
  const ids = new Set(receivedBy(admins).map(({ parsed }) => parsed.messageId))
  expect(ids.size).toBe(told.length * 2)
  const stored = (await company.get('/v1/mails', { limit: 1000 })).body.data
  expect(new Set(stored.map((mail: { messageId: string }) => mail.messageId))).toEqual(ids)
})

test('a jump over several thresholds is one message that names the highest', async () => {
  const { company, admins, adminIds } = await companyWithAdmins({ timezone: 'Europe/Oslo' })
  await fund(company, 100)
  const { body } = await charge(company, 93)
  expect(body.thresholdsReached).toEqual([60, 80, 90])
  const [notice, ...others] = await notices(company, 'threshold')
  expect(others).toEqual([])
  expect(notice).toMatchObject({
    ...{ thresholds: [60, 80, 90], percent: 90, cause: 'charge', usedPercent: 93 },
    ...{ title: '90 % of the credits are used', readAt: null, available: 7, total: 100 },
  })
  expect(notice.text).toContain('93.0 of 100.0 credits are used (93.0 %); 7.0 available.')
  await expect.poll(() => receivedBy(admins).length, { timeout: 5_000 }).toBe(2)
  const [{ parsed }] = receivedBy([admins[0]!]) as [ReceivedMail]
  expect(parsed.subject).toBe('90 % of the credits are used – Test company')
  expect(parsed.text).toContain('Thresholds passed at once: 60, 80, 90 %.')
  expect(parsed.text).toContain('https://sluice.test/credits')
  const firstMail = async () => (await company.get('/v1/mails')).body.data[0]
  await expect.poll(async () => (await firstMail()).status).toBe('sent')
  const mail = await firstMail()
  expect(mail).toMatchObject({ attempts: 1, kind: 'threshold' })
  expect(adminIds).toContain(mail.memberId)
})

test('only those who are chosen are told', async () => {
  const { company, admins, adminIds } = await companyWithAdmins()
  await company.patch('/v1/company', { alertRecipients: [adminIds[1]] })
  await fund(company, 10)
  await charge(company, 6)
  await expect.poll(() => receivedBy(admins).length).toBe(1)
  expect(receivedBy([admins[1]!])).toHaveLength(1)
})

test('a grant arms thresholds again, a refund does not; a grant makes no mail', async () => {
  const { company, admins } = await companyWithAdmins()
  await fund(company, 10)
  const first = await charge(company, 6)
  await company.post(`/v1/credits/charges/${first.body.id}/refund`, { reason: 'r' })
  await charge(company, 6)
  expect(await notices(company, 'threshold')).toHaveLength(1)
  await fund(company, 90)
  await charge(company, 60)
  expect(await notices(company, 'threshold')).toHaveLength(2)
  await expect.poll(() => receivedBy(admins).length).toBe(4)
  const granted = await notices(company, 'granted')
  expect(granted.map(({ credits }) => credits)).toEqual([90, 10])
  expect(granted[0].grantId).toMatch(/^grt_/)
})

test('spending the last again after a refund is shown and not mailed', async () => {
  const { company, admins } = await companyWithAdmins()
  await fund(company, 10)
  const all = await charge(company, 10)
  await company.post(`/v1/credits/charges/${all.body.id}/refund`, { reason: 'r' })
  await charge(company, 10)
  const kinds = (await notices(company)).map(({ kind }) => kind)
  expect(kinds).toEqual(['exhausted', 'threshold', 'granted'])
  await house.queue.drain(company.no, new Date())
  expect(receivedBy(admins)).toHaveLength(2)
})

test('an expiry that raises the share says so, while the clock is moved', async () => {
  const { company, admins } = await companyWithAdmins({ testClock: '2026-01-10T00:00:00Z' })
  await fund(company, 100)
  await charge(company, 50)
  await company.post('/v1/credits/grants', {
    ...{ source: 'adjustment', credits: 100, expiresAt: '2026-02-01T00:00:00Z', reason: 'x' },
  })
  await charge(company, 40)
  expect(await notices(company, 'threshold')).toHaveLength(0)
  await company.post('/v1/test-clock/advance', { to: '2026-03-01T00:00:00Z' })
  // All of it has happened when the clock has been moved.
  const [notice, ...others] = await notices(company, 'threshold')
  expect(others).toEqual([])
  expect(notice).toMatchObject({
    thresholds: [60],
    cause: 'expiry',
    at: '2026-02-01T00:00:00.000Z',
  })
  expect(notice.text).toMatch(/^Unused credits expired, which raised the share that is used\. /)
  expect(receivedBy(admins)).toHaveLength(2)
  const mails = (await company.get('/v1/mails')).body.data
  expect(mails).toMatchObject([{ status: 'sent' }, { status: 'sent' }])
  expect(mails[0]).toMatchObject({ at: notice.at, sentAt: notice.at })
  expect(receivedBy(admins)[0]?.parsed.date?.toISOString()).toBe(notice.at)
})

test('a notice is read once, by whom it is for; others do not know it', async () => {
  const { company } = await companyWithAdmins()
  const other = await house.newCompany()
  await fund(company, 10)
  await charge(company, 6)
  const [notice] = await notices(company, 'threshold')
  const read = await company.post(`/v1/notifications/${notice.id}/read`)
  expect(read.body).toMatchObject({ id: notice.id, readAt: expect.any(String) })
  const again = await company.post(`/v1/notifications/${notice.id}/read`)
  expect(again.body.readAt).toBe(read.body.readAt)
  expect((await other.post(`/v1/notifications/${notice.id}/read`)).status).toBe(404)
  expect((await company.get('/v1/notifications', { unread: 'true' })).body.data).toMatchObject([
    { kind: 'granted' },
  ])
})

test('a member sees what is for them, a program the whole company', async () => {
  const { company, adminIds } = await companyWithAdmins()
  await company.patch('/v1/company', { alertRecipients: [adminIds[0]] })
  await fund(company, 10)
  await charge(company, 6)
  await house.queue.drain(company.no, new Date())
  const personal = async (memberId: string) => {
    const asked = { name: 'p', access: 'personal', memberId, scopes: ['data:read'] }
    const { key } = (await company.post('/v1/integrations', asked)).body
    return (await company.as(key).get('/v1/notifications')).body.data.length
  }
  expect(await personal(adminIds[0]!)).toBe(2)
  expect(await personal(adminIds[1]!)).toBe(0)
  const shared = await company.post('/v1/integrations', { name: 's', scopes: ['data:read'] })
  expect((await company.as(shared.body.key).get('/v1/notifications')).status).toBe(403)
})

test('pages of notices are complete and without repeats', async () => {
  const { company } = await companyWithAdmins()
  await fund(company, 100)
  for (const count of [60, 20, 10, 5, 5]) await charge(company, count)
  const seen: string[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const query: Record<string, string | number> = { limit: 2, ...(cursor ? { cursor } : {}) }
    const { body } = await company.get('/v1/notifications', query)
    seen.push(...body.data.map(({ id }: { id: string }) => id))
    cursor = body.nextCursor
  }
  expect(new Set(seen).size).toBe(6)
  expect(seen).toEqual((await notices(company)).map(({ id }) => id))
})
