import type { TestDatabase } from './database.ts'

/**
 * A hash of each table's rows: of one company's, or of all. What is equal in both has not changed, but for when
 * a key or session was last used.
 */
export async function tableHashes(
  { asOwner }: TestDatabase,
  companyNo?: number,
): Promise<Record<string, string>> {
  const { rows: tables } = await asOwner(
    `select c.relname::text as name, exists (select from pg_attribute a
       where a.attrelid = c.oid and a.attname = 'company_id' and not a.attisdropped) as owned
     from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
       and not c.relispartition order by 1`,
  )
  const parts = tables
    .filter(({ owned, name }) => companyNo === undefined || owned || name === 'company')
    .map(({ owned, name }) => {
      const column = owned ? 'company_id' : 'id'
      const only = companyNo === undefined ? '' : `where t.${column} = ${companyNo}`
      return `select '${name}' as name, md5(coalesce(string_agg(row, E'\\n' order by row), '')) as hash
        from (select (to_jsonb(t) - 'last_used_at')::text as row from ${name} t ${only}) as rows`
    })
  const { rows } = await asOwner(parts.join(' union all '))
  return Object.fromEntries(rows.map(({ name, hash }) => [name, hash]))
}
