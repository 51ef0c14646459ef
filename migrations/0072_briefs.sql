-- Up Migration
-- Briefs: templates of sections, and what was generated from them.

create table brief (
  company_id int not null references company on delete cascade,
  id text not null,
  name text not null,
  status text not null constraint brief_status check (status in ('draft', 'published')),
  -- [{title, source, trackerIds, question, itemTypes}]
  sections jsonb not null,
  created_by text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (company_id, id)
);
create index brief_newest on brief (company_id, created_at desc, id desc);
create unique index brief_name on brief (company_id, lower(name));

-- The trackers a template's sections read; none of them can be deleted.
create table brief_tracker (
  company_id int not null,
  brief_id text not null,
  tracker_id text not null,
  primary key (company_id, brief_id, tracker_id),
  foreign key (company_id, brief_id) references brief (company_id, id) on delete cascade,
  foreign key (company_id, tracker_id) references tracker (company_id, id)
);
create index brief_by_tracker on brief_tracker (company_id, tracker_id);

create table generated_brief (
  company_id int not null,
  id text not null,
  brief_id text not null,
  -- The template's name when it was generated.
  name text not null,
  entity_type text not null,
  entity_id text not null,
  -- [{title, source, text, credits, dataAsOf, stale, truncated, callsSearched, emailsSearched, findings, itemNos}]
  sections jsonb not null,
  calls_searched int not null,
  emails_searched int not null,
  credits bigint not null,
  charge_at timestamptz,
  charge_seq bigint,
  -- All items it stands on: whoever may see them all may see it.
  item_nos bigint[] not null,
  -- Who had it made, as the audit trail names them.
  made_by text not null,
  created_at timestamptz not null,
  primary key (company_id, id),
  foreign key (company_id, brief_id) references brief (company_id, id) on delete cascade
);
create index generated_brief_newest on generated_brief (company_id, brief_id, created_at desc, id desc);
create index generated_brief_of_entity on generated_brief (company_id, entity_type, entity_id);
create index generated_brief_of_item on generated_brief using gin (item_nos);

call protect('brief');
call protect('brief_tracker');
call protect('generated_brief');

-- Down Migration
