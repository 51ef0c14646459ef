-- Up Migration
-- Servers that speak Gong's public API, whose calls, transcripts and users are pulled in, and how far each
-- was read.

create table connector (
  company_id int not null references company on delete cascade,
  id text not null,
  name text not null,
  base_url text not null,
  credential_kind text not null
    constraint connector_credential check (credential_kind in ('basic', 'bearer')),
  -- Sealed with a key that the database does not have.
  sealed_credential bytea not null,
  -- Calls that began before this are history; null: all of them are.
  new_from timestamptz,
  -- Calls that began before this are left alone.
  since timestamptz not null,
  every_minutes int,
  enabled boolean not null,
  -- Calls that began before this are in.
  synced_to timestamptz,
  -- Where the sync under way stands: {step, from, to, page}; null when none is.
  place jsonb,
  -- Goes up with every step and every change by hand: who read under an older one writes nothing.
  revision bigint not null default 1,
  next_at timestamptz,
  created_at timestamptz not null,
  primary key (company_id, id)
);

create table connector_run (
  company_id int not null,
  id text not null,
  connector_id text not null,
  cause text not null constraint connector_run_cause check (cause in ('schedule', 'hand')),
  status text not null
    constraint connector_run_status check (status in ('running', 'done', 'failed', 'stopped')),
  started_at timestamptz not null,
  ended_at timestamptz,
  users int not null default 0,
  calls int not null default 0,
  transcripts int not null default 0,
  rejected_count int not null default 0,
  -- The first of them: [{id, error}].
  rejected jsonb not null default '[]',
  -- How often in a row the other server did not answer usefully, and what was wrong the last time.
  failures int not null default 0,
  error text,
  primary key (company_id, id),
  foreign key (company_id, connector_id) references connector (company_id, id) on delete cascade
);
create index connector_run_newest on connector_run (company_id, connector_id, started_at desc, id desc);
create unique index connector_run_one_at_a_time on connector_run (company_id, connector_id)
  where status = 'running';

call protect('connector');
call protect('connector_run');

-- Down Migration
