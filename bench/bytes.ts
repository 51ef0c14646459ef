import type pg from 'pg'
import { openBenchServer } from './kit/database.ts'
import { atMost, table, verdict } from './kit/figures.ts'
import { begin } from './kit/options.ts'
import { chargeEmail, makePools, openBenchLedger } from './kit/pools.ts'

const ABOUT = 'bytes: what a charge on a hot pool takes on disk, with its indexes, and in the WAL'
const CALLERS = 64

export async function bench(args: string[]): Promise<void> {
  const { long } = begin(args, ABOUT)
  const count = long ? 2_000_000 : 200_000
  const server = await openBenchServer()
  const { url, owner } = await server.newDatabase()
  const ours = openBenchLedger(url)
  let made = 0
  try {
    const [pool] = await makePools(ours, owner, 1)
    const charge = () => chargeEmail(ours, pool!, `key-${made++}`)
    await charge()
    await owner.query('checkpoint')
    const before = await sizes(owner)
    const from = made
    await Promise.all(
      Array.from({ length: CALLERS }, async () => {
        while (made - from < count) await charge()
      }),
    )
    const charges = made - from
    const after = await sizes(owner)
    const rows = [...after.tables].map(([name, size]): [string, number] => [
      name,
      (size - (before.tables.get(name) ?? 0)) / charges,
    ])
    const disk = rows.reduce((total, [, each]) => total + each, 0)
    const wal = (after.wal - before.wal) / charges
    console.log(`${charges} charges by ${CALLERS} callers`)
    console.log(
      `\n${table(
        ['table with its indexes', 'bytes per charge'],
        rows.filter(([, each]) => each > 0.5),
      )}\n`,
    )
    console.log(
      verdict('bytes', [atMost('on disk', 400, disk, ' B'), atMost('WAL', 700, wal, ' B')]),
    )
  } finally {
    await ours.close()
    await server.stop()
  }
}

async function sizes(owner: pg.Pool): Promise<{ tables: Map<string, number>; wal: number }> {
  const { rows } = await owner.query<{ name: string; size: string }>(
    `select regexp_replace(relname, '_\\d{4}_\\d\\d$', '') as name, sum(pg_total_relation_size(oid)) as size
     from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace group by 1 order by 2 desc`,
  )
  const wal = await owner.query<{ bytes: string }>(
    `select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes`,
  )
  return {
    tables: new Map(rows.map((row) => [row.name, Number(row.size)])),
    wal: Number(wal.rows[0]!.bytes),
  }
}
