import { createClient, isRefusal } from '@sluice/client'

const sluice = createClient({ url: process.env.SLUICE_URL!, key: process.env.SLUICE_KEY! })

async function tellWhy(doing: Promise<unknown>): Promise<void> {
  try {
    await doing
  } catch (error) {
    if (!isRefusal(error)) throw error
    const { problem } = error
    switch (problem.code) {
      case 'insufficient-credits':
        return console.log(`needs ${problem.needed}, there are ${problem.available}`)
      case 'budget-exceeded':
        return console.log(`the budget allows ${problem.remaining} until ${problem.periodEnd}`)
      case 'feature-disabled':
        return console.log(`${problem.feature} is off for ${problem.teamId}`)
      case 'unprocessable':
        return console.log(problem.errors?.map(({ path, message }) => `${path} ${message}`).join())
      default:
        return console.log(`${problem.code}: ${problem.detail}`)
    }
  }
}

const pages = (quantity: number) => [{ type: 'summary_page', quantity }]
await tellWhy(sluice.credits.charge({ feature: 'summaries', items: pages(1_000) }))
await tellWhy(sluice.credits.charge({ feature: 'drafts', items: pages(10) }))
await tellWhy(sluice.credits.charge({ feature: 'games', items: pages(1), teamId: 'support' }))
await tellWhy(sluice.credits.charge({ feature: 'summaries', items: [{ type: 'poem' }] }))
await tellWhy(sluice.credits.readCharge('chg_0000000'))
