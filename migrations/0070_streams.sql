-- Up Migration
-- Streams: saved filters over calls and emails. What is in a stream is asked of item and tracker_result
-- each time; nothing is copied.

create table stream (
  company_id int not null references company on delete cascade,
  id text not null,
  name text not null,
  -- itemTypes, trackers, from, to and the filters of trackers.
  filter jsonb not null,
  -- Since when it has this filter: nothing joined it before.
  since timestamptz not null,
  -- Whether followers are told of backfilled entries too.
  notify_backfilled boolean not null,
  created_by text,
  created_at timestamptz not null,
  primary key (company_id, id)
);
create index stream_newest on stream (company_id, created_at desc, id desc);

-- The trackers a stream's filter names; none of them can be deleted.
create table stream_tracker (
  company_id int not null,
  stream_id text not null,
  tracker_id text not null,
  primary key (company_id, stream_id, tracker_id),
  foreign key (company_id, stream_id) references stream (company_id, id) on delete cascade,
  foreign key (company_id, tracker_id) references tracker (company_id, id)
);
create index stream_by_tracker on stream_tracker (company_id, tracker_id);

create table stream_follower (
  company_id int not null,
  stream_id text not null,
  member_id text not null,
  primary key (company_id, stream_id, member_id),
  foreign key (company_id, stream_id) references stream (company_id, id) on delete cascade,
  foreign key (company_id, member_id) references member (company_id, id) on delete cascade
);
create index stream_by_follower on stream_follower (company_id, member_id);

-- Entries that followers were told of: each once.
create table stream_told (
  company_id int not null,
  stream_id text not null,
  item_no bigint not null,
  at timestamptz not null,
  primary key (company_id, stream_id, item_no),
  foreign key (company_id, stream_id) references stream (company_id, id) on delete cascade
);

call protect('stream');
call protect('stream_tracker');
call protect('stream_follower');
call protect('stream_told');

-- Down Migration
