-- Up Migration
-- The hash chain over each pool's ledger. A seal covers the entries from one number to another; its hash
-- covers them and the seal before, so that nobody changes an old entry unseen. Sealed off the hot path.

create table ledger_seal (
  company_id int not null references pool on delete cascade,
  from_seq bigint not null,
  to_seq bigint not null,
  -- The moments of the first and the last entry, by which they are found.
  from_at timestamptz not null,
  to_at timestamptz not null,
  -- The hash of the seal before; 32 zero bytes before the first.
  previous bytea not null,
  hash bytea not null,
  -- Four bytes of each entry's own hash: they tell which entry it was that changed.
  marks bytea not null,
  sealed_at timestamptz not null,
  primary key (company_id, to_seq),
  constraint seal_is_a_stretch check (from_seq <= to_seq and length(marks) = 4 * (to_seq - from_seq + 1)),
  constraint seal_once unique (company_id, from_seq)
);
call protect('ledger_seal');
revoke update, delete, truncate on ledger_seal from sluice_app;
create trigger append_only before update or delete on ledger_seal for each row execute function refuse_change();

-- One entry as the text that is hashed: every column, in one form whatever the session's settings.
create function ledger_line(e ledger_entry) returns text language sql stable parallel safe as $$
  select row(e.company_id, e.seq, e.type, e.grant_no, e.credits, (date_part('epoch', e.at) * 1e6)::bigint,
    e.available_after, e.held_after, e.used_after, e.from_hold, e.charge_seq, e.hold_id, e.attribution_id, e.rate_card,
    e.lines, e.reason, e.actor, (date_part('epoch', e.charge_at) * 1e6)::bigint)::text
$$;

-- Pools with entries that no seal covers yet, whoever's they are.
create function unsealed_pools(most int) returns table (company_id int)
language sql stable security definer set search_path = public as $$
  select p.company_id from pool p
  where p.seq > coalesce((select max(s.to_seq) from ledger_seal s where s.company_id = p.company_id), 0)
  limit most
$$;

-- Down Migration
