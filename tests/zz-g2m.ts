import pg from 'pg'
import { migrate } from '/work/main/src/platform/migrate.ts'
import { seedBug } from './ledger/engine.ts'
import { serviceMutants } from './ledger/mutants.ts'
import { openServer } from './ledger/servers.ts'
import { compareParallel, compareSequential } from './ledger/commands.ts'
const base='postgres://postgres@127.0.0.1:5499'
const a=new pg.Client({connectionString:base+'/postgres'}); await a.connect()
await a.query('drop database if exists g2 with (force)'); await a.query('create database g2'); await a.end()
await migrate(base+'/g2')
const owner=new pg.Pool({connectionString:base+'/g2',max:2})
const asOwner=(t:string,v?:unknown[])=>owner.query(t,v)
for (const m of serviceMutants.slice(2)) {
  const t=performance.now()
  const src=await seedBug(m)
  const servers=[await openServer(base+'/g2',src.url),await openServer(base+'/g2',src.url)]
  const r=await (m.shownBy==='side by side'?compareParallel:compareSequential)(servers,asOwner,{commands:3000,seed:1})
  console.log(r.failure?'caught':'SURVIVED',r.commands,m.name,JSON.stringify(r.failure)?.slice(0,400),(performance.now()-t).toFixed(0))
  for(const s of servers) await s.close()
  await src.remove()
}
process.exit(0)
