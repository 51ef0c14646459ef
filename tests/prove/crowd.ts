import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { keyOf } from '../../src/charges/key.ts'
import { doctor } from '../../src/doctor/service.ts'
import { actorOf, type Caller } from '../../src/kit/caller.ts'
import type { Credits } from '../../src/kit/credits.ts'
import { ledgerIds } from '../../src/ledger/ids.ts'
import { ownerSnapshot } from '../../src/platform/owner-snapshot.ts'
import { OPERATOR_KEY } from '../kit/chaos.ts'
import { type Asked, checkHistory, type Final, type Read, type Verdict } from '../kit/history.ts'
import type { Server } from '../ledger/servers.ts'

/** One pool as a client sees it, whatever lies between. Anything thrown means: nobody knows. */
export interface Door {
  charge(key: string, emails: number): Promise<NonNullable<Asked['answer']>>
  balance(): Promise<{ seq: number; available: number; held: number }>
}

const UNIT = 100_000
const micro = (credits: number) => Math.round(credits * 1e6)

/** The verbs of a server in this process. `key: false` asks without one, as nobody should. */
export function verbDoor(server: Server, caller: Caller, keyed = true): Door {
  const { deps, charges, reads } = server
  return {
    async charge(key, emails) {
      const items = [{ type: 'email', quantity: emails }]
      try {
        if (!keyed) return await withoutKey(server, caller, emails)
        const { view, replayed } = await charges.charge(
          deps,
          caller,
          { key, asked: key },
          { items, feature: 'crowd' },
        )
        return {
          seq: view.seq,
          draws: view.draws.map((draw) => [draw.grantNo, Number(draw.credits)]),
          replayed,
        }
      } catch (error) {
        const { code, facts } = error as {
          code?: string
          facts?: { available: number; held: number }
        }
        if (code !== 'insufficient-credits') throw error
        return { refused: { available: micro(facts!.available), held: micro(facts!.held) } }
      }
    },
    async balance() {
      const { pool } = await reads.readPoolNow(deps, caller.companyNo)
      return { seq: pool.seq, available: Number(pool.available), held: Number(pool.held) }
    },
  }
}

async function withoutKey(
  { deps }: Server,
  caller: Caller,
  emails: number,
): Promise<NonNullable<Asked['answer']>> {
  const attribution = await deps.ledger.attribute(caller.companyNo, {
    ...{ feature: 'crowd', instanceId: null, instanceName: null, trigger: 'api' },
    ...{ integrationId: null, memberId: null, teamId: null },
  })
  const credits = BigInt(emails * UNIT) as Credits
  const priced = { credits, lines: { email: emails }, rateCard: 0, attribution }
  const outcome = await deps.ledger.submit({
    companyNo: caller.companyNo,
    asked: { kind: 'charge', priced },
  })
  if (outcome.kind !== 'charge') throw new Error(outcome.kind)
  const { seq, draws } = outcome.charged
  return { seq, draws: draws.map((draw) => [draw.grantNo, Number(draw.credits)]), replayed: false }
}

/** A server behind its address, as any program speaks to it. */
export function httpDoor(address: string, apiKey: string, companyId: string): Door {
  const ids = ledgerIds(companyId)
  const headers = { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' }
  return {
    async charge(key, emails) {
      const answer = await fetch(`${address}/v1/credits/charges`, {
        method: 'POST',
        headers: { ...headers, 'idempotency-key': key },
        body: JSON.stringify({ items: [{ type: 'email', quantity: emails }], feature: 'crowd' }),
        signal: AbortSignal.timeout(15_000),
      })
      // biome-ignore lint/suspicious/noExplicitAny: whatever the answer holds
      const body = (await answer.json()) as any
      if (answer.status === 402)
        return { refused: { available: micro(body.available), held: micro(body.held) } }
      if (!answer.ok) throw new Error(`${answer.status} ${body.code}`)
      return {
        seq: ids.readCharge(body.id).seq,
        draws: body.draws.map((draw: { grantId: string; credits: number }) => [
          ids.readGrant(draw.grantId),
          micro(draw.credits),
        ]),
        replayed: answer.headers.get('idempotency-replayed') === 'true',
      }
    },
    async balance() {
      const answer = await fetch(`${address}/v1/credits/balance`, {
        headers,
        signal: AbortSignal.timeout(15_000),
      })
      if (!answer.ok) throw new Error(String(answer.status))
      const { seq, available, held } = (await answer.json()) as {
        seq: number
        available: number
        held: number
      }
      return { seq, available: micro(available), held: micro(held) }
    },
  }
}

/** Makes a company with credits through the doors of a server. */
export async function companyOverHttp(address: string, credits: number[]) {
  const post = async (path: string, key: string, body: unknown) => {
    const answer = await fetch(`${address}${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`)
    return (await answer.json()) as { id: string; apiKey: { id: string; key: string } }
  }
  const { id, apiKey } = await post('/v1/companies', OPERATOR_KEY, { name: 'Crowd' })
  for (const one of credits)
    await post('/v1/credits/grants', apiKey.key, { source: 'purchased', credits: one })
  return { companyId: id, apiKey: apiKey.key, owner: `integration:${apiKey.id}` }
}

export interface CrowdOptions {
  clients: number
  /** No new charges are begun after this; those under way are asked until they are answered. */
  until: () => boolean
  /** Counts the answers, for whoever waits for some before the next fault. */
  progress?: { answers: number }
  /** Milliseconds between two charges of a client. */
  pauseMs?: number
}

export interface Crowd {
  asked: Asked[]
  reads: Read[]
  /** Answers that never came. */
  unknown: number
}

/** Clients that charge and read until told to stop, each retrying with the same key until it is answered. */
export async function runCrowd(
  doors: Door[],
  { clients, until, progress, pauseMs = 0 }: CrowdOptions,
): Promise<Crowd> {
  const crowd: Crowd = { asked: [], reads: [], unknown: 0 }
  const now = () => performance.now()
  async function client(number: number) {
    for (let i = 0; !until(); i++) {
      const emails = 1 + ((number + i) % 7)
      const one: Asked = {
        client: number,
        key: `client ${number} charge ${i}`,
        credits: emails * UNIT,
        invokedAt: now(),
      }
      crowd.asked.push(one)
      const giveUp = now() + 120_000
      while (!one.answer) {
        try {
          one.answer = await doors[(number + i) % doors.length]!.charge(one.key, emails)
          one.answeredAt = now()
          if (progress) progress.answers += 1
        } catch (error) {
          crowd.unknown += 1
          if (now() > giveUp)
            throw new Error(`nothing answers any more: ${(error as Error).message}`)
          await sleep(50)
        }
      }
      if (i % 5 === 0) {
        const invokedAt = now()
        const read = await doors[(number + i + 1) % doors.length]!.balance().catch(() => undefined)
        if (read) crowd.reads.push({ client: number, invokedAt, answeredAt: now(), ...read })
      }
      if (pauseMs) await sleep(pauseMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, (_, number) => client(number)))
  return crowd
}

/** Judges a crowd's history by what the ledger holds at the end, and asks the doctor. */
export async function judgeCrowd(
  url: string,
  owner: string,
  crowd: Crowd,
  company: { no: number } | { id: string },
): Promise<{ verdict: Verdict; findings: string[]; charged: number }> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows: found } = await client.query(
      'select id from company where id = $1 or public_id = $2',
      ['no' in company ? company.no : 0, 'id' in company ? company.id : ''],
    )
    const no = found[0].id
    const types = ['grant', 'hold', 'release', 'consume', 'refund', 'expire', 'void']
    const { rows } = await client.query(
      `select seq::int, type, grant_no, credits::float8, charge_seq::int, available_after::float8, held_after::float8
       from ledger_entry where company_id = $1 order by at, seq`,
      [no],
    )
    const entries: Final['entries'] = rows.map((row) => ({
      ...{
        seq: row.seq,
        type: types[row.type - 1]!,
        no: row.grant_no,
        credits: row.credits,
        at: 0,
      },
      ...{ chargeSeq: row.charge_seq, available: row.available_after, held: row.held_after },
    }))
    const names = new Map(crowd.asked.map(({ key }) => [keyOf(owner, 'charge', key, '').hash, key]))
    const { rows: keys } = await client.query(
      'select hash::text, result::int as seq from ledger_key where company_id = $1 and kind = 1',
      [no],
    )
    const final: Final = {
      entries,
      keys: keys.map(({ hash, seq }) => ({
        key: names.get(hash.replaceAll('-', '')) ?? hash,
        seq,
      })),
      grants: entries
        .filter((entry) => entry.type === 'grant')
        .map(({ credits }) => ({ credits, at: 0 })),
    }
    const findings = (await ownerSnapshot(url, (run) => doctor({ run }))).map((one) => one.detail)
    const charged = entries
      .filter((entry) => entry.type === 'consume')
      .reduce((sum, entry) => sum + entry.credits, 0)
    return { verdict: checkHistory(crowd.asked, crowd.reads, final), findings, charged }
  } finally {
    await client.end()
  }
}

export const ownerOf = (caller: Caller) => actorOf(caller)
