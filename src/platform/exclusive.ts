import type pg from 'pg'

/**
 * Does work that nobody else may do at the same time under the same name, on any server: the name is
 * locked on a connection of its own, which ends with the process. Gives false, having done nothing, when
 * somebody else was still at it after `waitMs`.
 */
export async function exclusively(
  pool: pg.Pool,
  name: string,
  waitMs: number,
  work: () => Promise<void>,
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
    try {
      await work()
    } finally {
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
