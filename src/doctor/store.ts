import type { Run } from '../platform/run.ts'

/** One thing that is not as the ledger says it should be. */
export interface Fault {
  /** Null for what concerns the whole database. */
  companyNo: number | null
  /** The entry at which it shows, where there is one. */
  seq: bigint | null
  detail: string
}

/** A question to the whole database: one set-based statement, a row for each violation. */
export interface Check {
  name: string
  sql: string
  /** Needs no walk through the ledger, however long it is. */
  isQuick?: true
  /** Tables without which there is nothing to ask. */
  needs?: string[]
}

/** Asks one check; more than `most` rows of it would say nothing new. */
export async function findFaults(run: Run, { sql }: Check, most: number): Promise<Fault[]> {
  return run<Fault>(
    '',
    `select company_id as "companyNo", seq, detail from (${sql}) fault limit ${most}`,
  )
}

/** Whether these tables exist. */
export async function haveTables(run: Run, names: string[]): Promise<boolean> {
  const [found] = await run<{ all: boolean }>(
    '',
    'select bool_and(to_regclass(name) is not null) as "all" from unnest($1::text[]) name',
    [`{${names}}`],
  )
  return found?.all ?? true
}

/** The companies with a pool, in the order of their numbers, and their public ids. */
export async function readCompanies(run: Run): Promise<{ companyNo: number; publicId: string }[]> {
  return run(
    '',
    'select p.company_id as "companyNo", c.public_id as "publicId" from pool p join company c on c.id = p.company_id order by 1',
  )
}

// What an entry does to (available, held), and the grants as the entries have them.
const change = {
  available:
    'case when type in (1, 3, 5) then credits when type = 4 and from_hold then 0 else -credits end',
  held: 'case when type = 2 then credits when type = 3 or (type = 4 and from_hold) then -credits else 0 end',
}

/** Everything that the ledger's own tables must agree on. */
export const ledgerChecks: Check[] = [
  {
    name: 'an entry goes on from the one before',
    sql: `
      select company_id, seq, 'entry ' || seq || ': ' || case
          when seq <> before + 1 then 'the one before is ' || before
          when available <> 0 then 'available is off by ' || available
          else 'held is off by ' || held end as detail
      from (
        select company_id, seq, coalesce(lag(seq) over line, 0) as before,
          available_after - coalesce(lag(available_after) over line, 0) - (${change.available}) as available,
          held_after - coalesce(lag(held_after) over line, 0) - (${change.held}) as held
        from ledger_entry window line as (partition by company_id order by at, seq)) e
      where seq <> before + 1 or available <> 0 or held <> 0`,
  },
  {
    name: 'a grant is what its entries say',
    sql: `
      with said as (
        select company_id, grant_no,
          coalesce(sum(credits) filter (where type = 1), 0) as amount,
          count(*) filter (where type = 1) as times,
          sum(${change.available}) as available,
          sum(${change.held}) as held,
          sum(case type when 4 then credits when 5 then -credits else 0 end) as consumed,
          coalesce(sum(credits) filter (where type = 6), 0) as expired,
          coalesce(sum(credits) filter (where type = 7), 0) as voided
        from ledger_entry where credits > 0 group by company_id, grant_no)
      select coalesce(g.company_id, s.company_id) as company_id, null::bigint as seq,
        'grant ' || coalesce(g.no, s.grant_no) || case
          when g.no is null then ' is in the ledger only'
          when s.times is distinct from 1 then ' entered ' || coalesce(s.times, 0) || ' times'
          when g.amount <> s.amount then ': amount is ' || g.amount || ', the ledger says ' || s.amount
          when g.available <> s.available then ': available is ' || g.available || ', the ledger says ' || s.available
          when g.held <> s.held then ': held is ' || g.held || ', the ledger says ' || s.held
          when g.consumed <> s.consumed then ': consumed is ' || g.consumed || ', the ledger says ' || s.consumed
          when g.expired <> s.expired then ': expired is ' || g.expired || ', the ledger says ' || s.expired
          else ': voided is ' || g.voided || ', the ledger says ' || s.voided end as detail
      from (select * from credit_grant where entered) g
      full join said s on s.company_id = g.company_id and s.grant_no = g.no
      where g.no is null or s.times is distinct from 1 or g.amount <> s.amount or g.available <> s.available
        or g.held <> s.held or g.consumed <> s.consumed or g.expired <> s.expired or g.voided <> s.voided`,
  },
  {
    name: 'a grant adds up',
    isQuick: true,
    sql: `
      select company_id, null::bigint as seq, 'grant ' || no || ' does not add up to its ' || amount as detail from credit_grant
      where amount <> available + held + consumed + expired + voided
        or least(available, held, consumed, expired, voided) < 0
        or (not entered and (held > 0 or consumed > 0 or expired > 0))
        or live <> (not entered or available > 0 or held > 0)`,
  },
  {
    name: 'a pool is its grants, and what its last entry left',
    isQuick: true,
    sql: `
      select p.company_id, last.seq, 'the pool''s ' || case
          when p.available <> g.available then 'available is ' || p.available || ', that of its grants ' || g.available
          when p.held <> g.held then 'held is ' || p.held || ', that of its grants ' || g.held
          when p.seq <> coalesce(last.seq, 0) then 'last entry is ' || p.seq || ', that of the ledger ' || coalesce(last.seq, 0)
          else 'last entry left ' || last.available_after || ' and ' || last.held_after || ' held, not '
            || p.available || ' and ' || p.held end as detail
      from pool p
      cross join lateral (
        select coalesce(sum(available) filter (where entered), 0) as available, coalesce(sum(held), 0) as held
        from credit_grant where company_id = p.company_id) g
      left join lateral (
        select seq, available_after, held_after from ledger_entry
        where company_id = p.company_id order by at desc, seq desc limit 1) last on true
      where p.available <> g.available or p.held <> g.held or p.seq <> coalesce(last.seq, 0)
        or p.available <> last.available_after or p.held <> last.held_after`,
  },
  {
    name: 'a pool is what the ledger says',
    sql: `
      with said as (
        select e.company_id, max(e.seq) as seq, count(*) as entries,
          sum(${change.available}) as available, sum(${change.held}) as held,
          coalesce(sum(e.credits) filter (where type = 4 and at >= coalesce(p.period_start, '-infinity')), 0)
          - coalesce(sum(e.credits) filter (where type = 5 and charge_at >= coalesce(p.period_start, '-infinity')), 0) as used
        from ledger_entry e join pool p on p.company_id = e.company_id group by e.company_id)
      select p.company_id, null::bigint as seq, 'the pool''s ' || case
          when p.seq <> coalesce(s.seq, 0) then 'last entry is ' || p.seq || ', the ledger says ' || coalesce(s.seq, 0)
          when p.available <> coalesce(s.available, 0) then 'available is ' || p.available || ', the ledger says ' || coalesce(s.available, 0)
          when p.held <> coalesce(s.held, 0) then 'held is ' || p.held || ', the ledger says ' || coalesce(s.held, 0)
          when p.used <> coalesce(s.used, 0) then 'used is ' || p.used || ', the ledger says ' || coalesce(s.used, 0)
          else 'last grant is ' || p.grants || ', there are ' || (select count(*) from credit_grant g where g.company_id = p.company_id) end as detail
      from pool p left join said s on s.company_id = p.company_id
      where p.seq <> coalesce(s.seq, 0) or p.available <> coalesce(s.available, 0) or p.held <> coalesce(s.held, 0)
        or p.used <> coalesce(s.used, 0)
        or p.grants <> (select count(*) from credit_grant g where g.company_id = p.company_id)`,
  },
  {
    name: 'a hold is what its entries say',
    sql: `
      with said as (
        select company_id, hold_id, sum(credits) filter (where type = 2) as credits,
          coalesce(sum(credits) filter (where type = 4), 0) as captured,
          coalesce(sum(credits) filter (where type = 3), 0) as released
        from ledger_entry where hold_id is not null group by company_id, hold_id)
      select coalesce(h.company_id, s.company_id) as company_id, coalesce(h.id, s.hold_id) as seq,
        'hold ' || coalesce(h.id, s.hold_id) || case
          when h.id is null then ' is in the ledger only'
          when s.hold_id is null then ' is not in the ledger'
          when h.credits is distinct from s.credits then ' is of ' || h.credits || ', the ledger says ' || coalesce(s.credits, 0)
          when h.captured <> s.captured then ': captured is ' || h.captured || ', the ledger says ' || s.captured
          when h.remaining <> s.credits - s.captured - s.released
            then ': still held is ' || h.remaining || ', the ledger says ' || s.credits - s.captured - s.released
          else ' is ' || h.status || ', which its entries do not say' end as detail
      from hold h full join said s on s.company_id = h.company_id and s.hold_id = h.id
      where h.id is null or s.hold_id is null or h.credits is distinct from s.credits or h.captured <> s.captured
        or h.remaining <> s.credits - s.captured - s.released
        or h.remaining <> (select coalesce(sum((d ->> 1)::bigint), 0) from jsonb_array_elements(h.draws) d)
        or (h.status = 'released' and h.captured > 0) or (h.status = 'expired' and h.captured > 0)
        or (h.status <> 'held') <> (h.ended_at is not null)`,
  },
  {
    name: 'credits are drawn within a grant’s life',
    sql: `
      select e.company_id, e.seq, 'entry ' || e.seq || ' draws from grant ' || e.grant_no || ' outside its life' as detail
      from ledger_entry e join credit_grant g on g.company_id = e.company_id and g.no = e.grant_no
      where (e.type = 2 or (e.type = 4 and not e.from_hold)) and e.credits > 0
        and (e.at < g.effective_at or e.at >= g.expires_at)`,
  },
  {
    name: 'what falls due is waited for',
    isQuick: true,
    sql: `
      select p.company_id, null::bigint as seq, 'something falls due at ' || d.at || ', the pool waits for '
        || coalesce(p.next_due_at::text, 'nothing') as detail
      from pool p cross join lateral (
        select least(
          (select min(expires_at) from hold where company_id = p.company_id and status = 'held'),
          (select min(case when entered then expires_at else effective_at end) from credit_grant
            where company_id = p.company_id and live and (not entered or available > 0)),
          (select min(starts_at) from period where company_id = p.company_id and begun_at is null)) as at) d
      where d.at < coalesce(p.next_due_at, 'infinity')`,
  },
  {
    name: 'a refund returns its charge, once',
    sql: `
      with back as (
        select company_id, charge_seq, charge_at, sum(credits) as credits, min(seq) as seq
        from ledger_entry where type = 5 group by company_id, charge_seq, charge_at)
      select coalesce(r.company_id, b.company_id) as company_id, coalesce(b.seq, r.seq) as seq,
        'the refund of charge ' || coalesce(r.charge_seq, b.charge_seq) || case
          when b.seq is null then ' is not in the ledger'
          when r.seq is null then ' is in the ledger only'
          when r.credits <> b.credits then ' is of ' || r.credits || ', the ledger says ' || b.credits
          else ' is not what was charged' end as detail
      from refund r full join back b using (company_id, charge_seq)
      left join lateral (
        select sum(credits) as credits from ledger_entry e
        where e.company_id = coalesce(r.company_id, b.company_id) and e.at = coalesce(r.charge_at, b.charge_at)
          and e.charge_seq = coalesce(r.charge_seq, b.charge_seq) and e.type = 4) c on true
      where b.seq is null or r.seq is null or r.credits <> b.credits or r.seq <> b.seq
        or c.credits is distinct from b.credits`,
  },
  {
    name: 'a charge says what it was for',
    sql: `
      select e.company_id, e.seq, 'entry ' || e.seq || ' is of a charge ' || coalesce(e.charge_seq::text, 'that it does not name') || case
          when e.charge_seq = e.seq then ' without attribution' else ' that does not begin at its moment' end as detail
      from ledger_entry e
      where e.type = 4 and (e.charge_seq is null or (e.charge_seq = e.seq and e.attribution_id is null)
        or (e.charge_seq <> e.seq and not exists (select from ledger_entry f
            where f.company_id = e.company_id and f.at = e.at and f.seq = e.charge_seq and f.type = 4)))`,
  },
  {
    name: 'a key leads to what was done under it',
    sql: `
      select k.company_id, k.result as seq, 'a key remembers ' ||
          (array['charge', 'hold', 'capture', 'release', 'refund', 'grant', 'void'])[k.kind] || ' ' || k.result || ', which is not there' as detail
      from ledger_key k
      left join ledger_entry e on k.kind in (1, 3) and e.company_id = k.company_id and e.at = k.at and e.seq = k.result
        and e.type = 4 and e.charge_seq = e.seq
      left join hold h on k.kind in (2, 4) and h.company_id = k.company_id and h.id = k.result
      left join refund r on k.kind = 5 and r.company_id = k.company_id and r.seq = k.result
      left join credit_grant g on k.kind in (6, 7) and g.company_id = k.company_id and g.no = k.result
      where coalesce(e.seq, h.id, r.seq, g.no) is null`,
  },
  {
    name: 'nothing is remembered under two keys',
    sql: `
      select company_id, result as seq, 'entry ' || result || ' was made under ' || count(*) || ' keys' as detail
      from ledger_key where kind in (1, 2, 3, 5, 6) group by company_id, kind, at, result having count(*) > 1`,
  },
  {
    name: 'a threshold is marked as it was reached',
    isQuick: true,
    sql: `
      with marks as (
        select p.company_id, t.percent, p.reached[t.n] as reached, last.at, last.seq,
          p.ever_granted and p.used * 100 >= t.percent * (p.used + p.held + p.available) as is_over
        from pool p cross join (values (1, 60), (2, 80), (3, 90), (4, 95), (5, 100)) as t (n, percent)
        left join lateral (select c.at, c.seq from threshold_crossing c
          where c.company_id = p.company_id and c.percent = t.percent order by c.seq desc, c.at desc limit 1) last on true)
      select company_id, seq, percent || ' percent ' || case
          when reached is null then 'is reached, and not marked'
          when at is null then 'is marked, and was never recorded'
          else 'is marked at another moment than was recorded' end as detail
      from marks where (reached is null and is_over) or (reached is not null and at is distinct from reached)
      union all
      select c.company_id, c.seq, c.percent || ' percent was recorded at entry ' || c.seq || ', where usage was lower'
      from threshold_crossing c join ledger_entry e on e.company_id = c.company_id and e.seq = c.seq and e.at = c.at
      where e.used_after * 100 < c.percent * (e.used_after + e.held_after + e.available_after)
      union all
      select c.company_id, c.seq, c.percent || ' percent was recorded twice without a grant between' from (
        select company_id, percent, seq, at, lag(seq) over line as before, lag(at) over line as before_at
        from threshold_crossing window line as (partition by company_id, percent order by seq)) c
      where before is not null
        and not exists (select from ledger_entry e
          where e.company_id = c.company_id and e.type = 1 and e.at >= c.before_at and e.at <= c.at and e.seq > before and e.seq <= c.seq)
        and not exists (select from period d
          where d.company_id = c.company_id and d.begun_at >= c.before_at and d.begun_at <= c.at)`,
  },
  {
    // By day they are the module's own affair: its calendar is newer than the database's.
    name: 'use adds up to what the ledger says',
    needs: ['usage_day'],
    sql: `
      with line as (
        select e.company_id, coalesce(e.attribution_id, f.attribution_id) as attribution_id, e.type = 5 as refund,
          case e.type when 4 then e.credits else -e.credits end as credits
        from ledger_entry e
        left join ledger_entry f on e.charge_seq <> e.seq and e.attribution_id is null
          and f.company_id = e.company_id and f.at = e.at and f.seq = e.charge_seq
        where e.type in (4, 5)),
      said as (select company_id, attribution_id, refund, sum(credits) as credits from line group by 1, 2, 3),
      kept as (select company_id, attribution_id, refund, sum(credits) as credits from usage_day group by 1, 2, 3)
      select coalesce(k.company_id, s.company_id) as company_id, null::bigint as seq,
        'what attribution ' || coalesce(k.attribution_id, s.attribution_id)
          || case when coalesce(k.refund, s.refund) then ' was charged back' else ' was charged' end
          || ' is ' || coalesce(k.credits, 0) || ', the ledger says ' || coalesce(s.credits, 0) as detail
      from kept k full join said s using (company_id, attribution_id, refund)
      where coalesce(k.credits, 0) <> coalesce(s.credits, 0)`,
  },
]

/** What keeps companies apart and the ledger unchanged, as the catalogue has it. */
export const wallChecks: Check[] = [
  {
    name: 'companies are behind walls',
    sql: `
      select null::int as company_id, null::bigint as seq, 'the table ' || c.relname || ' is not behind row-level security' as detail
      from pg_class c join pg_attribute a on a.attrelid = c.oid
      where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and a.attname = 'company_id'
        and not a.attisdropped and not (c.relrowsecurity and c.relforcerowsecurity)
      union all
      select null, null, 'the table ' || p.tablename || ' lets ' || r || ' see every company'
      from pg_policies p cross join unnest(p.roles) r
      where p.schemaname = 'public' and r in ('sluice_app', 'public') and p.qual = 'true'`,
  },
  {
    name: 'the ledger can only grow',
    sql: `
      with kept (name) as (values ('ledger_entry'), ('ledger_key'), ('ledger_seal'), ('refund'), ('threshold_crossing')),
      found as (
        select c.oid, c.relname, c.relkind from pg_class c
        where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p')
          and (c.relname in (select name from kept) or c.oid in (select inhrelid from pg_inherits where inhparent = 'ledger_entry'::regclass)))
      select null::int as company_id, null::bigint as seq, 'sluice_app may ' || lower("right") || ' ' || relname as detail
      from found cross join (values ('UPDATE'), ('DELETE'), ('TRUNCATE')) as p ("right")
      where has_table_privilege('sluice_app', oid, "right")
      union all
      select null, null, relname || ' has no trigger that refuses changes' from found f
      where relkind = 'r' and not exists (select from pg_trigger t
        where t.tgrelid = f.oid and t.tgname = 'append_only' and t.tgenabled in ('O', 'A'))
      union all
      select null, null, 'sluice_app owns ' || relname from pg_class where relowner = 'sluice_app'::regrole
      union all
      select null, null, 'sluice_app passes row-level security' from pg_roles
      where rolname = 'sluice_app' and (rolsuper or rolbypassrls)`,
  },
]
