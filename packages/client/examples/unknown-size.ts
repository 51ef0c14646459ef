import { createClient } from '@sluice/client'

const sluice = createClient({ url: process.env.SLUICE_URL!, key: process.env.SLUICE_KEY! })

const { result, charge } = await sluice.credits.run(
  // The most that it may cost, for as long as it may take.
  {
    feature: 'research',
    items: [{ type: 'web_search', quantity: 4 }],
    instance: { id: 'report-12', name: 'Market report' },
    ttlSeconds: 1_800,
  },
  async (job) => {
    const found = []
    for (const query of ['ferries', 'islands', 'timetables', 'harbours']) {
      job.signal.throwIfAborted()
      found.push(`about ${query}`)
      // Charged by what was done, and the rest of the hold goes back.
      job.used({ items: [{ type: 'web_search', quantity: found.length }] })
      if (found.length === 3) break
    }
    return found
  },
  { key: 'report-12', signal: AbortSignal.timeout(60_000) },
)

console.log(result.join(', '))
console.log(`${charge?.credits} credits of the 20 that were held`)
