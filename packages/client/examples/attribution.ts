import { createClient } from '@sluice/client'

const sluice = createClient({ url: process.env.SLUICE_URL!, key: process.env.SLUICE_KEY! })

const charge = await sluice.credits.charge(
  {
    items: [{ type: 'summary_page', quantity: 3 }],
    feature: 'summaries',
    instance: { id: 'letter-7', name: 'Letter of 2 March' },
    trigger: 'nightly',
    teamId: 'support',
    metadata: { requestedBy: 'u-311' },
  },
  { key: 'letter-7:nightly:2026-03-02' },
)
console.log(`${charge.feature} / ${charge.instance?.name} / ${charge.teamId}: ${charge.credits}`)

const usage = await sluice.credits.usage({ groupBy: 'instance', granularity: 'month' })
for (const { name, credits, requests } of usage) console.log(name, credits, requests)
