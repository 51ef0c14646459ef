-- Up Migration
-- Contracts: terms one after another, the seats of each, and the highest number of seats that each
-- contract year has seen, which decides what added seats bring.

create table contract_term (
  company_id int not null references company on delete cascade,
  start_day date not null,
  term_months int not null constraint term_has_months check (term_months between 1 and 120),
  end_day date not null,
  proration text not null default 'daily' constraint term_proration check (proration in ('daily', 'full')),
  created_at timestamptz not null,
  primary key (company_id, start_day)
);

create table contract_seat (
  company_id int not null,
  start_day date not null,
  type text not null,
  count int not null constraint seats_not_negative check (count >= 0),
  core boolean not null,
  credits_per_seat bigint not null,
  -- The highest count that the contract year beginning on peak_year has seen.
  peak int not null,
  peak_year date not null,
  primary key (company_id, start_day, type),
  foreign key (company_id, start_day) references contract_term (company_id, start_day) on delete cascade
);

call protect('contract_term');
call protect('contract_seat');

-- Down Migration
