-- Up Migration
-- Rate cards: a company's own prices, version after version. A version's number stands on every charge it
-- priced, so a row is never changed.

create table rate_card (
  company_id int not null references company on delete cascade,
  no int not null,
  effective_at timestamptz not null,
  -- Micro-credits per unit by price class, as texts: { "email": "100000" }.
  prices jsonb not null,
  created_at timestamptz not null,
  primary key (company_id, no)
);
call protect('rate_card');
revoke update, delete, truncate on rate_card from sluice_app;

-- Down Migration
