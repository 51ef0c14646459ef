-- Up Migration
-- A new random number with every change of a pool. Who decided on a pool from memory says the stamp that
-- it remembers, and fails when the pool has another: somebody else has changed it since. A counter would
-- not do, because two histories can be of one length.
alter table pool add column stamp bigint not null default 0;

-- Makes the month's partition that `moment` falls in, unless it is there.
create or replace function open_ledger_month(moment timestamptz) returns void
language plpgsql security definer set search_path = pg_catalog, public, pg_temp as $$
declare
  first_of_month timestamptz := date_trunc('month', moment, 'UTC');
  partition text := 'ledger_entry_' || to_char(first_of_month at time zone 'UTC', 'YYYY_MM');
begin
  if to_regclass(partition) is not null then return; end if;
  perform pg_advisory_xact_lock(hashtext('open_ledger_month'));
  -- Asked of the table itself: what to_regclass remembers from before the wait may be out of date.
  if exists (select from pg_class where oid = any (select inhrelid from pg_inherits
    where inhparent = 'ledger_entry'::regclass) and relname = partition) then return; end if;
  execute format('create table public.%I (like ledger_entry including all)', partition);
  execute format('alter table %I enable row level security', partition);
  execute format('alter table %I force row level security', partition);
  execute format('revoke all on %I from sluice_app', partition);
  execute format('create trigger append_only before update or delete on %I for each row execute function refuse_change()', partition);
  execute format('alter table ledger_entry attach partition %I for values from (%L) to (%L)',
    partition, first_of_month, first_of_month + interval '1 month');
end
$$;

-- Down Migration
alter table pool drop column stamp;
