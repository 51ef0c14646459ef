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

-- Down Migration
