import { createClient, sumCredits } from '@sluice/client'

const sluice = createClient({ url: process.env.SLUICE_URL!, key: process.env.SLUICE_KEY! })

// The night's work, already done: each line is charged alone, and once, however often this is sent.
const results = await sluice.credits.chargeAll(
  ['letter-1', 'letter-2', 'letter-3'].map((id, i) => ({
    key: `night-2026-03-02:${id}`,
    feature: 'summaries',
    items: [{ type: i === 1 ? 'poem' : 'summary_page' }],
  })),
)
for (const { charge, problem } of results) console.log(charge?.credits ?? problem?.code)
console.log('in all', sumCredits(results.map(({ charge }) => charge?.credits ?? 0)))

// One of them was of the wrong letter.
const [first] = results
const refund = await sluice.credits.refund(first!.charge!.id, 'The wrong letter.')
console.log('refunded', refund.credits)

for await (const { id, credits } of sluice.credits.charges()) {
  const { refunded } = await sluice.credits.readCharge(id)
  console.log(credits, refunded ? 'was given back' : 'stands')
}
