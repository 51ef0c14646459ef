import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Desk, openDesk } from './tests/desk.ts'

let desk: Desk
beforeAll(async () => {
  desk = await openDesk()
})
afterAll(() => desk?.close())
beforeEach(() => {
  desk.arrived.length = 0
})

const SRT = 'application/x-subrip'
const CSV = 'text/csv'
const JSON_TYPE = 'application/json'

async function callOf(type: string, body: string, query = '') {
  const { body: answer } = await desk.upload(type, body, query)
  const { rows } = await desk.database.asOwner(
    `select item.id, duration_seconds as seconds, transcript from item join item_content c
       on c.company_id = item.company_id and c.item_no = item.no order by item.no desc limit 1`,
  )
  return { answer, ...rows[0] }
}

describe('an SRT file', () => {
  const srt = [
    ...['1', '00:00:01,000 --> 00:00:04,000', 'Rea: Hello <b>you</b> & AT&T', '2'],
    ...['00:00:05,5 --> 0:00:07,000', 'Cora: {\\an8}a < <font color="red">b</font>', ''],
    ...['3', '00:00:08,000 --> 00:00:09,000', 'Rea: On two', 'lines.', ''],
  ].join('\r\n')

  test('is a call; the same file again is the same call', async () => {
    const first = await callOf(SRT, srt, '?company=rea&title=Kick-off')
    expect(first.answer).toMatchObject({ accepted: 1, rejectedCount: 0, format: 'srt' })
    expect([first.seconds, first.transcript]).toEqual([
      9,
      [
        { partyId: 'Rea', startSeconds: 1, endSeconds: 4, text: 'Hello you & AT&T' },
        { partyId: 'Cora', startSeconds: 5.5, endSeconds: 7, text: 'a < b' },
        { partyId: 'Rea', startSeconds: 8, endSeconds: 9, text: 'On two lines.' },
      ],
    ])
    const again = await callOf(SRT, srt)
    expect(again.id).toBe(first.id)
    expect(desk.arrived).toHaveLength(1)
  })

  test('says which lines are lost, and keeps the others', async () => {
    const { answer, transcript } = await callOf(SRT, srt.replace('0:00:07,000', 'x'))
    expect(answer).toMatchObject({ accepted: 1, rejected: [{ line: 5 }] })
    expect(transcript).toHaveLength(2)
    for (const [body, reason] of [
      ['', /times/],
      ['no srt', /times/],
      [Buffer.from('1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9', 'latin1'), /UTF-8/],
    ] as const) {
      const { body: refused } = await desk.upload(SRT, body)
      expect(refused).toMatchObject({ accepted: 0, rejected: [{ line: 1 }] })
      expect(refused.rejected[0].error).toMatch(reason)
    }
  })
})

describe('the answer of a transcription service', () => {
  const word = (text: string, start: number, end: number, speaker?: number | string) => ({
    ...{ word: text.toLowerCase(), punctuated_word: text, text, start, end },
    ...(speaker === undefined ? {} : { speaker }),
  })
  const cases: Record<string, [string, object, object]> = {
    'Deepgram, by utterance': [
      'deepgram',
      {
        metadata: { request_id: 'r1', duration: 61.5 },
        results: {
          channels: [{ alternatives: [{ transcript: 'hi' }] }],
          utterances: [
            { start: 0.12345, end: 1, transcript: 'Hi.', speaker: 0, channel: 0 },
            { start: 2, end: 3, transcript: 'Yes.', speaker: 1, channel: 0 },
          ],
        },
      },
      {
        ...{ id: 'deepgram_r1', seconds: 61.5 },
        transcript: [
          { partyId: 'Speaker 0', startSeconds: 0.123, endSeconds: 1, text: 'Hi.' },
          { partyId: 'Speaker 1', startSeconds: 2, endSeconds: 3, text: 'Yes.' },
        ],
      },
    ],
    'Deepgram, by the words of two channels': [
      'deepgram',
      {
        metadata: { request_id: 'r2' },
        results: {
          channels: [
            {
              alternatives: [
                { words: [word('Hello', 0, 1), word('there.', 1, 2), word('So?', 8, 9)] },
              ],
            },
            { alternatives: [{ words: [word('Hi.', 3, 4)] }] },
          ],
        },
      },
      {
        id: 'deepgram_r2',
        transcript: [
          { partyId: 'Channel 0', startSeconds: 0, endSeconds: 2, text: 'Hello there.' },
          { partyId: 'Channel 1', startSeconds: 3, endSeconds: 4, text: 'Hi.' },
          { partyId: 'Channel 0', startSeconds: 8, endSeconds: 9, text: 'So?' },
        ],
      },
    ],
    'Deepgram, by paragraph': [
      'deepgram',
      {
        metadata: { request_id: 'r3' },
        results: {
          channels: [
            {
              alternatives: [
                {
                  words: [word('x', 0, 1)],
                  paragraphs: {
                    paragraphs: [
                      { speaker: 1, sentences: [{ text: 'So it is.', start: 1, end: 2 }] },
                    ],
                  },
                },
              ],
            },
          ],
        },
      },
      { transcript: [{ partyId: 'Speaker 1', startSeconds: 1, endSeconds: 2, text: 'So it is.' }] },
    ],
    'AssemblyAI, in milliseconds': [
      'assemblyai',
      {
        ...{ id: 'a1', status: 'completed', audio_duration: 70, text: 'Hello.' },
        utterances: [{ speaker: 'A', text: 'Hello.', start: 250, end: 900 }],
      },
      {
        ...{ id: 'assemblyai_a1', seconds: 70 },
        transcript: [{ partyId: 'Speaker A', startSeconds: 0.25, endSeconds: 0.9, text: 'Hello.' }],
      },
    ],
    'Whisper, with named speakers': [
      'whisper',
      {
        ...{ text: 'x', duration: 3.2 },
        segments: [{ id: 0, start: 0, end: 3, text: ' Well then.', speaker: 'Rea Rep' }],
      },
      { transcript: [{ partyId: 'Rea Rep', startSeconds: 0, endSeconds: 3, text: 'Well then.' }] },
    ],
    'whisper.cpp': [
      'whisper',
      { transcription: [{ offsets: { from: 0, to: 1500 }, text: ' One.' }] },
      { transcript: [{ partyId: 'Speaker', startSeconds: 0, endSeconds: 1.5, text: 'One.' }] },
    ],
  }
  test.each(Object.entries(cases))('%s', async (_, [format, answer, call]) => {
    expect(await callOf(JSON_TYPE, JSON.stringify(answer), `?format=${format}`)).toMatchObject(call)
  })

  test('says what it lacks; a broken sentence does not take the others along', async () => {
    const refused: [string, string, RegExp][] = [
      ['deepgram', '{', /JSON/],
      ['deepgram', '{"segments":[]}', /Deepgram: results/],
      ['assemblyai', '{"id":"x","status":"error","error":"no audio"}', /status is error/],
      ['assemblyai', '{}', /neither utterances/],
      ['whisper', '[]', /Whisper/],
      ['whisper', '{"segments":[]}', /no words/],
      ['whisper', `{"text":${'['.repeat(100_000)}`, /JSON|nested/],
    ]
    for (const [format, body, reason] of refused) {
      const { body: answer } = await desk.upload(JSON_TYPE, body, `?format=${format}`)
      expect(answer.accepted, body.slice(0, 40)).toBe(0)
      expect(answer.rejected[0].error).toMatch(reason)
    }
    const segments = [
      { start: 0, end: 1, text: 'Good.' },
      { start: 'x', end: 2, text: 'Lost.' },
      { start: 3, end: 2, text: 'Ends before it starts.' },
    ]
    const { answer, transcript } = await callOf(
      JSON_TYPE,
      JSON.stringify({ segments }),
      '?format=whisper',
    )
    expect(answer).toMatchObject({
      accepted: 1,
      rejected: [{ error: expect.stringMatching(/segments\.1: startSeconds/) }],
    })
    expect(transcript).toMatchObject([{ text: 'Good.' }, { startSeconds: 3, endSeconds: 3 }])
    const unsaid = await desk.upload(JSON_TYPE, '{}')
    expect([unsaid.status, unsaid.body.errors[0].path]).toEqual([400, 'format'])
  })
})

describe('a CSV file', () => {
  const entities = async (type: string) =>
    (await desk.send('GET', `/v1/${type}?limit=1000`)).body.data as Record<string, unknown>[]

  test('brings accounts, contacts, deals and leads in, by the names CRMs give columns', async () => {
    const bodies: [string, string][] = [
      [
        'account',
        '\uFEFFAccount ID;Account Name;Website;Owner\r\nA1;"Acme; Inc";https://www.acme.test/x;Z\r\n',
      ],
      ['contact', 'Id,First Name,Last Name,Email,Account ID\nC1,Ann,Lee,ANN@acme.test,A1\n'],
      [
        'deal',
        'External Id\tOpportunity Name\tAccountId\tStage\nX1\tBig\tA1\tClosed Won\nX2\tSmall\tA1\tProposal\n',
      ],
      ['lead', 'name,email\n"Bo ""B"" Ek",bo@lead.test\n'],
    ]
    for (const [kind, body] of bodies) {
      const { body: answer } = await desk.upload(CSV, body, `?kind=${kind}`)
      expect([kind, answer.rejected]).toEqual([kind, []])
    }
    expect(await entities('accounts')).toMatchObject([
      { id: 'A1', name: 'Acme; Inc', domains: ['acme.test'] },
    ])
    expect(await entities('contacts')).toMatchObject([
      { id: 'C1', name: 'Ann Lee', email: 'ann@acme.test', accountId: 'A1' },
    ])
    const deals = await entities('deals')
    expect(deals.map(({ externalId, status }) => [externalId, status]).toSorted()).toEqual([
      ['X1', 'won'],
      ['X2', 'open'],
    ])
    expect(await entities('leads')).toMatchObject([{ name: 'Bo "B" Ek', email: 'bo@lead.test' }])
    // Again, also the row that has no id of its own: nothing is there twice.
    for (const [kind, body] of bodies) await desk.upload(CSV, body, `?kind=${kind}`)
    expect((await entities('leads')).length).toBe(1)
    expect((await entities('deals')).length).toBe(2)
  })

  test('tells each faulty row with its line, and loses no good one', async () => {
    const rows: [string, RegExp | null][] = [
      ['id,name,domains', null],
      ['L2,Good,two.test', null],
      ['L3,Only two', /has 2 cells/],
      ['L4,"Quote that never ends,x', /quote/],
      ['L5,"Over', null],
      ['two lines",five.test', null],
      ['L7,"bad"quote,x', /quote/],
      ['', null],
      ['L9,,nine.test', /name/],
      ['L10,Bad domain,no domain', /domains/],
      ['L11,5" pipe,eleven.test', null],
      ['L12,"good, too",', null],
    ]
    const body = rows.map(([row]) => row).join('\n')
    const { body: answer } = await desk.upload(CSV, body, '?kind=account')
    expect(answer.rejected.map(({ line }: { line: number }) => line)).toEqual([3, 4, 7, 9, 10])
    for (const { line, error } of answer.rejected) expect(error).toMatch(rows[line - 1]![1]!)
    expect(answer.accepted).toBe(4)
    const names = (await entities('accounts')).map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['Over\ntwo lines', '5" pipe', 'good, too']))
  })

  test('that cannot be understood at all says why', async () => {
    expect((await desk.upload(CSV, 'id,name\n')).body.errors[0].path).toBe('kind')
    const refused: [string | Buffer, RegExp][] = [
      ['email,phone\na@b.test,1\n', /no column name/],
      [Buffer.from('name\ncaf\xe9\n', 'latin1'), /UTF-8/],
      ['constructor,__proto__\nx,y\n', /no column name/],
    ]
    for (const [body, reason] of refused) {
      const { body: answer } = await desk.upload(CSV, body, '?kind=lead')
      expect(answer).toMatchObject({ accepted: 0, rejectedCount: 1 })
      expect(answer.rejected[0].error).toMatch(reason)
    }
  })
})
