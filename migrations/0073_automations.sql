-- Up Migration
-- Automations: when something happens, if it fits, a brief is generated and delivered.

create table automation (
  company_id int not null references company on delete cascade,
  id text not null,
  name text not null,
  enabled boolean not null,
  -- What sets it off: schedule, call_processed or tracker_hit, with its details.
  trigger jsonb not null,
  trigger_type text not null
    constraint automation_trigger check (trigger_type in ('schedule', 'call_processed', 'tracker_hit')),
  -- The tracker whose hits set it off; it cannot be deleted.
  tracker_id text,
  on_backfilled boolean not null,
  filter jsonb not null,
  brief_id text not null,
  -- {type, id}; null stands for the account of whatever set it off.
  entity jsonb,
  time_period text not null,
  deliver_to text[] not null,
  -- When a schedule comes up next; null when it is off.
  next_at timestamptz,
  created_by text,
  created_at timestamptz not null,
  primary key (company_id, id),
  foreign key (company_id, tracker_id) references tracker (company_id, id),
  foreign key (company_id, brief_id) references brief (company_id, id),
  constraint automation_hits_name_a_tracker check ((trigger_type = 'tracker_hit') = (tracker_id is not null))
);
create index automation_newest on automation (company_id, created_at desc, id desc);
create index automation_listening on automation (company_id, trigger_type, tracker_id) where enabled;
create index automation_by_tracker on automation (company_id, tracker_id) where tracker_id is not null;
create index automation_by_brief on automation (company_id, brief_id);

-- What an automation did, each time it was set off, and why it did nothing.
create table automation_run (
  company_id int not null,
  id text not null,
  automation_id text not null,
  -- What set it off: an item's number, a moment of the schedule, a person. Once each.
  cause text not null,
  status text not null constraint automation_run_status check (status in ('done', 'skipped', 'failed')),
  reason text,
  generated_id text,
  credits bigint not null,
  item_no bigint,
  at timestamptz not null,
  primary key (company_id, id),
  unique (company_id, automation_id, cause),
  foreign key (company_id, automation_id) references automation (company_id, id) on delete cascade
);
create index automation_run_newest on automation_run (company_id, automation_id, at desc, id desc);

call protect('automation');
call protect('automation_run');

-- Down Migration
