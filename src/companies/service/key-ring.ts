import { hash as digest } from 'node:crypto'
import type { Caller, CompanyNo } from '../../kit/caller.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Database } from '../../platform/database.ts'
import type { Listener } from '../../platform/listen.ts'
import type { Logger } from '../../platform/log.ts'
import { hashOf } from '../keys.ts'
import { findByHash, touch } from '../store/integrations.ts'

/** What a key stands for, at the moment it was looked up. */
export interface KeyHolder {
  caller: Caller & { integrationId: string }
  expiresAt: Date | null
}

/**
 * The keys that were seen lately, so that a busy program costs no query per request. A remembered key is
 * at most a second old; one whose integration changes is forgotten at once, here by the verb that changes
 * it and on other servers by PostgreSQL's notice. Without that notice nothing is remembered.
 */
export interface KeyRing {
  /** Whom a key belongs to now; undefined when nobody holds it. */
  find(key: string): Promise<KeyHolder | undefined>
  /** Call it in the verb that changes an integration, before its transaction commits. */
  forget(companyNo: CompanyNo, integrationId: string): void
  close(): Promise<void>
}

export interface KeyRingOptions {
  db: Database
  clock: Clock
  log: Logger
  /** Starts to listen on the channel `integration_changed`. */
  listen: (onMessage: (text: string) => void) => Listener
}

/** A look-up under way, and when it began. */
interface Asked {
  readAt: number
  holder: Promise<KeyHolder | undefined>
}

const AGE_MAX_MS = 1_000
/** For so long a changed integration is looked up each time: its commit may still be under way. */
const CHANGING_MS = 60_000
const REMEMBERED_MAX = 10_000
const NOTE_EVERY_MS = 5_000

export function openKeyRing({ db, clock, log, listen }: KeyRingOptions): KeyRing {
  const seen = new Map<string, { holder: KeyHolder; readAt: number }>()
  /** Look-ups under way, so that the many who find a key too old at once ask once. */
  const asking = new Map<string, Asked>()
  const changing = new Map<string, number>()
  /** Integrations used since the last note, and when each was noted last. */
  const used = new Map<string, { companyNo: CompanyNo; id: string }>()
  const noted = new Map<string, number>()

  const listener = listen((text) => drop(text))
  const noting = setInterval(() => void note(), NOTE_EVERY_MS).unref()

  return {
    async find(key) {
      const name = digest('sha256', key, 'base64')
      const known = seen.get(name)
      const isFresh = known && performance.now() - known.readAt < AGE_MAX_MS && listener.hears
      const asked = isFresh ? undefined : askOnce(name, key)
      const holder = asked ? await asked.holder : known?.holder
      if (!holder) {
        seen.delete(name)
        return undefined
      }
      const { companyNo, integrationId } = holder.caller
      const place = `${companyNo} ${integrationId}`
      if (asked && listener.hears && !isChanging(place)) {
        if (seen.size >= REMEMBERED_MAX) seen.clear()
        seen.set(name, { holder, readAt: asked.readAt })
      }
      if (!used.has(place)) used.set(place, { companyNo, id: integrationId })
      return holder
    },
    forget(companyNo, integrationId) {
      const place = `${companyNo} ${integrationId}`
      changing.set(place, performance.now() + CHANGING_MS)
      drop(place)
    },
    async close() {
      clearInterval(noting)
      await listener.close()
      await note()
    },
  }

  function askOnce(name: string, key: string): Asked {
    const readAt = performance.now()
    const there = asking.get(name)
    if (there && readAt - there.readAt < AGE_MAX_MS) return there
    const asked: Asked = {
      readAt,
      holder: lookUp(hashOf(key)).finally(() => {
        if (asking.get(name) === asked) asking.delete(name)
      }),
    }
    asking.set(name, asked)
    return asked
  }

  async function lookUp(hash: Buffer): Promise<KeyHolder | undefined> {
    const row = await db.shared((tx) => findByHash(tx, hash))
    if (!row) return undefined
    const { companyId, publicId, id, access, memberId, teamId, scopes, expiresAt } = row
    const caller = {
      kind: 'key' as const,
      companyNo: companyId,
      companyId: publicId,
      scopes,
      integrationId: id,
      access,
      ...(memberId === null ? {} : { memberId }),
      ...(teamId === null ? {} : { teamId }),
    }
    return { caller, expiresAt }
  }

  function isChanging(place: string): boolean {
    const until = changing.get(place)
    if (until === undefined) return false
    if (performance.now() < until) return true
    changing.delete(place)
    return false
  }

  /** Also marks it as changing, for a look-up that began before the change and ends after this. */
  function drop(place: string): void {
    changing.set(place, Math.max(changing.get(place) ?? 0, performance.now() + AGE_MAX_MS))
    // Whoever comes from now on joins no look-up that began before the change.
    asking.clear()
    for (const [name, { holder }] of seen) {
      const { companyNo, integrationId } = holder.caller
      if (`${companyNo} ${integrationId}` === place) seen.delete(name)
    }
  }

  async function note(): Promise<void> {
    const now = performance.now()
    const due = [...used].filter(([place]) => now - (noted.get(place) ?? -Infinity) > 60_000)
    used.clear()
    if (due.length === 0) return
    for (const [place] of due) noted.set(place, now)
    if (noted.size > REMEMBERED_MAX) noted.clear()
    await db
      .shared((tx) => touch(tx, [...new Map(due).values()], clock.now()))
      .catch((error: Error) =>
        log.warn({ reason: error.message }, 'Could not note the use of keys'),
      )
  }
}
