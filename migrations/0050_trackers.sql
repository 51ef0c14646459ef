-- Up Migration
-- Trackers: a question asked of every call and email, its versions, its results, and how far it came.
--
-- There is no row per waiting item: items have an order of arrival, and a tracker knows the last one it
-- has seen. What waits is what arrived behind that; what it did is in tracker_result.

create table tracker (
  company_id int not null references company on delete cascade,
  id text not null,
  kind text not null constraint tracker_kind check (kind in ('question', 'pretrained', 'keyword')),
  name text not null,
  version int not null default 1,
  -- question, instructions, itemTypes, side, part, filters, keywords, pretrainedId of this version.
  definition jsonb not null,
  status text not null default 'draft'
    constraint tracker_status check (status in ('draft', 'published', 'unpublished')),
  status_since timestamptz not null,
  -- Why a published tracker does not go on, and since when; the pool's own mark counts as well.
  stopped text constraint tracker_stopped check (stopped in ('out_of_credits', 'over_budget')),
  stopped_since timestamptz,
  -- The price of the item it stopped at.
  stopped_price bigint,
  -- The pool's number when it was published or resumed: a later mark of exhaustion stops it.
  running_seq bigint not null default 0,
  -- The last arrival it has dealt with.
  cursor bigint not null default 0,
  -- Waits until a hold ends that stands in the way of its next item.
  waits_for_hold boolean not null default false,
  -- The hold of the batch under way, for whoever takes over from a worker that ended.
  hold_id bigint,
  team_id text,
  created_by text,
  created_at timestamptz not null,
  primary key (company_id, id)
);
create index tracker_running on tracker (company_id, id) where status = 'published';

create index tracker_waiting on tracker (company_id) where waits_for_hold;

create table tracker_version (
  company_id int not null,
  tracker_id text not null,
  version int not null,
  definition jsonb not null,
  created_at timestamptz not null,
  primary key (company_id, tracker_id, version),
  foreign key (company_id, tracker_id) references tracker (company_id, id) on delete cascade
);

create table tracker_result (
  company_id int not null,
  tracker_id text not null,
  version int not null,
  item_no bigint not null,
  found boolean not null,
  answer text not null,
  -- [{turn, startSeconds, partyId, quote}]
  occurrences jsonb not null,
  model text not null,
  credits bigint not null,
  charge_at timestamptz,
  charge_seq bigint,
  backfill_id text,
  occurred_at timestamptz not null,
  processed_at timestamptz not null,
  primary key (company_id, tracker_id, version, item_no),
  foreign key (company_id, tracker_id) references tracker (company_id, id) on delete cascade
);
create index tracker_result_newest on tracker_result (company_id, tracker_id, processed_at desc, item_no desc);
create index tracker_result_of_item on tracker_result (company_id, item_no);

create table tracker_backfill (
  company_id int not null,
  id text not null,
  tracker_id text not null,
  version int not null,
  -- By the items' own dates, or what was missed: by their arrival.
  range_from timestamptz,
  range_to timestamptz,
  arrived_after bigint,
  arrived_to bigint not null,
  item_types text[],
  status text not null
    constraint backfill_status check (status in ('running', 'done', 'stopped', 'cancelled')),
  total int not null,
  -- The last item it has dealt with, oldest first.
  at_date timestamptz,
  at_no bigint,
  created_at timestamptz not null,
  ended_at timestamptz,
  primary key (company_id, id),
  foreign key (company_id, tracker_id) references tracker (company_id, id) on delete cascade
);
create index backfill_of_tracker on tracker_backfill (company_id, tracker_id, created_at desc);

-- An item that could not be processed; nothing was charged for it.
create table tracker_failure (
  company_id int not null,
  tracker_id text not null,
  version int not null,
  item_no bigint not null,
  attempts int not null,
  reason text not null,
  last_at timestamptz not null,
  primary key (company_id, tracker_id, version, item_no),
  foreign key (company_id, tracker_id) references tracker (company_id, id) on delete cascade
);

create table tracker_trial (
  company_id int not null references company on delete cascade,
  day date not null,
  items int not null,
  primary key (company_id, day)
);

call protect('tracker');
call protect('tracker_version');
call protect('tracker_result');
call protect('tracker_backfill');
call protect('tracker_failure');
call protect('tracker_trial');

-- Down Migration
