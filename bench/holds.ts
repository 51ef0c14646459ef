import type { Outcome } from '../src/ledger/commands.ts'
import { openBenchServer } from './kit/database.ts'
import { atLeast, table, verdict } from './kit/figures.ts'
import { callInLoops } from './kit/load.ts'
import { begin } from './kit/options.ts'
import { captureEmail, chargeEmail, holdEmail, makePools, openBenchLedger } from './kit/pools.ts'
import { type Entrant, inTurn, scoreHead, scoreRow } from './kit/rounds.ts'

const ABOUT =
  'holds: credits set aside and then captured, each step durable and under a key, beside plain charges'
const CALLERS = [64, 256]

export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const load = { ms: long ? 5_000 : 1_500, warmUpMs: 300 }
  const server = await openBenchServer()
  const { url, owner } = await server.newDatabase()
  const ours = openBenchLedger(url)
  let keys = 0
  try {
    const [pool] = await makePools(ours, owner, 1)
    const pair = async (): Promise<Outcome> => {
      const id = await holdEmail(ours, pool!, `hold-${keys++}`)
      return captureEmail(ours, pool!, `capture-${keys++}`, id)
    }
    const entrants = CALLERS.flatMap((callers): Entrant[] => [
      {
        name: `charges ${callers}`,
        run: () =>
          callInLoops({ ...load, callers }, () => chargeEmail(ours, pool!, `key-${keys++}`)),
      },
      { name: `hold + capture ${callers}`, run: () => callInLoops({ ...load, callers }, pair) },
    ])
    for (const { run } of entrants) await run()
    const scores = await inTurn(entrants, long ? 7 : 5, server.postmaster)
    const rows = entrants.map(({ name }) => [name, ...scoreRow(scores.get(name)!)])
    console.log(`\n${table(['callers', ...scoreHead], rows)}\n`)
    const of = (name: string) => scores.get(name)!.perSecond
    const goals = CALLERS.map((callers) =>
      atLeast(
        `${callers} callers`,
        0.45,
        of(`hold + capture ${callers}`) / of(`charges ${callers}`),
        'x charges',
      ),
    )
    console.log(verdict('holds', goals))
  } finally {
    await ours.close()
    await server.stop()
  }
}
