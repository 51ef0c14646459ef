-- Up Migration
-- The ledger: what every company's pool holds, who may spend it, and why it changed.
--
-- A pool's row is the one lock: whoever changes anything of a pool holds it. Amounts are whole
-- micro-credits. Entries are the truth and are only ever added; pool, credit_grant and hold are
-- projections written in the same commit, so that reading a balance never sums anything.

create table pool (
  company_id int primary key references company on delete cascade,
  -- The number of the last entry: 1, 2, 3 … without gaps.
  seq bigint not null default 0,
  available bigint not null default 0,
  held bigint not null default 0,
  -- Charges since period_start, less refunds of those same charges.
  used bigint not null default 0,
  -- When the contract year began that use is counted from; null counts from the first grant.
  period_start timestamptz,
  -- Whether a grant ever became effective: without one, nothing used is not 100 percent.
  ever_granted boolean not null default false,
  -- For 60, 80, 90, 95 and 100 percent: when it was reached; null while armed.
  reached timestamptz[] not null default array[null, null, null, null, null]::timestamptz[],
  -- The entry at which available + held last became 0; null if it never did.
  exhausted_seq bigint,
  exhausted_at timestamptz,
  -- Time never runs backwards within a pool.
  last_at timestamptz,
  -- The earliest moment at which something falls due: a grant, a hold or a contract year.
  next_due_at timestamptz,
  -- Where the test clock stands, for a company that has one.
  clock timestamptz,
  -- The number of the last grant.
  grants int not null default 0,
  -- Raised by every change that a decision outside this row was based on (prices, budgets, keys).
  config_epoch int not null default 0,
  constraint pool_never_below_zero check (available >= 0 and held >= 0 and used >= 0)
) with (fillfactor = 25);

-- One contract year after another: what use is counted in, and the default credits each one brings.
create table period (
  company_id int not null references pool on delete cascade,
  starts_at timestamptz not null,
  ends_at timestamptz not null,
  -- Default credits that become effective when it starts; changes of seats change later periods only.
  allotment bigint not null constraint period_allotment_not_negative check (allotment >= 0),
  reference text,
  begun_at timestamptz,
  primary key (company_id, starts_at),
  constraint period_is_a_stretch check (starts_at < ends_at)
);

create table credit_grant (
  company_id int not null references pool on delete cascade,
  no int not null,
  source text not null constraint grant_source check (source in ('default', 'adjustment', 'purchased')),
  amount bigint not null constraint grant_is_positive check (amount > 0),
  available bigint not null,
  held bigint not null default 0,
  consumed bigint not null default 0,
  expired bigint not null default 0,
  voided bigint not null default 0,
  -- Voided while held or consumed: what comes back is voided first, up to this.
  void_owed bigint not null default 0,
  effective_at timestamptz not null,
  expires_at timestamptz,
  -- Whether it has entered the ledger.
  entered boolean not null default false,
  -- Whether a draw, an expiry or an entry may still touch it.
  live boolean not null default true,
  reference text,
  reason text,
  granted_by text,
  created_at timestamptz not null,
  primary key (company_id, no),
  constraint grant_adds_up check (amount = available + held + consumed + expired + voided),
  constraint grant_never_below_zero
    check (available >= 0 and held >= 0 and consumed >= 0 and expired >= 0 and voided >= 0
      and void_owed between 0 and held + consumed)
) with (fillfactor = 50);
-- Spending part of a grant leaves these columns alone, so that the update stays in its page.
create index grant_live on credit_grant (company_id, no) where live;

-- Who and what a charge was for. Charges point here, so that an entry stays small.
create table attribution (
  company_id int not null references company on delete cascade,
  id int generated always as identity,
  feature text not null,
  instance_id text,
  instance_name text,
  trigger text not null,
  integration_id text,
  member_id text,
  team_id text,
  primary key (company_id, id),
  unique nulls not distinct (company_id, feature, instance_id, trigger, integration_id, member_id, team_id)
);

create table hold (
  -- Like entries, holds are written by the ledger alone and name what never goes away; foreign keys would
  -- look both up again for each of them.
  company_id int not null,
  -- The number of its first entry.
  id bigint not null,
  attribution_id int not null,
  -- The version of the rate card that priced it; 0 is the built-in one.
  rate_card int not null,
  credits bigint not null constraint hold_is_positive check (credits > 0),
  -- What is still set aside, grant by grant: [[grant no, micro-credits], …] in the order drawn.
  draws jsonb not null,
  remaining bigint not null,
  captured bigint not null default 0,
  status text not null default 'held'
    constraint hold_status check (status in ('held', 'captured', 'released', 'expired')),
  lines jsonb not null,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  ended_at timestamptz,
  metadata jsonb,
  primary key (company_id, id),
  constraint hold_ends_with_nothing_held check ((status = 'held') = (remaining > 0))
);
create index hold_open on hold (company_id, expires_at, id) where status = 'held';

-- One line of the ledger. A charge is the consume entries that share charge_seq; what was charged and
-- why stands on the first of them. Partitioned by month; ordered by (at, seq) within a pool.
create table ledger_entry (
  company_id int not null,
  grant_no int not null,
  at timestamptz not null,
  seq bigint not null,
  credits bigint not null,
  -- The pool right after this entry.
  available_after bigint not null,
  held_after bigint not null,
  used_after bigint not null,
  -- The first entry of the charge that this entry belongs to, or that it refunds.
  charge_seq bigint,
  hold_id bigint,
  attribution_id int,
  type smallint not null constraint entry_type check (type between 1 and 7),
  from_hold boolean not null default false,
  rate_card int,
  lines jsonb,
  reason text,
  actor text,
  -- When the refunded charge was made.
  charge_at timestamptz,
  primary key (company_id, at, seq),
  constraint entry_is_positive check (credits > 0 or type = 4)
) partition by range (at);
comment on column ledger_entry.type is '1 grant, 2 hold, 3 release, 4 consume, 5 refund, 6 expire, 7 void';
-- The entries that are not use; few, and asked for by type or grant.
create index entry_rare on ledger_entry (company_id, type, at, seq) where type in (1, 5, 6, 7);

-- Makes the month's partition that `moment` falls in, unless it is there.
create function open_ledger_month(moment timestamptz) returns void
language plpgsql security definer set search_path = public as $$
declare
  first_of_month timestamptz := date_trunc('month', moment, 'UTC');
  partition text := 'ledger_entry_' || to_char(first_of_month at time zone 'UTC', 'YYYY_MM');
begin
  if to_regclass(partition) is not null then return; end if;
  perform pg_advisory_xact_lock(hashtext('open_ledger_month'));
  -- Asked of the table itself: what to_regclass remembers from before the wait may be out of date.
  if exists (select from pg_class where oid = any (select inhrelid from pg_inherits
    where inhparent = 'ledger_entry'::regclass) and relname = partition) then return; end if;
  execute format('create table %I (like ledger_entry including all)', partition);
  execute format('alter table %I enable row level security', partition);
  execute format('alter table %I force row level security', partition);
  execute format('revoke all on %I from sluice_app', partition);
  execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', partition);
  execute format('alter table ledger_entry attach partition %I for values from (%L) to (%L)',
    partition, first_of_month, first_of_month + interval '1 month');
end
$$;

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'the ledger is append-only' using errcode = 'restrict_violation';
end
$$;

-- What a charge's items were, where the entry's lines do not say it all: identities, durations, and the
-- caller's own metadata. Not part of the ledger: erasing a person's or an item's data may change it.
create table charge_detail (
  company_id int not null,
  charge_seq bigint not null,
  items jsonb,
  metadata jsonb,
  primary key (company_id, charge_seq)
);

-- Every key that had an effect, for as long as the ledger lives.
create table ledger_key (
  at timestamptz not null,
  -- The first entry of what was done, or the number of the grant.
  result bigint not null,
  fingerprint bigint not null,
  company_id int not null,
  kind smallint not null,
  -- The first 16 bytes of SHA-256(integration, operation, key).
  hash uuid not null,
  constraint ledger_key_once unique (company_id, hash)
);

create table threshold_crossing (
  company_id int not null references pool on delete cascade,
  seq bigint not null,
  percent smallint not null,
  at timestamptz not null,
  cause text not null,
  primary key (company_id, percent, seq)
);

create table refund (
  company_id int not null references pool on delete cascade,
  charge_seq bigint not null,
  charge_at timestamptz not null,
  seq bigint not null,
  at timestamptz not null,
  credits bigint not null,
  reason text not null,
  actor text,
  primary key (company_id, charge_seq)
);

call protect('pool');
call protect('period');
call protect('credit_grant');
call protect('attribution');
call protect('hold');
call protect('ledger_entry');
call protect('charge_detail');
call protect('ledger_key');
call protect('threshold_crossing');
call protect('refund');

-- The ledger's rows are written once. The grants come first, the triggers are the second guard.
revoke update, delete, truncate on ledger_entry, ledger_key, threshold_crossing, refund from sluice_app;
revoke delete, truncate on pool, credit_grant, hold, attribution from sluice_app;
create trigger append_only before update or delete on ledger_key for each row execute function refuse_change();
create trigger append_only before update or delete on threshold_crossing for each row execute function refuse_change();
create trigger append_only before update or delete on refund for each row execute function refuse_change();

-- Pools in which something is due, whoever's they are.
create function due_pools(until timestamptz, most int)
returns table (company_id int) language sql stable security definer set search_path = public as $$
  select p.company_id from pool p
  where p.clock is null and p.next_due_at <= until
  order by p.next_due_at limit most
$$;
create index pool_due on pool (next_due_at) where clock is null;

-- Down Migration
