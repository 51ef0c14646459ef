-- Up Migration
-- Budgets: caps on what of the pool one team, member, integration, feature or instance may use in a
-- period. Its counters are written in the commit of every charge and hold they count.

create table budget (
  company_id int not null references pool on delete cascade,
  id text not null,
  scope_type text not null
    constraint budget_scope check (scope_type in ('team', 'member', 'integration', 'feature', 'instance')),
  scope_id text not null,
  period text not null constraint budget_period check (period in ('month', 'contractYear')),
  credits bigint not null constraint budget_is_positive check (credits > 0),
  -- The period that `used` is counted in.
  period_start timestamptz not null,
  period_end timestamptz not null,
  -- Charged in the period, less refunds of those same charges.
  used bigint not null,
  -- Held now, whenever it was reserved.
  held bigint not null,
  -- The highest of 80 and 100 percent that was told of in the period; 0 for none.
  told smallint not null default 0,
  -- When it was made, or its cap was last raised.
  loosened_at timestamptz not null,
  created_at timestamptz not null,
  primary key (company_id, id)
) with (fillfactor = 50);
create index budget_by_scope on budget (company_id, scope_type, scope_id);
create index budget_newest on budget (company_id, created_at desc, id desc);

call protect('budget');

-- Down Migration
