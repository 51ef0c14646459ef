// npm run example:load, beside a running Sluice. A crowd of users empties a pool through the service, is
// refused, goes on after a purchase; then the books are compared to the last micro-credit.
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { createClient, sumCredits, timesCredits } from '@sluice/client'
import { askTimes, askUntilDry, readBooks } from './crowd.ts'
import { startService } from './service.ts'

const { values } = parseArgs({
  options: {
    url: { type: 'string', default: `http://127.0.0.1:${process.env.PORT || 4747}` },
    users: { type: 'string', default: '50' },
    credits: { type: 'string', default: '120.4' },
  },
})
const users = Number(values.users)
const bought = Number(values.credits)
const PRICE = 0.6
const TIMES = 5

const folder = process.env.SLUICE_DATA_DIR || 'data'
const operatorKey =
  process.env.SLUICE_OPERATOR_KEY || readFileSync(`${folder}/operator-key`, 'utf8').trim()
const operator = createClient({ url: values.url, key: operatorKey })
const { apiKey } = await operator.send('POST /v1/companies', { body: { name: 'Load test' } })
const admin = createClient({ url: values.url, key: apiKey.key })
await admin.send('POST /v1/rate-cards', { body: { prices: { summary_page: 0.2 } } })
const buy = (credits: number) =>
  admin.send('POST /v1/credits/grants', { body: { source: 'purchased', credits } })
await buy(bought)

const integration = await admin.send('POST /v1/integrations', {
  body: {
    ...{ name: 'Scribe', kind: 'api', access: 'shared' },
    scopes: ['credits:read', 'credits:write'],
  },
})
const sluice = createClient({ url: values.url, key: integration.key })
const service = await startService({ sluice })
const from = performance.now()
const dry = await askUntilDry({ url: service.url, users, name: 'dry' })
const seconds = (performance.now() - from) / 1_000
await buy(timesCredits(PRICE, users * TIMES))
const after = await askTimes({ url: service.url, users, name: 'after' }, TIMES)
await service.close(10_000)
const books = await readBooks(sluice)

const made = dry.charged.length + after.charged.length
const perSecond = Math.round((dry.charged.length + dry.unreadable) / seconds)
console.log(
  `${users} users on ${bought} credits: ${dry.charged.length} summaries, ${perSecond} works a second,`,
)
console.log(`${dry.refused.length} refusals, ${dry.unreadable} texts that cost nothing.`)
console.log(
  `After a purchase: ${after.charged.length} summaries, ${after.refused.length} refusals.`,
)
console.log(`The pool: ${JSON.stringify(books)}`)

const faults = [
  ...dry.strange,
  ...after.strange,
  after.refused.length > 0 && 'somebody was refused after the purchase',
  dry.refused.some(({ needed, available }) => needed !== PRICE || available >= PRICE) &&
    'a refusal has wrong figures',
  books.used !== timesCredits(PRICE, made) && `used is not ${made} × ${PRICE}`,
  books.charged !== books.used && 'the charges do not add up to what was used',
  books.charges !== made && `there are ${books.charges} charges for ${made} summaries`,
  (books.held !== 0 || books.openHolds > 0) && 'a hold is left',
  sumCredits([books.available, books.used]) !==
    sumCredits([bought, timesCredits(PRICE, users * TIMES)]) && 'credits came or went',
].filter((fault) => typeof fault === 'string')
for (const fault of faults) console.error(`WRONG: ${fault}`)
const doctor = spawnSync('npm', ['run', '--silent', 'doctor'], { stdio: 'inherit' })
process.exitCode = faults.length > 0 || doctor.status !== 0 ? 1 : 0
