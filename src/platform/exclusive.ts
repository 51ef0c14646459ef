import type pg from 'pg'

/**
 * Who has not been heard of for so long is taken for gone, though the process may still be there: held still,
 * or stuck. PostgreSQL then ends the session, and with it whatever it has locked.
 */
export const ALIVE_MS = 60_000

/** Lets a session live only as long as something is asked in it often enough. */
export const diesWithoutWord = (aliveMs: number) => `set idle_session_timeout = ${aliveMs}`

/**
 * Does work that nobody else may do at the same time under the same name, on any server: the name is
 * locked on a connection of its own, which ends with the process, or when the process is stuck for a minute.
 * Gives false, having done nothing, when somebody else was still at it after `waitMs`. Whoever was stuck
 * and goes on may then be beside another for a moment: the work itself must bear that.
 */
export async function exclusively(
  pool: pg.Pool,
  name: string,
  waitMs: number,
  work: () => Promise<void>,
  aliveMs = ALIVE_MS,
): Promise<boolean> {
  const client = await pool.connect()
  let broken: Error | undefined
  try {
    await client.query(`set lock_timeout = ${Math.max(1, Math.floor(waitMs))}`)
    try {
      await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name])
    } catch (error) {
      if ((error as { code?: string }).code === '55P03') return false
      throw error
    } finally {
      await client.query('reset lock_timeout')
    }
    await client.query(diesWithoutWord(aliveMs))
    const aWord = () => void client.query('select').catch(() => {})
    const speaking = setInterval(aWord, aliveMs / 4).unref()
    try {
      await work()
    } finally {
      clearInterval(speaking)
      await client.query('reset idle_session_timeout')
      await client.query('select pg_advisory_unlock(hashtextextended($1, 0))', [name])
    }
    return true
  } catch (error) {
    broken = error as Error
    throw error
  } finally {
    // A connection in an unknown state is not given to anybody else; closing it frees the lock as well.
    client.release(broken)
  }
}
