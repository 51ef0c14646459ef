// biome-ignore-all lint/suspicious/noThenProperty: the wire contract's word; nobody awaits it
import { pino } from 'pino'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ComposeRequest, ReadRequest } from '../src/ai/model.ts'
import { createScripted } from '../src/ai/scripted.ts'
import { type TestCompany, type TestHouse, testHouse } from './kit/house.ts'
import { signedIn } from './kit/people.ts'
import { anEmail, aTracker, CLOCK, fund } from './kit/samples.ts'

const WORD = 'Xylomarker'
const ADDRESS = 'Wilma.Gone@erased-person.test'
const KEY = { key: 'the-key' }

/** Quotes all that it reads, as the most talkative model would. */
const model = createScripted({
  read: ({ item }: ReadRequest) => {
    const turn = item.turns.at(-1)!
    const occurrences = [{ turn: turn.turn, quote: turn.text }]
    return { found: true, answer: `It says: ${turn.text}`, occurrences }
  },
  compose: ({ items }: ComposeRequest) => {
    const citations = items.map(({ type, id, turns }) => {
      const turn = turns.at(-1)!
      return { itemType: type, itemId: id, turn: turn.turn, quote: turn.text }
    })
    return { paragraphs: [{ text: `They say ${citations[0]?.quote}`, citations }] }
  },
})

let logged = ''
let house: TestHouse
let company: TestCompany
beforeAll(async () => {
  const log = pino(
    { level: 'trace' },
    {
      write: (line: string) => {
        logged += line
      },
    },
  )
  house = await testHouse({ model, log: log as never })
  company = await house.newCompany({ testClock: CLOCK })
})
afterAll(() => house.close())

/** The tables that hold a text anywhere: in any column of any type, bytes included. */
async function whereIs(text: string): Promise<string[]> {
  const { rows: tables } = await house.database.asOwner(
    `select format('%I.%I', n.nspname, c.relname) as name from pg_class c
     join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'm') and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
     order by 1`,
  )
  const wanted = [
    text,
    Buffer.from(text).toString('hex'),
    Buffer.from(text.toLowerCase()).toString('hex'),
  ]
  const found: string[] = []
  for (const { name } of tables) {
    const { rows } = await house.database.asOwner(
      `select count(*)::int as n from ${name} t
       where lower(to_jsonb(t)::text) like any (select '%' || lower(w) || '%' from unnest($1::text[]) w)`,
      [wanted],
    )
    if (rows[0].n > 0) found.push(name.replace('public.', ''))
  }
  return found
}

const marked = (id: string, more: object = {}) =>
  anEmail(id, {
    from: { name: 'Wilma Gone', email: ADDRESS },
    subject: `About ${WORD}`,
    text: `We talk of ${WORD} here. Write to ${ADDRESS}.`,
    ...more,
  })

test('an erased person is nowhere in the database nor in the logs, whatever was made of them', async () => {
  await fund(company, 100)
  const reader = await signedIn(house, company, 'reader@ours.test')
  await company.post('/v1/contacts', { name: 'Wilma Gone', email: ADDRESS }, KEY)
  const account = await company.post('/v1/accounts', {
    name: 'Theirs',
    domains: ['erased-person.test'],
  })
  const entity = { type: 'account', id: account.body.id }
  const tracker = await aTracker(company, { itemTypes: ['email'] })
  const stream = await company.post('/v1/streams', {
    name: 'All',
    filter: { trackers: [{ trackerId: tracker, found: true }] },
  })
  await company.post(`/v1/streams/${stream.body.id}/followers`, { memberId: reader.id })
  const sections = [
    { title: 'Said', source: 'conversations', question: 'What was said?' },
    { title: 'Found', source: 'trackers', trackerIds: [tracker] },
  ]
  const brief = await company.post('/v1/briefs', { name: 'Weekly', sections })
  const hook = { url: 'https://93.184.215.14/hook', events: ['tracker.stopped'] }
  await company.post('/v1/webhooks', hook)

  expect((await company.post('/v1/emails', marked('gone-1'), KEY)).status).toBe(201)
  const lines = [marked('gone-2'), marked('gone-3', { sentAt: 'never' }), anEmail('stays')]
  const body = lines.map((line) => JSON.stringify({ kind: 'email', ...line })).join('\n')
  const headers = { 'content-type': 'application/x-ndjson' }
  const imported = await company.post('/v1/import', body, { ...KEY, headers })
  expect(imported.body).toMatchObject({ accepted: 2, rejectedCount: 1 })
  await company.post('/v1/test-clock/advance', { to: CLOCK })

  const asked = await company.post('/v1/ask', { entity, question: 'What was said?' }, KEY)
  expect(asked.text).toContain(WORD)
  const dry = { entity, question: 'What was said?', dryRun: true }
  expect((await company.post('/v1/ask', dry, { key: 'dry' })).text).toContain(WORD)
  const generated = await company.post(`/v1/briefs/${brief.body.id}/generate`, { entity }, KEY)
  expect(generated.text).toContain(WORD)
  const automation = await company.post('/v1/automations', {
    name: 'Daily',
    when: { type: 'schedule', every: 'day', at: '14:00' },
    then: { briefId: brief.body.id, entity, deliverTo: [reader.id] },
  })
  expect(automation.status, automation.text).toBe(201)
  const ran = await company.post(`/v1/automations/${automation.body.id}/run`, {})
  expect(ran.body.status, ran.text).toBe('done')
  await company.post('/v1/test-clock/advance', { to: CLOCK })
  // An outside product says in its own words whom it worked for.
  const outside = {
    feature: 'outside',
    items: [
      { type: 'email', id: 'gone-1' },
      { type: 'email', id: 'stays' },
      { type: 'email', id: ADDRESS },
    ],
    metadata: { for: `Wilma <${ADDRESS}>`, about: WORD },
  }
  const charge = await company.post('/v1/credits/charges', outside)
  expect(charge.status, charge.text).toBe(201)
  const hold = { feature: 'outside', credits: 1, metadata: { for: ADDRESS } }
  expect((await company.post('/v1/credits/holds', hold)).status).toBe(201)

  // The negative control: it is looked for where it can be found.
  const before = new Set([...(await whereIs(WORD)), ...(await whereIs(ADDRESS))])
  for (const table of [
    ...['item', 'item_content', 'item_address', 'entity', 'request_key', 'answered_request'],
    ...['generated_brief', 'mail', 'alert', 'tracker_result', 'charge_detail', 'hold'],
  ]) {
    expect(before, table).toContain(table)
  }
  expect(await whereIs('gone-1')).toContain('charge_detail')

  const erased = await company.post('/v1/privacy/erase', { email: ADDRESS })
  expect(erased.body).toMatchObject({ emails: 2, contacts: 1 })
  await company.post('/v1/test-clock/advance', { to: CLOCK })
  expect(await whereIs(WORD)).toEqual([])
  expect(await whereIs(ADDRESS)).toEqual([])
  // The trail of what was done stays, and names what was put in.
  expect(await whereIs('gone-1')).toEqual(['audit_entry'])
  expect(await whereIs('stays')).toContain('charge_detail')
  house.log.info('the log is read')
  expect(logged).toContain('the log is read')
  expect(logged.toLowerCase()).not.toContain(WORD.toLowerCase())
  expect(logged.toLowerCase()).not.toContain(ADDRESS.toLowerCase())

  // The charges stand as they stood, and what was remembered is refused rather than made up.
  const kept = await company.get(`/v1/credits/charges/${charge.body.id}`)
  expect(kept.body).toMatchObject({
    ...{ credits: 0.3, metadata: null },
    items: [{ type: 'email' }, { type: 'email', id: 'stays' }, { type: 'email' }],
  })
  const again = await company.post('/v1/emails', marked('gone-1'), KEY)
  expect([again.status, again.body.code]).toEqual([409, 'conflict'])
  const replayed = await company.post('/v1/ask', { entity, question: 'What was said?' }, KEY)
  expect(replayed.body).toMatchObject({ answer: null, credits: asked.body.credits })
})
