import { createClient } from '@sluice/client'

const sluice = createClient({ url: process.env.SLUICE_URL!, key: process.env.SLUICE_KEY! })

async function summariseWell(): Promise<string> {
  throw new Error('the model is overloaded')
}

const page = { feature: 'summaries', items: [{ type: 'summary_page' }] }
try {
  await sluice.credits.run(page, summariseWell, { key: 'letter-7' })
} catch (error) {
  console.log(`failed: ${(error as Error).message}`)
}
console.log('used:', (await sluice.credits.balance()).used)

// Later, under the same key: now it is charged, and a third time it is not.
for (const turn of ['second', 'third']) {
  const { charge } = await sluice.credits.run(page, () => 'a summary', { key: 'letter-7' })
  console.log(`${turn} run: the charge is of ${charge?.credits}`)
}
console.log('used:', (await sluice.credits.balance()).used)
