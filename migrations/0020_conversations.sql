-- Up Migration
-- Calls, emails, and the accounts, deals, contacts and leads they are linked to.
--
-- `item` is one table for calls and emails: everything that selects, lists, counts and prices reads only
-- this narrow row. What was said or written is in `item_content`.

-- The one lock of a company's data: whoever puts items in holds its row, so that numbers appear in
-- the order in which they are given out, and nobody later sees a smaller one arrive.
create table intake (
  company_id int primary key references company on delete cascade,
  last_no bigint not null default 0
);

create table item (
  company_id int not null references company on delete cascade,
  -- 1, 2, 3 … in the order first put in. Opaque to everybody: it stays when the rest is erased.
  no bigint not null,
  type text not null constraint item_type check (type in ('call', 'email')),
  id text not null,
  -- Its own date: when the call began or the email was sent.
  occurred_at timestamptz not null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  -- When it could first be read (it has a transcript or body, and is not private), and its place in the
  -- order of all arrivals. A call that waits for its transcript, or is private, has not arrived.
  arrived_at timestamptz,
  arrival_no bigint,
  -- Whether it was brought in as history, which starts nothing.
  history boolean not null,
  private boolean not null,
  title text not null,
  -- What the caller stated, and what counts: the larger of that and the end of the last sentence.
  stated_seconds double precision,
  duration_seconds double precision not null,
  direction text not null
    constraint item_direction check (direction in ('inbound', 'outbound', 'conference', 'unknown')),
  scope text not null constraint item_scope check (scope in ('internal', 'external', 'unknown')),
  -- How many words each side has; 0 means that there is nothing to read of it.
  company_words int not null,
  customer_words int not null,
  has_content boolean not null,
  -- [{id, name, email, affiliation, role}]; role is from, to or cc of an email.
  parties jsonb not null,
  -- Whether account and deal were named by the caller or found by the rules.
  account_id text,
  account_given boolean not null,
  deal_id text,
  deal_given boolean not null,
  message_id text,
  thread_id text,
  folders text[] not null default '{}',
  labels text[] not null default '{}',
  -- Taken out: invisible, without content, but its number and id stay taken.
  deleted_at timestamptz,
  -- Erased for good: nothing but number, type, dates and figures is left.
  erased_at timestamptz,
  primary key (company_id, no),
  unique (company_id, type, id),
  constraint item_arrives_with_content check (arrival_no is null or arrived_at is not null),
  constraint item_erased_is_deleted check (erased_at is null or deleted_at is not null)
);
create unique index item_message on item (company_id, message_id) where message_id is not null;
-- Lists, periods and counts by price class, without touching the rows.
create index item_by_date on item (company_id, type, occurred_at, no)
  include (duration_seconds, company_words, customer_words, arrival_no, private)
  where deleted_at is null;
create index item_by_account on item (company_id, account_id, occurred_at)
  where account_id is not null and deleted_at is null;
create index item_by_deal on item (company_id, deal_id, occurred_at)
  where deal_id is not null and deleted_at is null;
create index item_by_arrival on item (company_id, arrival_no) where arrival_no is not null;

create table item_content (
  company_id int not null,
  item_no bigint not null,
  -- An email's text.
  body text,
  -- A call's sentences: [{partyId, startSeconds, endSeconds, text}].
  transcript json,
  primary key (company_id, item_no),
  foreign key (company_id, item_no) references item (company_id, no) on delete cascade,
  constraint content_is_of_one_kind check ((body is null) <> (transcript is null))
);

-- Every address of every item, lower case: who sees it, and which contact, lead or account it is about.
create table item_address (
  company_id int not null references company on delete cascade,
  domain text not null,
  address text not null,
  item_no bigint not null,
  primary key (company_id, domain, address, item_no)
);

create table entity (
  company_id int not null references company on delete cascade,
  type text not null constraint entity_type check (type in ('account', 'deal', 'contact', 'lead')),
  id text not null,
  -- The CRM's own id.
  external_id text,
  name text not null,
  -- Of a contact or lead, lower case.
  email text,
  -- Of a deal or contact.
  account_id text,
  -- Of a deal.
  status text constraint deal_status check (status in ('open', 'won', 'lost')),
  -- Of an account, lower case.
  domains text[] not null default '{}',
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (company_id, type, id),
  unique (company_id, type, external_id),
  constraint deal_has_a_status check ((type = 'deal') = (status is not null))
);
create index entity_newest on entity (company_id, type, created_at desc, id desc);
create index entity_of_account on entity (company_id, account_id, type) where account_id is not null;
create index entity_by_email on entity (company_id, email) where email is not null;

create table account_domain (
  company_id int not null references company on delete cascade,
  domain text not null,
  account_id text not null,
  primary key (company_id, domain, account_id)
);

-- What may never come back: SHA-256 of an erased item's type and id, or of its message id.
create table erased_key (
  company_id int not null references company on delete cascade,
  hash bytea not null,
  erased_at timestamptz not null,
  primary key (company_id, hash)
);

create table data_import (
  company_id int not null references company on delete cascade,
  id text not null,
  status text not null
    constraint import_status check (status in ('running', 'done', 'stopped', 'failed')),
  format text not null,
  bytes bigint not null,
  history boolean not null,
  dry_run boolean not null,
  -- What published trackers would charge, of a dry run.
  charges jsonb,
  -- How far it came: everything up to this line is in or rejected.
  line bigint not null default 0,
  accepted bigint not null default 0,
  rejected_count bigint not null default 0,
  rejected jsonb not null default '[]',
  error text,
  -- SHA-256 of who asked and their Idempotency-Key, and of what they sent.
  key_hash bytea,
  content_hash bytea not null,
  actor text not null,
  created_at timestamptz not null,
  -- Real time of the last sign of life.
  beat_at timestamptz not null,
  ended_at timestamptz,
  primary key (company_id, id)
);
create unique index import_key on data_import (company_id, key_hash) where key_hash is not null;

call protect('intake');
call protect('item');
call protect('item_content');
call protect('item_address');
call protect('entity');
call protect('account_domain');
call protect('erased_key');
call protect('data_import');
revoke update, delete, truncate on erased_key from sluice_app;

-- Down Migration
