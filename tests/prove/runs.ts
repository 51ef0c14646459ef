import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { mortalPostgres, mortalServer } from '../kit/chaos.ts'
import { violationsOf } from '../kit/history.ts'
import { openProxy } from '../kit/proxy.ts'
import { seedBug } from '../ledger/engine.ts'
import type { Mutant } from '../ledger/mutants.ts'
import { randomOf } from '../ledger/random.ts'
import { newCompany, openServer } from '../ledger/servers.ts'
import {
  type Crowd,
  companyOverHttp,
  type Door,
  httpDoor,
  judgeCrowd,
  ownerOf,
  runCrowd,
  verbDoor,
} from './crowd.ts'

/** How a run under faults ended. */
export interface ChaosResult {
  faults: number
  acknowledged: number
  replayed: number
  refused: number
  reads: number
  /** Times a client got no answer and asked again. */
  unknown: number
  violations: string[]
  findings: string[]
}

const GRANTS = [50, 200, 1_000_000]

/** Acknowledges before the commit has returned. */
export const repliesTooEarly: Mutant = {
  name: 'the answer does not wait for the commit',
  file: 'ledger/service/connection.ts',
  from: 'await Promise.all([entering, written, pipeline.allOrNothing(written)])',
  to: 'setTimeout(() => void 0, 30); void Promise.all([entering, written]).catch(() => {})',
}

/** G-4: kills a serving process again and again under a crowd of clients. */
export async function killServers(
  url: string,
  { kills, clients = 12, control = false }: { kills: number; clients?: number; control?: boolean },
): Promise<ChaosResult> {
  const source = control ? await seedBug(repliesTooEarly) : undefined
  const server = await mortalServer(url, source ? `${source.folder}/` : undefined)
  try {
    const { companyId, apiKey, owner } = await companyOverHttp(server.address, GRANTS)
    let killed = 0
    const progress = { answers: 0 }
    const crowding = runCrowd([httpDoor(server.address, apiKey, companyId)], {
      clients,
      until: () => killed >= kills,
      progress,
    })
    while (killed < kills) {
      await moves(progress, crowding)
      await sleep(Math.random() * 400)
      await server.kill()
      killed += 1
      await server.start()
    }
    return await judged(url, owner, await crowding, { id: companyId }, killed)
  } finally {
    await server.stop()
    await source?.remove()
  }
}

/**
 * G-3: clients of two servers, which are killed in turn, while their connections to PostgreSQL are cut and
 * lose the answers to commits; until so many charges have been acknowledged.
 */
export async function troubleServers(
  url: string,
  asked: { acknowledged: number; seed: number; clients?: number; control?: boolean },
): Promise<ChaosResult> {
  const { acknowledged, seed, clients = 24, control = false } = asked
  const random = randomOf(seed)
  const to = new URL(url)
  const proxy = await openProxy(
    { host: to.hostname, port: Number(to.port) },
    () => random.below(1_000_000) / 1_000_000,
  )
  const through = new URL(url)
  through.port = String(proxy.port)
  const source = control ? await seedBug(repliesTooEarly) : undefined
  const start = () => mortalServer(through.href, source ? `${source.folder}/` : undefined)
  const servers = [await start(), await start()]
  try {
    const { companyId, apiKey, owner } = await companyOverHttp(servers[0]!.address, GRANTS)
    proxy.trouble.loseCommitReply = 2
    proxy.trouble.cut = 1
    let killed = 0
    const progress = { answers: 0 }
    const doors = servers.map(({ address }) => httpDoor(address, apiKey, companyId))
    const isDone = () => progress.answers >= acknowledged
    const crowding = runCrowd(doors, { clients, until: isDone, progress })
    while (!isDone()) {
      await moves(progress, crowding)
      await sleep(500 + random.below(3_000))
      const server = servers[killed % servers.length]!
      await server.kill()
      killed += 1
      await server.start()
    }
    const crowd = await crowding
    proxy.trouble.loseCommitReply = 0
    proxy.trouble.cut = 0
    return await judged(url, owner, crowd, { id: companyId }, killed + proxy.lost + proxy.cuts)
  } finally {
    for (const server of servers) await server.stop()
    await proxy.close()
    await source?.remove()
  }
}

/** G-5: kills PostgreSQL with all its children, again and again. The control gives up waiting for the disk. */
export async function killPostgres({
  kills,
  clients = 12,
  control = false,
}: {
  kills: number
  clients?: number
  control?: boolean
}): Promise<ChaosResult> {
  const postgres = await mortalPostgres()
  const settings = control ? '-c synchronous_commit=off' : ''
  const servers = [
    await openServer(postgres.url, undefined, settings),
    await openServer(postgres.url, undefined, settings),
  ]
  const owner = new pg.Pool({ connectionString: postgres.url, max: 1 })
  owner.on('error', () => {})
  try {
    const caller = await pooled(owner, servers[0]!)
    let killed = 0
    const progress = { answers: 0 }
    const doors = servers.map((server) => verbDoor(server, caller))
    const crowding = runCrowd(doors, {
      clients,
      until: () => killed >= kills,
      progress,
    })
    while (killed < kills) {
      await moves(progress, crowding)
      await sleep(Math.random() * 800)
      await postgres.kill()
      killed += 1
      await serves(postgres.url)
    }
    return await judged(
      postgres.url,
      ownerOf(caller),
      await crowding,
      { no: caller.companyNo },
      killed,
    )
  } finally {
    for (const server of servers) await server.close()
    await owner.end()
    await postgres.stop()
  }
}

/** G-6: commits take place and nobody is told. The control asks without a key. */
export async function loseReplies(
  url: string,
  {
    losses,
    seed,
    clients = 24,
    control = false,
  }: { losses: number; seed: number; clients?: number; control?: boolean },
): Promise<ChaosResult & { charged: number; acknowledgedCredits: number }> {
  const random = randomOf(seed)
  const to = new URL(url)
  const proxy = await openProxy(
    { host: to.hostname, port: Number(to.port) },
    () => random.below(1_000_000) / 1_000_000,
  )
  const through = new URL(url)
  through.port = String(proxy.port)
  const servers = [await openServer(through.href), await openServer(through.href)]
  const owner = new pg.Pool({ connectionString: url, max: 1 })
  try {
    const caller = await pooled(owner, servers[0]!)
    proxy.trouble.loseCommitReply = 25
    proxy.trouble.cut = 2
    const doors = servers.map((server) => verbDoor(server, caller, !control))
    const crowd = await runCrowd(doors, { clients, until: () => proxy.lost >= losses })
    proxy.trouble.loseCommitReply = 0
    proxy.trouble.cut = 0
    const result = await judged(url, ownerOf(caller), crowd, { no: caller.companyNo }, proxy.lost)
    const acknowledgedCredits = crowd.asked.reduce(
      (sum, one) => sum + (one.answer && 'seq' in one.answer ? one.credits : 0),
      0,
    )
    return { ...result, acknowledgedCredits }
  } finally {
    for (const server of servers) await server.close()
    await owner.end()
    await proxy.close()
  }
}

/** G-6's neighbour: nothing passes for a while, and nobody is told; afterwards everything must be as before. */
export async function blackHole(url: string, seconds: number): Promise<ChaosResult> {
  const to = new URL(url)
  const proxy = await openProxy({ host: to.hostname, port: Number(to.port) }, Math.random)
  const through = new URL(url)
  through.port = String(proxy.port)
  const server = await openServer(through.href)
  const owner = new pg.Pool({ connectionString: url, max: 1 })
  try {
    const caller = await pooled(owner, server)
    let over = false
    const crowding = runCrowd([verbDoor(server, caller)], {
      clients: 6,
      until: () => over,
      pauseMs: 5,
    })
    await sleep(500)
    proxy.trouble.blackHole = true
    await sleep(seconds * 1000)
    proxy.trouble.blackHole = false
    await sleep(1_000)
    over = true
    return await judged(url, ownerOf(caller), await crowding, { no: caller.companyNo }, 1)
  } finally {
    await server.close()
    await owner.end()
    await proxy.close()
  }
}

async function pooled(owner: pg.Pool, server: Parameters<typeof verbDoor>[0]) {
  const caller = await newCompany((text, values) => owner.query(text, values), { clock: null })
  for (const [i, credits] of GRANTS.entries()) {
    const asked = { key: `grant ${i}`, asked: String(credits) }
    await server.grants.makeGrant(server.deps, caller, asked, {
      source: 'purchased',
      credits: (BigInt(credits) * 1_000_000n) as never,
    })
  }
  return caller
}

async function judged(
  url: string,
  owner: string,
  crowd: Crowd,
  company: Parameters<typeof judgeCrowd>[3],
  faults: number,
): Promise<ChaosResult & { charged: number }> {
  const { verdict, findings, charged } = await judgeCrowd(url, owner, crowd, company)
  const { acknowledged, replayed, refused, reads } = verdict
  return {
    faults,
    acknowledged,
    replayed,
    refused,
    reads,
    unknown: crowd.unknown,
    violations: violationsOf(verdict),
    findings,
    charged,
  }
}

/** Waits until clients have answers again: a server killed before anybody was served would prove nothing. */
async function moves(progress: { answers: number }, crowding: Promise<unknown>): Promise<void> {
  const wanted = progress.answers + 5
  const failed = crowding.then(() => 'over')
  while (progress.answers < wanted) {
    if ((await Promise.race([failed, sleep(10)])) === 'over') return
  }
}

async function serves(url: string): Promise<void> {
  for (let tries = 0; tries < 400; tries++, await sleep(50)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 500 })
    client.on('error', () => {})
    try {
      await client.connect()
      await client.query('select 1')
      return
    } catch {
      // Not yet.
    } finally {
      await client.end().catch(() => {})
    }
  }
  throw new Error('PostgreSQL does not come back')
}

export type { Door }
