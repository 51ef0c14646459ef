import pg from 'pg'
import type { Logger } from './log.ts'

/** A standing ear on one PostgreSQL channel. */
export interface Listener {
  /** Whether news arrives at this moment; while it does not, nothing may be taken for unchanged. */
  readonly hears: boolean
  close(): Promise<void>
}

export interface ListenOptions {
  /** How the connection is made. */
  connection: pg.ClientConfig
  channel: string
  onMessage: (text: string) => void
  log: Logger
}

const RETRY_MS = 500

/** Listens on a connection of its own, and connects again whenever that breaks. */
export function listen({ connection, channel, onMessage, log }: ListenOptions): Listener {
  let client: pg.Client | undefined
  let hears = false
  let closed = false
  let retry: NodeJS.Timeout | undefined

  connect()
  return {
    get hears() {
      return hears
    },
    async close() {
      closed = true
      hears = false
      clearTimeout(retry)
      await client?.end().catch(() => {})
    },
  }

  function connect(): void {
    if (closed) return
    const mine = new pg.Client({ ...connection, query_timeout: 5_000 })
    client = mine
    let lost = false
    const lose = (error?: Error) => {
      if (lost) return
      lost = true
      hears = false
      mine.end().catch(() => {})
      if (closed) return
      log.warn({ channel, reason: error?.message }, 'Lost the connection that listens')
      retry = setTimeout(connect, RETRY_MS)
    }
    mine.on('error', lose)
    mine.on('end', () => lose())
    mine.on('notification', ({ payload }) => onMessage(payload ?? ''))
    mine
      .connect()
      .then(() => mine.query(`listen ${pg.escapeIdentifier(channel)}`))
      .then(() => {
        hears = !lost
      })
      .catch(lose)
  }
}
