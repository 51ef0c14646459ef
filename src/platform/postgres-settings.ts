/** What `checkServer` needs of a client or a pool of `pg`. */
export interface Queryable {
  query(text: string): Promise<{ rows: { name: string; setting: string }[] }>
}

const versionMin = 15
const durable = ['fsync', 'full_page_writes', 'synchronous_commit'] as const

/**
 * Refuses a database server that could lose an acknowledged charge, or that is too old. Throws an
 * Error with one line for each fault; the connection that asks must have the serving role's settings.
 */
export async function checkServer(client: Queryable): Promise<void> {
  const { rows } = await client.query(
    `select name, setting from pg_settings
      where name in ('server_version', 'server_version_num', ${durable.map((name) => `'${name}'`)})`,
  )
  const faults = faultsOf(new Map(rows.map(({ name, setting }) => [name, setting])))
  if (faults.length > 0) throw new Error(faults.join('\n'))
}

function faultsOf(settings: Map<string, string>): string[] {
  const faults: string[] = []
  if (Math.floor(Number(settings.get('server_version_num')) / 10_000) < versionMin) {
    const version = settings.get('server_version')
    faults.push(`The database is PostgreSQL ${version}; ${versionMin} or newer is needed.`)
  }
  for (const name of durable) {
    if (settings.get(name) === 'off') {
      faults.push(`The database runs with ${name} = off and could lose charges; set it to on.`)
    }
  }
  return faults
}
