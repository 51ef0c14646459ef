import { callInLoops, type Load } from './load.ts'
import { chargeEmail, openBenchLedger } from './pools.ts'
import type { Order } from './servers.ts'

// One of several ledgers on one pool: started by `openServers`, ends with its parent.

const { url, pool } = JSON.parse(process.argv[2]!) as Order
const ours = openBenchLedger(url)
let keys = 0

process.on('message', async (load: Load) => {
  const run = await callInLoops(load, () => chargeEmail(ours, pool, `key-${process.pid}-${keys++}`))
  process.send!(run)
})
process.on('disconnect', async () => {
  await ours.close()
})
process.send!('ready')
