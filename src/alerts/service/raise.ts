import type { CompanyNo } from '../../kit/caller.ts'
import type { Book, LedgerEvent } from '../../ledger/book.ts'
import type { Companion, CompanionSession } from '../../ledger/commands.ts'
import type { Clock } from '../../platform/clock.ts'
import { newId } from '../../platform/ids.ts'
import type { Run } from '../../platform/run.ts'
import { alertOf } from '../alert.ts'
import type { News } from '../event.ts'
import { alertsOf, type LedgerAlert, lastOf } from '../ledger-alerts.ts'
import { insertAlerts } from '../store/alerts.ts'

/** Writes news of another module down, in the transaction behind `run`; somebody is told once it commits. */
export type Emit = (run: Run, companyNo: CompanyNo, news: News) => Promise<void>

export function openEmit({ clock }: { clock: Clock }): Emit {
  return async (run, companyNo, news) => {
    const told = alertOf(news)
    if (!told) return
    await insertAlerts(run, [{ ...told, companyNo, id: newAlertId(), seq: null }], clock.now())
  }
}

export function newAlertId(): string {
  return newId('ntf')
}

/**
 * Writes what happens to pools down in the ledger's own commits: thresholds, the zero, new grants. A commit
 * in which nothing of that happens is not touched.
 */
export function alertCompanion({ clock }: { clock: Clock }): Companion {
  return {
    writesAtOnce: true,
    async open() {
      return openSession(clock)
    },
  }
}

function openSession(clock: Clock): CompanionSession {
  const seen = new Map<Book, number>()
  const noted: { companyNo: CompanyNo; alert: LedgerAlert }[] = []
  const note = (book: Book, events: readonly LedgerEvent[]) => {
    const { companyNo } = book.pool
    for (const alert of alertsOf(book, events)) noted.push({ companyNo, alert })
  }
  const record = (book: Book) => {
    const before = seen.get(book)
    seen.set(book, book.events.length)
    const events = book.events.slice(before ?? 0)
    // The first thing a book tells of is its catch-up, which may have gone through many moments; from
    // then on events are those of one change.
    if (events.length > 0) note(book, before === undefined ? lastOf(events) : events)
  }
  return {
    record,
    async write(run) {
      // A change made beside the commands has not been recorded.
      for (const book of seen.keys()) record(book)
      if (noted.length === 0) return
      const rows = noted.map(({ companyNo, alert: { kind, facts, at, seq } }) => ({
        ...{ companyNo, id: newAlertId(), kind, facts, seq },
        at: new Date(at),
      }))
      await insertAlerts(run, rows, clock.now())
    },
  }
}
