import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { sql } from 'kysely'
import { actorOf } from '../kit/caller.ts'
import { Problem } from '../kit/problem.ts'
import type { App } from '../platform/app.ts'
import { arrayOf } from '../platform/arrays.ts'
import { type Database, joined, joinedByOperator, type Tx } from '../platform/database.ts'
import { namesIn } from './named.ts'
import { openAnswer, sealAnswer } from './sealed-answers.ts'

/** One use of a key: whose it is, what it stands for, and what was asked under it. */
interface Use {
  /** Undefined for the operator. */
  companyNo: number | undefined
  /** SHA-256 of who asks, the operation and the key. */
  keyHash: Buffer
  /** SHA-256 of what is asked. */
  fingerprint: Buffer
  /** Opens a sealed answer; undefined where answers show no secret. */
  credential: string | undefined
}

interface Known {
  fingerprint: Buffer
  status: number
  answer: Buffer | null
}

/** The open transaction of a request under a key, and how it is ended. */
interface Joined {
  commit(status: number, answer: string): Promise<void>
  rollBack(): Promise<void>
}

const WAIT_MS = 3_000

/**
 * Gives `Idempotency-Key` its meaning on POSTs that move no credits by themselves: all that the route
 * writes through `request.db` and the answer that a replay gets commit together. The first request
 * under a key holds its row; the same request beside it waits for that, at most three seconds.
 */
export function joinKey(app: App, db: Database): void {
  const open = new WeakMap<FastifyRequest, Joined>()
  /** Keys in use by this process, so that those who wait for one need no connection. */
  const busy = new Map<string, Promise<unknown>>()

  app.addHook('preHandler', (request, reply, done) => {
    const { key = 'optional' } = request.routeOptions.config
    if (!request.idempotencyKey || key !== 'optional') return done()
    // A replay has been sent, and nothing more is to be done for it.
    join(request, reply).then((isFirst) => isFirst && done(), done)
  })
  app.addHook('onSend', (request, reply, payload, done) => {
    const own = open.get(request)
    if (!own) return done()
    open.delete(request)
    const { statusCode } = reply
    const ended =
      statusCode >= 300
        ? own.rollBack()
        : own.commit(statusCode, typeof payload === 'string' ? payload : '')
    ended.then(() => done(), done)
  })

  async function join(request: FastifyRequest, reply: FastifyReply): Promise<boolean> {
    const use = keyUseOf(request)
    const name = use.keyHash.toString('base64')
    const until = performance.now() + WAIT_MS
    while (busy.has(name)) {
      const left = until - performance.now()
      if (left <= 0) throw inProgress()
      await Promise.race([busy.get(name), sleep(left, undefined, { ref: false })])
    }
    const { begun, ended } = begin(db, request, use, until - performance.now())
    busy.set(name, ended)
    void ended.then(() => busy.delete(name))
    const first = await begun
    if ('known' in first) replay(reply, use, first.known)
    else open.set(request, first)
    return !('known' in first)
  }
}

function keyUseOf({ caller, routeOptions, asked, idempotencyKey, headers }: FastifyRequest): Use {
  const { access, secretAnswer } = routeOptions.config
  const who = access === 'operator' ? 'operator' : actorOf(caller)
  const operation = asked.slice(0, asked.indexOf('\n'))
  return {
    companyNo: access === 'operator' ? undefined : caller.companyNo,
    keyHash: sha256(`${who}\n${operation}\n${idempotencyKey}`),
    fingerprint: sha256(asked),
    credential: secretAnswer ? (headers.authorization ?? headers.cookie ?? '') : undefined,
  }
}

/**
 * Opens the transaction of a use. `begun` tells what was answered under the key already, or how to end
 * the transaction; `ended` never fails and comes when nothing of it is left.
 */
function begin(db: Database, request: FastifyRequest, use: Use, waitMs: number) {
  const { companyNo } = use
  const begun = Promise.withResolvers<{ known: Known } | Joined>()
  const decided = Promise.withResolvers<{ status: number; answer: string } | undefined>()
  const rolledBack = new Error('rolled back')

  const work = async (tx: Tx) => {
    const known = await claim(tx, use, waitMs)
    if (known) return begun.resolve({ known })
    request.db = companyNo === undefined ? joinedByOperator(db, tx) : joined(db, companyNo, tx)
    begun.resolve({ commit, rollBack })
    const answer = await decided.promise
    if (!answer) throw rolledBack
    await remember(tx, use, answer)
  }
  const done = (companyNo === undefined ? db.shared(work) : db.company(companyNo, work)).catch(
    (error) => {
      begun.reject(error)
      if (error !== rolledBack) throw error
    },
  )
  const ended = done.catch(() => {})
  return { begun: begun.promise, ended }

  async function commit(status: number, answer: string): Promise<void> {
    decided.resolve({ status, answer })
    await done
  }
  async function rollBack(): Promise<void> {
    decided.resolve(undefined)
    await ended
  }
}

/** Takes the key, or tells what was answered under it. */
async function claim(tx: Tx, use: Use, waitMs: number): Promise<Known | undefined> {
  const { table, columns, values, matches } = rowOf(use)
  await sql`set local lock_timeout = ${sql.lit(Math.max(1, Math.ceil(waitMs)))}`.execute(tx)
  const taken = await sql<{ taken: boolean }>`
    insert into ${table} (${columns}, fingerprint, created_at)
    values (${values}, ${use.fingerprint}, now())
    on conflict do nothing returning true as taken`
    .execute(tx)
    .catch((error: { code?: string }) => {
      const lockNotAvailable = '55P03'
      throw error.code === lockNotAvailable ? inProgress() : error
    })
  await sql`set local lock_timeout = 5000`.execute(tx)
  if (taken.rows.length > 0) return undefined
  const { rows } = await sql<Known>`
    select fingerprint, status, answer from ${table} where ${matches}`.execute(tx)
  return rows[0]
}

async function remember(tx: Tx, use: Use, { status, answer }: { status: number; answer: string }) {
  const { table, matches } = rowOf(use)
  const { companyNo } = use
  // The operator's belong to no company, which alone can have something erased.
  const named =
    companyNo === undefined ? sql`` : sql`, names = ${arrayOf(namesIn(answer))}::bigint[]`
  const kept =
    use.credential === undefined
      ? Buffer.from(answer)
      : sealAnswer(answer, use.credential, use.keyHash)
  await sql`update ${table} set status = ${status}, answer = ${kept}${named} where ${matches}`.execute(
    tx,
  )
}

function replay(reply: FastifyReply, use: Use, { fingerprint, status, answer }: Known) {
  if (!fingerprint.equals(use.fingerprint)) {
    throw new Problem('idempotency-conflict', 'This key was used for another request.')
  }
  if (answer === null) {
    throw new Problem('conflict', 'What was answered under this key has been erased.')
  }
  const text =
    use.credential === undefined
      ? answer.toString()
      : openAnswer(answer, use.credential, use.keyHash)
  reply.header('idempotency-replayed', 'true').header('x-credits-charged', '0').code(status)
  if (text === '') return reply.send()
  return reply
    .type('application/json; charset=utf-8')
    .serializer((stored: string) => stored)
    .send(text)
}

/** Where a use is written down: the operator's belong to no company. */
function rowOf({ companyNo, keyHash }: Use) {
  return companyNo === undefined
    ? {
        table: sql`operator_request_key`,
        columns: sql`key_hash`,
        values: sql`${keyHash}`,
        matches: sql`key_hash = ${keyHash}`,
      }
    : {
        table: sql`request_key`,
        columns: sql`company_id, key_hash`,
        values: sql`${companyNo}, ${keyHash}`,
        matches: sql`company_id = ${companyNo} and key_hash = ${keyHash}`,
      }
}

function inProgress(): Problem {
  return new Problem('idempotency-in-progress', 'The first request with this key is not done.', {
    retryAfter: 1,
  })
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
