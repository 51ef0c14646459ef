import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { makeHistory } from '../../bench/kit/history.ts'
import { sealLedger } from '../../src/ledger/service/chain.ts'
import { systemClock } from '../../src/platform/clock.ts'
import { openDatabase } from '../../src/platform/database.ts'
import { mortalServer } from '../kit/chaos.ts'
import { companyOverHttp } from './crowd.ts'

/** How the doctor did on a ledger of a size. */
export interface Examined {
  entries: number
  seconds: number
  /** The most memory its process had at once; 0 where /proc is not there to tell. */
  memoryMb: number
  /** What it printed, a line a finding. */
  findings: string[]
}

/** G-19: the doctor on so many entries, hash chain included. The control changes one of them. */
export async function examineLarge(
  url: string,
  { entries, control = false }: { entries: number; control?: boolean },
): Promise<Examined> {
  const owner = new pg.Pool({ connectionString: url, max: 2 })
  const server = await mortalServer(url)
  const { companyId } = await companyOverHttp(server.address, [900_000_000])
  await server.stop()
  const db = openDatabase({ url, connections: 2 })
  const dataDir = await mkdtemp(join(tmpdir(), 'sluice-doctor-'))
  try {
    const company = 'select id as no from company where public_id = $1'
    const { rows } = await owner.query<{ no: number }>(company, [companyId])
    await makeHistory(owner, rows[0]!, entries)
    await sealLedger({ db, clock: systemClock })
    if (control) await tamper(owner, Math.ceil(entries / 2))
    const since = performance.now()
    const main = new URL('../../src/main.ts', import.meta.url).pathname
    const child = spawn(process.execPath, [main, 'doctor'], {
      env: { ...process.env, DATABASE_URL: url, SLUICE_DATA_DIR: dataDir },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let [said, memoryMb] = ['', 0]
    child.stdout.on('data', (piece: Buffer) => {
      said += piece
    })
    const watching = setInterval(() => {
      memoryMb = Math.max(memoryMb, memoryOf(child.pid!))
    }, 50)
    const [code] = await once(child, 'close')
    clearInterval(watching)
    const seconds = Math.round((performance.now() - since) / 100) / 10
    const findings = code === 0 ? [] : said.trim().split('\n')
    return { entries, seconds, memoryMb, findings }
  } finally {
    await db.close()
    await owner.end()
    await rm(dataDir, { recursive: true, force: true })
  }
}

/** Makes one entry another, as nobody but the owner of the database can. */
async function tamper(owner: pg.Pool, seq: number): Promise<void> {
  await owner.query(
    `do $$ declare part regclass; begin
       for part in select inhrelid from pg_inherits where inhparent = 'ledger_entry'::regclass loop
         execute format('alter table %s disable trigger append_only', part);
       end loop;
     end $$`,
  )
  await owner.query(`update ledger_entry set actor = 'somebody else' where seq = $1`, [seq])
}

function memoryOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)![1]) / 1024)
  } catch {
    return 0
  }
}
