import { createClient } from '@sluice/client'
import { pagesOf, summarise } from './service/summarise.ts'

const text = 'The ferry leaves at nine. It takes an hour. Bring a coat, for the ferry is open.'

const sluice = createClient({ url: process.env.SLUICE_URL!, key: process.env.SLUICE_KEY! })

const { result, charge } = await sluice.credits.run(
  { feature: 'summaries', items: [{ type: 'summary_page', quantity: pagesOf(text) }] },
  () => summarise(text),
)

console.log(result)
console.log(`${charge?.credits} credits; ${charge?.balance.available} are left`)
