import type pg from 'pg'

/** A table as a backup has it. */
export interface BackupTable {
  /** With its schema. */
  name: string
  /** Those that are stored: what is computed of them is computed again. */
  columns: string[]
}

/** The queue's tables that hold jobs; its others tell of its own making. */
const QUEUE_TABLES = ['_private_tasks', '_private_job_queues', '_private_jobs']

/** Every table of a database with rows worth keeping, each after those that it refers to. */
export async function backupTables(client: pg.Client): Promise<BackupTable[]> {
  const { rows } = await client.query<BackupTable & { needs: string[] }>(
    `select c.oid::regclass::text as rough, format('%I.%I', n.nspname, c.relname) as name,
       (select array_agg(quote_ident(a.attname) order by a.attnum) from pg_attribute a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = '') as columns,
       (select coalesce(array_agg(format('%I.%I', fn.nspname, f.relname)), '{}') from pg_constraint k
        join pg_class f on f.oid = k.confrelid join pg_namespace fn on fn.oid = f.relnamespace
        where k.conrelid = c.oid and k.contype = 'f' and k.confrelid <> c.oid) as needs
     from pg_class c join pg_namespace n on n.oid = c.relnamespace
     where c.relkind in ('r', 'p') and not c.relispartition
       and (n.nspname = 'public' and c.relname <> 'schema_migration'
         or n.nspname = 'graphile_worker' and c.relname = any ($1))
     order by name`,
    [QUEUE_TABLES],
  )
  const left = new Map(rows.map((row) => [row.name, row]))
  const ordered: BackupTable[] = []
  while (left.size > 0) {
    const next = [...left.values()].filter(({ needs }) => !needs.some((name) => left.has(name)))
    if (next.length === 0) throw new Error(`tables refer to each other: ${[...left.keys()]}`)
    for (const { name, columns } of next) {
      ordered.push({ name, columns })
      left.delete(name)
    }
  }
  return ordered
}

/** The months that the ledger has partitions for, as their first days. */
export async function ledgerMonths(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ day: string }>(
    `select replace(right(c.relname, 7), '_', '-') || '-01' as day from pg_inherits i
     join pg_class c on c.oid = i.inhrelid where i.inhparent = 'public.ledger_entry'::regclass order by 1`,
  )
  return rows.map(({ day }) => day)
}

/** How far each sequence has counted; those that never counted are left out. */
export async function sequences(client: pg.Client): Promise<Record<string, string>> {
  const { rows } = await client.query<{ name: string; value: string }>(
    `select format('%I.%I', schemaname, sequencename) as name, last_value::text as value from pg_sequences
     where schemaname in ('public', 'graphile_worker') and last_value is not null
       and sequencename <> 'schema_migration_id_seq'`,
  )
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]))
}
