// node packages/client/examples/service/main.ts, with SLUICE_URL and SLUICE_KEY set.
import { createClient } from '@sluice/client'
import { startService } from './service.ts'

const { SLUICE_URL = 'http://127.0.0.1:4747', SLUICE_KEY, SLUICE_WEBHOOK_SECRET } = process.env
if (!SLUICE_KEY) throw new Error('SLUICE_KEY is not set: make an integration and give its key.')

const sluice = createClient({
  url: SLUICE_URL,
  key: SLUICE_KEY,
  onNotice: (notice) => console.error(notice),
})
const service = await startService({
  sluice,
  port: Number(process.env.PORT ?? 4800),
  ...(SLUICE_WEBHOOK_SECRET ? { webhookSecret: SLUICE_WEBHOOK_SECRET } : {}),
})
console.log(`The service listens on ${service.url}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => void service.close(10_000).then(() => process.exit(0)))
}
