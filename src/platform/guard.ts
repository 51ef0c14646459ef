import type pg from 'pg'

/** What the serving role may never be able to do, as PostgreSQL tells it. */
const FORBIDDEN = `
  select
    array(select rolname::text from pg_roles where rolname = current_user and (rolsuper or rolbypassrls)) as mighty,
    array(select relname::text from pg_class where relowner = current_user::regrole) as owned,
    array(
      select distinct c.relname || ' ' || p.privilege
      from pg_class c cross join (values ('UPDATE'), ('DELETE'), ('TRUNCATE')) as p (privilege)
      where c.relname in ('ledger_entry', 'ledger_key', 'audit_entry', 'refund', 'threshold_crossing', 'ledger_seal')
        and c.relnamespace = 'public'::regnamespace
        and has_table_privilege(current_user, c.oid, p.privilege)) as mutable,
    array(
      select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
        and a.attname = 'company_id' and not a.attisdropped
        and not (c.relrowsecurity and c.relforcerowsecurity)) as open`

/**
 * Refuses to serve as a role that owns anything, passes the wall between companies, or may change what is
 * append-only. Throws an Error with one line for each fault.
 */
export async function checkServingRole(pool: pg.Pool): Promise<void> {
  const { rows } =
    await pool.query<Record<'mighty' | 'owned' | 'mutable' | 'open', string[]>>(FORBIDDEN)
  const { mighty, owned, mutable, open } = rows[0]!
  const faults = [
    ...mighty.map((role) => `The serving role ${role} passes row-level security.`),
    ...owned.map((table) => `The serving role owns ${table}.`),
    ...mutable.map((right) => `The serving role may change what is append-only: ${right}.`),
    ...open.map((table) => `The table ${table} is not behind row-level security.`),
  ]
  if (faults.length > 0) throw new Error(faults.join('\n'))
}
