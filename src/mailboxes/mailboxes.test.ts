import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  IMAP_PASSWORD,
  IMAP_USER,
  imapServer,
  type TestImapServer,
} from '../../tests/kit/imap-server.ts'
import { type Desk, openDesk } from '../conversations/tests/desk.ts'
import { openFolder } from '../platform/imap.ts'
import { createLog } from '../platform/log.ts'
import { openOutbound } from '../platform/outbound.ts'
import { openSecretBox } from '../platform/secret-box.ts'
import type { MailboxDeps } from './service/deps.ts'
import { followOne } from './service/follow.ts'
import {
  changeMailbox,
  checkMailboxNow,
  makeMailbox,
  readMailbox,
  removeMailbox,
} from './service/mailboxes.ts'
import { NewMailbox } from './shapes.ts'

let desk: Desk
let deps: MailboxDeps
let server: TestImapServer
beforeAll(async () => {
  desk = await openDesk()
  deps = {
    ...{ ...desk.deps, log: createLog('silent'), openFolder },
    outbound: openOutbound({ allowPrivate: true }),
    secrets: openSecretBox('a key for these tests only'),
  }
})
afterAll(() => desk?.close())
beforeEach(async () => {
  desk.arrived.length = 0
  server = await imapServer([mail('one'), mail('two')])
})
afterEach(() => server.close())

let made = 0
/** A message whose id is its own in each test. */
function mail(name: string, more = ''): string {
  return `From: Cora <cora@customer.test>\nTo: rea@ourside.test\nDate: Mon, 15 Jun 2026 10:00:00 +0000\nMessage-ID: <${made}-${name}@customer.test>\nSubject: ${name}\n${more}\nWe have a budget.\n`
}

async function follow(more: object = {}) {
  made += 1
  const asked = NewMailbox.parse({
    ...{ host: '127.0.0.1', port: server.port, tls: 'none', user: IMAP_USER },
    ...{ password: IMAP_PASSWORD, ...more },
  })
  return makeMailbox(deps, desk.key, asked)
}

async function look(id: string, signal = new AbortController().signal) {
  await checkMailboxNow(deps, desk.key, id)
  await followOne(deps, 1, id, signal)
  return readMailbox(deps, desk.key, id)
}

const titles = () => desk.arrived.map(({ title }) => title)

describe('a mailbox', () => {
  test('brings what was there as history, and what comes later as new, each once', async () => {
    const { id } = await follow()
    expect(await look(id)).toMatchObject({ imported: 2n, lastUid: 2n, error: null })
    expect(titles()).toEqual([])
    server.deliver(mail('three'))
    server.deliver(mail('four'))
    expect(await look(id)).toMatchObject({ imported: 4n, lastUid: 4n, failures: 0 })
    expect(titles()).toEqual(['three', 'four'])
    expect(await look(id)).toMatchObject({ imported: 4n, rejectedCount: 0n })
    expect(server.flags()).toEqual([[], [], [], []])
  })

  test('may bring what was there as new, or leave it out', async () => {
    const asNew = await follow({ existing: 'new' })
    expect(await look(asNew.id)).toMatchObject({ imported: 2n })
    expect(titles()).toEqual(['one', 'two'])
    const skipping = await follow({ existing: 'skip' })
    server.deliver(mail('later'))
    // The first look learns where the folder ends; what comes behind is new.
    expect(await look(skipping.id)).toMatchObject({ lastUid: 3n, imported: 0n })
    server.deliver(mail('even later'))
    expect(await look(skipping.id)).toMatchObject({ imported: 1n })
  })

  test('brings nothing twice when the server counts anew, and misses nothing', async () => {
    const { id } = await follow()
    await look(id)
    server.deliver(mail('kept'))
    await look(id)
    server.renumber()
    server.deliver(mail('after'))
    expect(await look(id)).toMatchObject({ imported: 4n, uidValidity: 8n, lastUid: 4n })
    expect(titles()).toEqual(['kept', 'after'])
  })

  test('passes over an email that came another way', async () => {
    await desk.upload('message/rfc822', mail('one'))
    const { id } = await follow()
    expect((await look(id)).imported).toBe(1n)
    server.deliver(mail('own'))
    await desk.upload('message/rfc822', mail('own'))
    expect((await look(id)).imported).toBe(1n)
    expect(titles()).toEqual(['one', 'own'])
  })

  test('tells what it could not read, and goes on behind it', async () => {
    const { id } = await follow()
    await look(id)
    server.deliver('Subject: nobody sent this\n\nx\n')
    server.deliver(
      mail('cut', 'Content-Type: multipart/mixed; boundary=xyz\n').replace(/$/, '--xyz\n\nhalf\n'),
    )
    server.deliver(mail('good'))
    expect(await look(id)).toMatchObject({
      ...{ imported: 3n, rejectedCount: 2n, lastUid: 5n },
      rejected: [
        { uid: 3, error: expect.stringMatching(/no sender/) },
        { uid: 4, error: expect.stringMatching(/cut off/) },
      ],
    })
  })

  test('says why it fails, waits longer each time, and recovers', async () => {
    const { id } = await follow({ password: 'wrong' })
    const first = await look(id)
    expect(first).toMatchObject({ failures: 1, error: expect.stringMatching(/password/) })
    expect(first.failingSince).toBeInstanceOf(Date)
    const second = await look(id)
    const wait = (one: typeof first) => one.nextCheckAt.getTime() - desk.clock.now().getTime()
    expect([second.failures, wait(second)]).toEqual([2, 2 * wait(first)])
    await changeMailbox(deps, desk.key, id, { password: IMAP_PASSWORD })
    expect(await look(id)).toMatchObject({ failures: 0, error: null, failingSince: null })

    await changeMailbox(deps, desk.key, id, { folder: 'No such folder' })
    expect((await look(id)).error).toMatch(/No such folder|refused/)
    await changeMailbox(deps, desk.key, id, { folder: 'INBOX' })
    expect(await look(id)).toMatchObject({ error: null })
  })

  test('goes on where it stopped when the connection breaks', async () => {
    const { id } = await follow({ existing: 'new' })
    const broken = {
      ...deps,
      // The line breaks behind the first message.
      openFolder: async (...asked: Parameters<typeof openFolder>) => {
        const folder = await openFolder(...asked)
        return {
          ...folder,
          async *messagesAfter(uid: number) {
            for await (const message of folder.messagesAfter(uid)) {
              yield message
              server.cut()
            }
          },
        }
      },
    }
    await checkMailboxNow(deps, desk.key, id)
    await followOne(broken, 1, id, new AbortController().signal)
    expect((await readMailbox(deps, desk.key, id)).failures).toBe(1)
    expect(await look(id)).toMatchObject({ imported: 2n, failures: 0 })
    expect(titles()).toEqual(['one', 'two'])
  })

  test('writes nothing more once it was changed or ended', async () => {
    const { id } = await follow({ existing: 'new' })
    const during = {
      ...deps,
      openFolder: async (...asked: Parameters<typeof openFolder>) => {
        const folder = await openFolder(...asked)
        await removeMailbox(deps, desk.key, id)
        return folder
      },
    }
    await followOne(during, 1, id, new AbortController().signal)
    expect(titles()).toEqual([])
  })

  test('is looked into by one server at a time', async () => {
    const { id } = await follow({ existing: 'new' })
    const signal = new AbortController().signal
    await Promise.all([1, 2, 3, 4].map(() => followOne(deps, 1, id, signal)))
    expect(server.connections).toBe(1)
    expect(titles()).toEqual(['one', 'two'])
  })
})

describe('the password', () => {
  test('is in the database only sealed, and opens only in its own row', async () => {
    const { id, sealedPassword } = await follow()
    const { rows } = await desk.database.asOwner('select * from mailbox where id = $1', [id])
    expect(JSON.stringify(rows)).not.toContain(IMAP_PASSWORD)
    expect(rows[0].sealed_password.toString('latin1')).not.toContain(IMAP_PASSWORD)
    expect(deps.secrets.open(sealedPassword, 'mailbox 1 another')).toBeUndefined()
    const other = { ...deps, secrets: openSecretBox('another key, of another server') }
    await followOne(other, 1, id, new AbortController().signal)
    expect((await readMailbox(deps, desk.key, id)).error).toMatch(/another key/)
  })

  test('is not sent to another server than it was given for', async () => {
    const { id } = await follow()
    for (const change of [{ host: 'localhost' }, { port: 1 }, { user: 'other' }] as const) {
      await expect(changeMailbox(deps, desk.key, id, change)).rejects.toThrow(/given anew/)
    }
  })
})

test('private addresses and plain connections are refused', async () => {
  const strict = { ...deps, outbound: openOutbound({ allowPrivate: false }) }
  const asked = (more: object) =>
    NewMailbox.parse({ host: 'mail.example.com', user: 'u', password: 'p', ...more })
  const refused: [object, RegExp][] = [
    [{ host: '127.0.0.1' }, /public address/],
    [{ host: 'localhost' }, /public address/],
    [{ host: '10.0.0.8' }, /public address/],
    [{ host: '::1' }, /public address/],
    [{ tls: 'none' }, /implicit or starttls/],
    [{ port: 22 }, /143 or 993/],
  ]
  for (const [more, reason] of refused) {
    await expect(makeMailbox(strict, desk.key, asked(more))).rejects.toThrow(reason)
  }
  // A name that leads inside is found out when it is looked up.
  const resolve = async () => [{ address: '192.168.1.4', family: 4 }]
  const led = { ...deps, outbound: openOutbound({ allowPrivate: false, resolve }) }
  const { id } = await makeMailbox(led, desk.key, asked({}))
  await followOne(led, 1, id, new AbortController().signal)
  expect((await readMailbox(deps, desk.key, id)).error).toMatch(/not public/)
})
