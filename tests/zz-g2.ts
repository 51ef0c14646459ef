import pg from 'pg'
import fc from 'fast-check'
import { migrate } from '/work/main/src/platform/migrate.ts'
import { openServer } from '/work/main/tests/ledger/servers.ts'
import { anyCommand, racingCommand, runCommands, runRounds } from '/work/main/tests/ledger/service.ts'
const base='postgres://postgres@127.0.0.1:5499'
const a=new pg.Client({connectionString:base+'/postgres'}); await a.connect()
await a.query('drop database if exists g2 with (force)'); await a.query('create database g2'); await a.end()
await migrate(base+'/g2')
const owner=new pg.Pool({connectionString:base+'/g2',max:2})
const asOwner=(t:string,v?:unknown[])=>owner.query(t,v)
const servers=[await openServer(base+'/g2'),await openServer(base+'/g2')]
let n=0; const t=performance.now()
const r=await fc.check(fc.asyncProperty(fc.array(anyCommand,{minLength:1,maxLength:40,size:'max'}),async cs=>{n+=cs.length;const d=await runCommands(cs,servers,asOwner);if(d)throw new Error(d)}),{numRuns:Number(process.argv[2]??50),seed:Number(process.argv[3]??1)})
console.log(r.errorInstance, fc.defaultReportMessage(r)?.slice(0,3500), n, (performance.now()-t).toFixed(0))
const r2=await fc.check(fc.asyncProperty(fc.array(fc.array(racingCommand,{minLength:2,maxLength:30,size:'max'}),{minLength:1,maxLength:4}),async cs=>{n+=cs.flat().length;const d=await runRounds(cs,servers,asOwner);if(d)throw new Error(d)}),{numRuns:Number(process.argv[2]??50)/4,seed:1,endOnFailure:true})
console.log(r2.errorInstance, fc.defaultReportMessage(r2)?.slice(0,2500), n, (performance.now()-t).toFixed(0))
process.exit(0)
