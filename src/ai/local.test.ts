import { describe, expect, test } from 'vitest'
import { createLocal } from './local.ts'
import type { Item, Side } from './model.ts'

const model = createLocal()
const forever = new AbortController().signal

// Each row: question, what the customer says, whether the answer is yes.
const said: [string, string, boolean][] = [
  [
    'Does the customer mention a budget?',
    'Yes, we have a budget. Our budget for this project is fifty thousand dollars, and the budget was approved last week.',
    true,
  ],
  [
    'Does the customer mention a budget?',
    'The weather was lovely at the lake this morning and we saw two ducks.',
    false,
  ],
  [
    'Did the customer mention a competitor?',
    'We are also looking at two other vendors, and one of them is cheaper.',
    true,
  ],
  [
    'Did the customer mention a competitor?',
    'My son starts school on Monday and we are all excited.',
    false,
  ],
  [
    'Does the customer raise concerns about pricing?',
    'Honestly, the price per seat is too expensive for a team of our size.',
    true,
  ],
  [
    'Does the customer raise concerns about pricing?',
    'Our office moved to the second floor, the view is nice.',
    false,
  ],
  [
    'Is there a risk of churn?',
    'If this is not fixed we will cancel the subscription at the end of the month.',
    true,
  ],
  ['Is there a risk of churn?', 'We are not going to cancel. The team enjoys it every day.', false],
  [
    'Were next steps agreed?',
    'Great, please send me the proposal and let us schedule a follow-up call for Tuesday.',
    true,
  ],
  ['Were next steps agreed?', 'I have always liked the colour green.', false],
  [
    'Who is the decision maker: does the customer name who decides?',
    'I need to run it by our CFO, she has the final say.',
    true,
  ],
  [
    'Does the customer ask about security or compliance?',
    'Are you SOC 2 certified, and how is our data encrypted?',
    true,
  ],
  [
    'Does the customer ask about security or compliance?',
    'The train was late again, so I walked.',
    false,
  ],
  [
    'Does the customer request a feature?',
    'It would be great if there was a way to export reports to a spreadsheet.',
    true,
  ],
  [
    'Does the customer mention a timeline or deadline?',
    'We have to go live before the end of the quarter.',
    true,
  ],
  ['Does the customer mention a timeline or deadline?', 'I like tea more than coffee.', false],
  [
    'Does the customer mention migrating from Salesforce?',
    'Right now everything is in Salesforce and we would be migrating next year.',
    true,
  ],
  [
    'Does the customer mention migrating from Salesforce?',
    'Right now everything is on paper.',
    false,
  ],
  [
    'Does the customer talk about wind turbines?',
    'We service wind turbines all along the coast.',
    true,
  ],
  ['Does the customer talk about wind turbines?', 'We service lifts all along the coast.', false],
  [
    'Did the customer sound frustrated?',
    'This is ridiculous. I told you twice already and it is still broken!',
    true,
  ],
  ['Did the customer sound frustrated?', 'That is perfectly fine, thank you for checking.', false],
]

describe('the local rules', () => {
  test.each(said)('%s — “%s” is %s', async (question, text, expected) => {
    const item = callWith(text)
    const reading = await model.read({ item, question, side: 'anyone' }, forever)
    expect(reading.found).toBe(expected)
    for (const { turn, quote } of reading.occurrences) {
      expect(item.turns.find((each) => each.turn === turn)?.text).toContain(quote)
    }
    if (expected) expect(reading.occurrences).not.toHaveLength(0)
  })

  test('take "we" and "the customer\'s" for no side', async () => {
    const item = callWith('Our price is forty dollars a seat.')
    for (const question of ['Did we discuss pricing?', "Is the customer's price mentioned?"]) {
      const reading = await model.read({ item, question, side: 'anyone' }, forever)
      expect(reading.found).toBe(true)
    }
  })

  test('hear only the side they are asked about', async () => {
    const question = 'Is a budget mentioned?'
    const read = (side: Side) =>
      model.read({ item: callWith('We have a budget.'), question, side }, forever)
    expect((await read('customer')).found).toBe(true)
    expect((await read('company')).found).toBe(false)
  })

  test('answer the same twice, and say who they are', async () => {
    const request = {
      item: callWith('Our budget is fixed.'),
      question: 'Is a budget mentioned?',
      side: 'anyone' as const,
    }
    expect(await model.read(request, forever)).toEqual(
      await model.read({ ...request, item: callWith('Our budget is fixed.') }, forever),
    )
    expect(model.name).toBe('local rules')
  })

  test('compose with exact quotes of the items that bear on the question', async () => {
    const items = [
      callWith('We saw two ducks.', 'a'),
      callWith('The budget is fifty thousand dollars.', 'b'),
    ]
    const { paragraphs } = await model.compose({ question: 'What is the budget?', items }, forever)
    const [first] = paragraphs.flatMap(({ citations }) => citations)
    expect(first).toEqual({
      itemType: 'call',
      itemId: 'b',
      turn: 1,
      quote: 'The budget is fifty thousand dollars.',
    })
  })

  test('survive empty, endless and strange text', async () => {
    const strange = [
      '',
      '   ',
      '\u0000\ud800',
      'x'.repeat(200_000),
      '?'.repeat(5_000),
      'word '.repeat(50_000),
      '\n\n\n',
      '😀‍💻 مرحبا 你好',
    ]
    for (const text of strange) {
      const reading = await model.read(
        { item: callWith(text), question: text.slice(0, 500), side: 'anyone' },
        forever,
      )
      expect(typeof reading.found).toBe('boolean')
      await model.compose({ items: [callWith(text)], question: 'What is the budget?' }, forever)
    }
  })
})

function callWith(text: string, id = 'call-1'): Item {
  return {
    type: 'call',
    id,
    title: 'Check-in',
    at: '2026-05-04T10:00:00Z',
    turns: [
      {
        turn: 0,
        speaker: 'Ravi',
        affiliation: 'company',
        text: 'Hello Cora, thank you for taking the time today.',
      },
      { turn: 1, speaker: 'Cora', affiliation: 'customer', text },
      {
        turn: 2,
        speaker: 'Ravi',
        affiliation: 'company',
        text: 'Understood, I will write that down.',
      },
    ],
  }
}
