import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { recordAudit } from '../../companies/service/audit.ts'
import { actorOf, type Caller } from '../../kit/caller.ts'
import { micros, toJson } from '../../kit/credits.ts'
import { pageOf, readCursor } from '../../kit/cursor.ts'
import { invalid, notFound, Problem } from '../../kit/problem.ts'
import { companyTime } from '../../platform/company-time.ts'
import type { Database } from '../../platform/database.ts'
import { newId } from '../../platform/ids.ts'
import type { Imports } from '../deps.ts'
import {
  type DataImport,
  type Format,
  type ImportQuestion,
  judged,
  REJECTED_SHOWN,
} from '../imports.ts'
import {
  endImport,
  forgetKey,
  insertImport,
  readImportById,
  readImportByKey,
  readImports,
  readRejections,
} from '../store/imports.ts'
import { runImport } from './import-run.ts'

/** A body to import. */
export interface Body {
  format: Format
  stream: Readable
  asked: ImportQuestion
  /** The Idempotency-Key it came with; empty without one. */
  key: string
}

/** Takes bodies in: small ones while the caller waits, large ones behind its back. */
export interface Importer {
  /** The import as it stands when it answers: ended, or still running when the body was large. */
  take(db: Database, caller: Caller, body: Body): Promise<{ taken: DataImport; replayed: boolean }>
  /** Stops what runs, at the end of its batch, and says in each import how far it came. */
  close(): Promise<void>
}

const WAITED_FOR_BYTES = 10 * 1024 * 1024
const BODY_BYTES_MAX = 20 * 1024 ** 3
const RUNNING_MAX = 4

export function openImporter(deps: Imports): Importer {
  const running = new Set<Promise<unknown>>()
  const closing = new AbortController()

  async function take(db: Database, caller: Caller, body: Body) {
    const file = await spool(deps.spoolDir, body.stream)
    try {
      const { one, replayed } = await begin({ ...deps, db }, caller, body, file)
      if (replayed) {
        await rm(file.path, { force: true })
        return { taken: one, replayed }
      }
      const ending = run(caller, body, file, one)
      if (file.bytes <= WAITED_FOR_BYTES) await ending
      else {
        // Nobody waits for this one; what goes wrong is in the import and in the log.
        const task = ending.catch(deps.onError).finally(() => running.delete(task))
        running.add(task)
      }
      return { taken: await readImport({ ...deps, db }, caller, one.id), replayed }
    } catch (error) {
      await rm(file.path, { force: true })
      throw error
    }
  }

  async function run(caller: Caller, body: Body, file: Spooled, one: DataImport): Promise<void> {
    const { companyNo } = caller
    const { tally, charges, failure } = await runImport(
      deps,
      caller,
      body,
      file,
      one,
      closing.signal,
    )
    await rm(file.path, { force: true })
    const status = failure ? 'failed' : closing.signal.aborted && !tally.ended ? 'stopped' : 'done'
    await deps.db.company(companyNo, async (tx) => {
      const endedAt = await companyTime(tx, companyNo, deps.clock)
      const error =
        status === 'failed'
          ? 'Something went wrong on our side. Send the rest again.'
          : status === 'stopped'
            ? 'The server was stopped. Send the rest again.'
            : null
      const shown = body.asked.dryRun
        ? charges.map((charge) => ({ ...charge, credits: toJson(micros(charge.credits)) }))
        : null
      await endImport(tx, companyNo, one.id, {
        status,
        error,
        charges: shown,
        tally,
        endedAt,
        beatAt: deps.clock.now(),
      })
      // What failed is not remembered: the same key may bring the body again.
      if (status !== 'done') await forgetKey(tx, companyNo, one.id)
    })
    if (failure) throw failure
  }

  return {
    async take(db, caller, body) {
      if (closing.signal.aborted) {
        throw new Problem('unavailable', 'The server is stopping. Try again.', { retryAfter: 5 })
      }
      if (running.size >= RUNNING_MAX) {
        throw new Problem('rate-limited', 'Too many large imports are running. Try again later.', {
          retryAfter: 30,
        })
      }
      return take(db, caller, body)
    },
    async close() {
      closing.abort()
      await Promise.allSettled(running)
    },
  }
}

/** One import, as far as it came. */
export async function readImport(
  { db, clock }: Pick<Imports, 'db' | 'clock'>,
  caller: Caller,
  id: string,
): Promise<DataImport> {
  const { companyNo } = caller
  return db.snapshot(companyNo, async (tx) => {
    const one = await readImportById(tx, companyNo, id)
    if (!one) throw notFound('import', id)
    // Only its end gathers them; one that its server left has none.
    const rejected =
      one.status === 'running'
        ? await readRejections(tx, companyNo, id, 0n, REJECTED_SHOWN)
        : one.rejected
    return judged(
      { ...one, rejected: rejected.map(({ line, error }) => ({ line, error })) },
      clock.now(),
    )
  })
}

/** The lines that an import did not take, in their order. */
export async function listRejected(
  { db }: Pick<Imports, 'db'>,
  caller: Caller,
  id: string,
  page: { limit: number; cursor?: string | undefined },
) {
  const { companyNo } = caller
  const [after] = readCursor(page.cursor, 'bigint') ?? []
  const rows = await db.snapshot(companyNo, async (tx) => {
    if (!(await readImportById(tx, companyNo, id))) throw notFound('import', id)
    return readRejections(tx, companyNo, id, after ?? 0n, page.limit + 1)
  })
  const { data, nextCursor } = pageOf(rows, page.limit, ({ no }) => [no])
  return { data: data.map(({ line, error }) => ({ line, error })), nextCursor }
}

/** Imports, newest first. */
export async function listImports(
  { db, clock }: Pick<Imports, 'db' | 'clock'>,
  caller: Caller,
  page: { limit: number; cursor?: string | undefined },
) {
  const [at, id] = readCursor(page.cursor, 'time', 'text') ?? []
  const before = at && id !== undefined ? { at, id } : undefined
  const rows = await db.snapshot(caller.companyNo, (tx) =>
    readImports(tx, caller.companyNo, before, page.limit + 1),
  )
  const { data, nextCursor } = pageOf(rows, page.limit, (one) => [one.createdAt, one.id])
  return { data: data.map((one) => judged(one, clock.now())), nextCursor }
}

type Coded = Error & { code?: string }

/** A body that waits in a file. */
export interface Spooled {
  path: string
  bytes: number
  hash: Buffer
}

/** Writes a body to a file as fast as it comes: a slow caller holds up nothing but itself. */
async function spool(folder: string, stream: Readable): Promise<Spooled> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${randomUUID()}.import`)
  const hash = createHash('sha256')
  let bytes = 0
  const measure = new Transform({
    transform(piece: Buffer, _, done) {
      bytes += piece.length
      hash.update(piece)
      done(
        bytes > BODY_BYTES_MAX ? new Problem('payload-too-large', 'The body is too large.') : null,
        piece,
      )
    },
  })
  try {
    await pipeline(stream, measure, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
  } catch (error) {
    await rm(path, { force: true })
    // Whoever sent it went away; nobody hears this, but it is no fault of ours.
    const isBroken = /^(ECONNRESET|ERR_STREAM_PREMATURE_CLOSE)$/.test((error as Coded).code ?? '')
    throw isBroken ? invalid('body', 'ended before it was whole') : error
  }
  return { path, bytes, hash: hash.digest() }
}

/** Writes down that an import begins; or finds the one that its key already brought. */
async function begin(
  { db, clock }: Imports,
  caller: Caller,
  { format, asked, key }: Body,
  { bytes, hash }: Spooled,
): Promise<{ one: DataImport; replayed: boolean }> {
  const { companyNo } = caller
  const keyHash = key ? sha256(`${actorOf(caller)}\n${key}`) : null
  const contentHash = sha256(`${format}\n${JSON.stringify(asked)}\n${hash.toString('hex')}`)
  const id = newId('imp')
  return db.company(companyNo, async (tx) => {
    const known = keyHash && (await readImportByKey(tx, companyNo, keyHash))
    if (known) {
      const before = judged(known, clock.now())
      if (!known.contentHash.equals(contentHash)) {
        throw new Problem('idempotency-conflict', 'This key was used for another request.')
      }
      if (before.status === 'running' && before.bytes <= WAITED_FOR_BYTES) {
        throw new Problem(
          'idempotency-in-progress',
          'The first request with this key is not done.',
          { retryAfter: 1 },
        )
      }
      if (before.status === 'running' || before.status === 'done')
        return { one: before, replayed: true }
      await forgetKey(tx, companyNo, known.id)
    }
    const createdAt = await companyTime(tx, companyNo, clock)
    const { history, dryRun } = asked
    const made = {
      ...{ id, format, bytes: BigInt(bytes), history, dryRun, contentHash, createdAt },
      ...{ beatAt: clock.now(), actor: actorOf(caller), keyHash },
    }
    if (!(await insertImport(tx, companyNo, made))) {
      throw new Problem('idempotency-in-progress', 'The first request with this key is not done.', {
        retryAfter: 1,
      })
    }
    await recordAudit(tx, caller, 'import.start', { type: 'import', id }, null, {
      format,
      history,
      dryRun,
      bytes,
    })
    return { one: (await readImportById(tx, companyNo, id))!, replayed: false }
  })
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
