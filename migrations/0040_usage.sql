-- Up Migration
-- The usage roll-up: what was charged, and charged back, on each day of a company. Written in the commit
-- of the charge, so that a year of trends is a few hundred rows, and every sum is that of the ledger.

create table usage_day (
  company_id int not null references pool on delete cascade,
  -- The company's local day.
  day date not null,
  -- Who and what it was for.
  attribution_id int not null,
  -- What was charged back stands by itself, on the day it was, with negative amounts.
  refund boolean not null,
  -- The price class; empty for amounts that named no items.
  type text not null,
  quantity bigint not null,
  credits bigint not null,
  -- Each charge once, on the first of its price classes; a refund is none.
  requests bigint not null,
  first_at timestamptz not null,
  last_at timestamptz not null,
  primary key (company_id, day, attribution_id, refund, type)
) with (fillfactor = 80);

call protect('usage_day');

-- A server prepares commands by what it remembers of a company, under the epoch it read it at. These
-- changes are among what it remembers.
create function raise_epoch() returns trigger language plpgsql as $$
begin
  if tg_table_name = 'company' then
    update pool set config_epoch = config_epoch + 1 where company_id = new.id;
  else
    update pool set config_epoch = config_epoch + 1 where company_id = coalesce(new.company_id, old.company_id);
  end if;
  return null;
end
$$;
create trigger company_zone after update of timezone on company
  for each row when (old.timezone <> new.timezone) execute function raise_epoch();
create trigger team_features after update of features on team
  for each row when (old.features <> new.features) execute function raise_epoch();
create trigger team_known after insert or delete on team for each row execute function raise_epoch();

-- Down Migration
