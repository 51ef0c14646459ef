import pg from 'pg'

type WithClient = Parameters<pg.Pool['connect']>[0]

/**
 * The queue's connections. Workers listen on one of them, and when it breaks while they stop they give it
 * back twice: once since they stop, once since it broke. The pool throws at the second time, in a promise that
 * nobody waits for, and that would end the process; here the second time does nothing.
 */
export function openQueuePool(url: string): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: 'sluice queue' })
  const connect = pool.connect.bind(pool)
  const connectOnce = (withClient?: WithClient) => {
    if (!withClient) return connect()
    return connect((error, client, release) => {
      let isBack = false
      withClient(error, client, (broken) => {
        if (isBack) return
        isBack = true
        release(broken)
      })
    })
  }
  pool.connect = connectOnce as typeof pool.connect
  return pool
}
