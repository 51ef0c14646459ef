import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { type TestCompany, type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { mailServer, type TestMailServer } from '../../tests/kit/mail-server.ts'
import type { Database } from '../platform/database.ts'
import { openMailer } from '../platform/mail.ts'
import { openOutbound } from '../platform/outbound.ts'
import type { AlertDeps } from './service/deps.ts'
import { deliverMail } from './service/mails.ts'

const from = 'Sluice <credits@sluice.test>'
let server: TestMailServer
let port: number
/** Works on jobs by itself. */
let house: TestHouse
/** A second server on the same database. */
let second: TestHouse
beforeAll(async () => {
  server = await mailServer()
  port = server.port
  const settings = { mail: { smtpUrl: server.url, from } }
  house = await testHouse({ workers: 4, settings })
  second = await testHouse({ workers: 4, settings, on: house.database })
})
afterAll(async () => {
  await second.close()
  await house.close()
  await server.close()
})
afterEach(() => {
  server.next.length = 0
})

async function companyWithAdmins(asked: object = {}, admins = ['tech', 'business']) {
  const company = await house.newCompany({ ...asked })
  const domain = `${company.id.slice(-8)}.test`.replace('_', '')
  for (const name of admins) {
    const email = `${name}@${domain}`
    await company.post('/v1/members', { name, email, role: `${name}_admin` })
  }
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  return { company, received: () => server.received.filter(({ to }) => to[0]!.endsWith(domain)) }
}
const spend = (company: TestCompany, count: number) =>
  company.post('/v1/credits/charges', {
    items: Array.from({ length: count }, () => ({ type: 'call', durationSeconds: 700 })),
    feature: 'x',
  })
const mailsOf = async (company: TestCompany) =>
  (await company.get('/v1/mails', { limit: 1000 })).body.data
const noticesOf = async (company: TestCompany) =>
  (await company.get('/v1/notifications', { limit: 1000 })).body.data

test('mail waits while the server is down, and goes out soon after it is back, once', async () => {
  const { company, received } = await companyWithAdmins()
  await server.close()
  await spend(company, 60)
  await expect
    .poll(async () =>
      (await mailsOf(company)).map(({ attempts }: { attempts: number }) => attempts >= 1),
    )
    .toEqual([true, true])
  const waiting = await mailsOf(company)
  expect(waiting).toMatchObject(Array(2).fill({ status: 'queued', sentAt: null }))
  expect(waiting[0].error).toBeTruthy()
  expect(waiting[0].nextAt).toBeTruthy()
  const before = server.received
  server = await mailServer(port)
  server.received.push(...before)
  await expect.poll(() => received().length, { timeout: 10_000 }).toBe(2)
  await new Promise((done) => setTimeout(done, 1_500))
  expect(received()).toHaveLength(2)
  expect(await mailsOf(company)).toMatchObject(Array(2).fill({ status: 'sent', nextAt: null }))
}, 40_000)

test('a connection that breaks after the handover makes a second copy with the same Message-ID', async () => {
  const { company, received } = await companyWithAdmins({}, ['tech'])
  server.next.push('break after DATA')
  await spend(company, 60)
  await expect.poll(() => received().length, { timeout: 10_000 }).toBe(2)
  const [first, copy] = received()
  expect(copy!.parsed.messageId).toBe(first!.parsed.messageId)
  expect(copy!.parsed.text).toBe(first!.parsed.text)
  const [mail, ...others] = await mailsOf(company)
  expect(others).toEqual([])
  expect(mail.messageId).toBe(first!.parsed.messageId)
})

test('a process that ends between the handover and the mark sends a copy, nothing else', async () => {
  const quiet = await testHouse({ settings: { mail: { smtpUrl: server.url, from } } })
  const company = await quiet.newCompany()
  await company.post('/v1/members', { name: 't', email: 't@kill.test', role: 'tech_admin' })
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  await spend(company, 60)
  const { rows } = await quiet.database.asOwner(
    `select payload ->> 'alertId' as id from graphile_worker._private_jobs
     where payload ->> 'alertId' is not null order by id`,
  )
  const deps: AlertDeps = {
    ...{ db: quiet.db, clock: quiet.clock, log: quiet.log, publicUrl: undefined },
    mailer: openMailer({ smtpUrl: server.url, from }),
    outbound: openOutbound({ allowPrivate: false }),
    followersOf: async () => [],
  }
  const { tell } = await import('./service/tell.ts')
  for (const { id } of rows) await tell(deps, company.no, id)
  const [mail] = await mailsOf(company)
  const job = { companyNo: company.no, id: mail.id, turn: null, isLastAttempt: false }
  const dying: Database = { ...quiet.db, company: () => Promise.reject(new Error('killed')) }
  await expect(deliverMail({ ...deps, db: dying }, job)).rejects.toThrow('killed')
  await deliverMail(deps, job)
  await deliverMail(deps, job)
  const copies = server.received.filter(({ to }) => to[0] === 't@kill.test')
  expect(copies.map(({ parsed }) => parsed.messageId)).toEqual([mail.messageId, mail.messageId])
  // Those jobs find everything done.
  await quiet.workUntilIdle()
  expect(server.received.filter(({ to }) => to[0] === 't@kill.test')).toHaveLength(2)
  await quiet.close()
})

test('two servers that work on the same mails send each once', async () => {
  const all = await Promise.all(Array.from({ length: 12 }, () => companyWithAdmins()))
  await Promise.all(all.map(({ company }) => spend(company, 60)))
  await Promise.all(all.map(({ company }) => spend(company, 40)))
  const count = () => all.reduce((sum, { received }) => sum + received().length, 0)
  await expect.poll(count, { timeout: 20_000 }).toBe(48)
  await new Promise((done) => setTimeout(done, 1_500))
  expect(count()).toBe(48)
  const ids = all.flatMap(({ received }) => received().map(({ parsed }) => parsed.messageId))
  expect(new Set(ids).size).toBe(48)
}, 40_000)

test('a mail that is refused for good has failed, and the admins see it in the app', async () => {
  const { company, received } = await companyWithAdmins({}, ['tech'])
  server.next.push('550 recipient')
  await spend(company, 60)
  await expect.poll(async () => (await mailsOf(company))[0]?.status).toBe('failed')
  const [mail, ...others] = await mailsOf(company)
  expect(others).toEqual([])
  expect(mail).toMatchObject({ attempts: 1, error: expect.stringContaining('550') })
  const [notice] = await noticesOf(company)
  expect(notice).toMatchObject({ kind: 'mail_failed', mailId: mail.id, to: mail.to })
  expect(received()).toHaveLength(0)
})

test('on a test clock, mail that cannot be sent has failed when the clock was moved', async () => {
  const down = await mailServer()
  await down.close()
  const quiet = await testHouse({ settings: { mail: { smtpUrl: down.url, from } } })
  const company = await quiet.newCompany({ testClock: '2026-01-01T00:00:00Z' })
  await company.post('/v1/members', { name: 't', email: 't@down.test', role: 'tech_admin' })
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  await spend(company, 60)
  await company.post('/v1/test-clock/advance', { to: '2026-01-01T00:00:00Z' })
  const [mail] = await mailsOf(company)
  expect(mail).toMatchObject({ status: 'failed', at: '2026-01-01T00:00:00.000Z', sentAt: null })
  const [notice] = await noticesOf(company)
  expect(notice).toMatchObject({ kind: 'mail_failed', at: '2026-01-01T00:00:00.000Z' })
  await quiet.close()
})

test('without a mail server, mail is kept and shown', async () => {
  const quiet = await testHouse({ workers: 2 })
  const company = await quiet.newCompany()
  await company.post('/v1/members', { name: 't', email: 't@none.test', role: 'tech_admin' })
  await company.post('/v1/credits/grants', { source: 'purchased', credits: 100 })
  await spend(company, 60)
  await expect.poll(async () => (await mailsOf(company)).length).toBe(1)
  expect((await mailsOf(company))[0]).toMatchObject({
    status: 'queued',
    attempts: 0,
    to: 't@none.test',
  })
  await quiet.close()
})

test('what a company or a person is called stays text in their mail', async () => {
  const name = 'Evil\r\nBcc: x@y.test\r\n<script>alert(1)</script> & "Co"'
  const { company, received } = await companyWithAdmins({ name }, [])
  const email = `o'neil+x@${company.id.slice(-8).replace('_', '')}.test`
  await company.post('/v1/members', { name: 'A\r\nX: 1', email, role: 'tech_admin' })
  await spend(company, 60)
  await expect.poll(() => received().length).toBe(1)
  const [{ raw, parsed }] = received() as [ReturnType<typeof received>[0]]
  expect(raw.split('\r\n\r\n', 1)[0]).not.toMatch(/^(bcc|x):/im)
  expect(parsed.html).not.toContain('<script>alert')
  expect(parsed.html).toContain('&#60;script&#62;')
})
