import { afterAll, beforeAll, expect, test } from 'vitest'
import { type TestHouse, testHouse } from '../../tests/kit/house.ts'
import { mailServer, type TestMailServer } from '../../tests/kit/mail-server.ts'

const PUBLIC = 'https://credits.example.com'
const site = { host: 'credits.example.com', origin: PUBLIC }
let server: TestMailServer
let house: TestHouse
beforeAll(async () => {
  server = await mailServer()
  const mail = { smtpUrl: server.url, from: 'Sluice <credits@sluice.test>' }
  house = await testHouse({ workers: 2, settings: { mail, publicUrl: PUBLIC } })
})
afterAll(async () => {
  await house.close()
  await server.close()
})

test('an invited member gets the link by mail, it works once, and the database forgets it', async () => {
  const company = await house.newCompany({ name: 'Northwind' })
  const asked = { name: 'Bo\r\nBcc: x@evil.test', email: 'bo@northwind.test' }
  const { id } = (await company.post('/v1/members', asked)).body
  const invited = await company.post(`/v1/members/${id}/invitation`)
  expect(invited.body).toMatchObject({ token: expect.any(String), mailed: true })
  await expect.poll(() => server.received.length, { timeout: 30_000 }).toBe(1)
  const { to, parsed } = server.received[0]!
  expect(to).toEqual(['bo@northwind.test'])
  expect([parsed.subject, parsed.bcc]).toEqual([
    ...['Choose a password for Northwind – Northwind', undefined],
  ])
  expect(parsed.text).toContain('an admin of Northwind added you')
  const [, token] = /https:\/\/credits\.example\.com\/invitation#([0-9a-z]+)/.exec(parsed.text!)!
  expect(parsed.html).toContain(`#${token}`)
  expect(token).toBe(invited.body.token)
  const look = await house
    .client()
    .post('/v1/invitations/look', { token }, { key: null, headers: site })
  expect(look.body.email).toBe('bo@northwind.test')

  const shown = async () => (await company.get('/v1/mails', { kind: 'invitation' })).body.data[0]
  await expect.poll(async () => (await shown()).status, { timeout: 30_000 }).toBe('sent')
  expect(JSON.stringify(await shown())).not.toContain(token)
  expect((await shown()).text).toContain('/invitation#…')
  const { rows } = await house.database.asOwner(
    `select (select string_agg(m::text, '') from mail m)
      || coalesce((select string_agg(j::text, '') from graphile_worker._private_jobs j), '') as all`,
  )
  expect(rows[0].all).not.toContain(token)
})

test('a mail that is refused for good forgets the link too, and the admins are told', async () => {
  const company = await house.newCompany({ name: 'Refused' })
  server.next.push('550 recipient')
  const asked = { name: 'Bo', email: 'nobody@refused.test' }
  const { id } = (await company.post('/v1/members', asked)).body
  const { token } = (await company.post(`/v1/members/${id}/invitation`)).body
  const shown = async () => (await company.get('/v1/mails')).body.data[0]
  await expect.poll(async () => (await shown()).status, { timeout: 30_000 }).toBe('failed')
  expect(JSON.stringify(await shown())).not.toContain(token)
})

test('without a mail server nothing is kept that would open the way in', async () => {
  const plain = await testHouse({ settings: { publicUrl: PUBLIC } })
  const company = await plain.newCompany()
  const { id } = (await company.post('/v1/members', { name: 'Bo', email: 'bo@plain.test' })).body
  const invited = await company.post(`/v1/members/${id}/invitation`)
  expect(invited.body.mailed).toBe(false)
  expect((await company.get('/v1/mails')).body.data).toEqual([])
  await plain.close()
})
