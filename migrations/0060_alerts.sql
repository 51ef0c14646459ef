-- Up Migration
-- Alerts: what happened that somebody must hear of. One is written in the commit of its cause; it is the
-- notice in the app, and the outbox of the mails and webhook messages that are made of it.

create table alert (
  company_id int not null references company on delete cascade,
  id text not null,
  kind text not null,
  -- What is said of it, by kind; amounts in micro-credits, as text.
  facts jsonb not null,
  -- The company's time.
  at timestamptz not null,
  -- The pool's number when it happened: a later alert never has a smaller one.
  seq bigint not null,
  -- When its readers, mails and messages were made, in one transaction; by the clock on the wall.
  told_at timestamptz,
  -- Waits to go with others of its kind in one mail; null when it does not.
  mail_waits boolean,
  -- When a program read it for the company.
  read_at timestamptz,
  primary key (company_id, id)
);
create index alert_newest on alert (company_id, at desc, id desc);
-- What is told of a call or an email goes when it goes.
create index alert_of_item on alert (company_id, (facts ->> 'itemId')) where kind = 'stream_entry';
create index alert_mail_waits on alert (company_id) where mail_waits;

-- Who it is for, and when they read it.
create table alert_reader (
  company_id int not null,
  alert_id text not null,
  member_id text not null,
  read_at timestamptz,
  primary key (company_id, member_id, alert_id),
  foreign key (company_id, alert_id) references alert (company_id, id) on delete cascade,
  foreign key (company_id, member_id) references member (company_id, id) on delete cascade
);
create index alert_reader_of on alert_reader (company_id, alert_id);

-- One mail to one person. Its Message-ID never changes, so that a second copy is known as one.
create table mail (
  company_id int not null references company on delete cascade,
  id text not null,
  member_id text,
  -- The alert it is about, or the first of them.
  alert_id text,
  kind text not null,
  to_name text not null,
  to_address text not null,
  subject text not null,
  text text not null,
  html text not null,
  message_id text not null,
  -- The calls and emails that a brief in it was drawn from, which take it with them when they go.
  item_nos bigint[],
  status text not null default 'queued' constraint mail_status check (status in ('queued', 'sent', 'failed')),
  attempts int not null default 0,
  error text,
  -- When it was made, and sent: the company's time.
  at timestamptz not null,
  sent_at timestamptz,
  -- When it is tried next, which also tells the one job that may try it.
  next_at timestamptz,
  -- When trying began, by the clock on the wall.
  first_tried_at timestamptz,
  primary key (company_id, id),
  constraint mail_once_to_each_member unique (company_id, alert_id, member_id)
);
create index mail_newest on mail (company_id, at desc, id desc);
create index mail_of_items on mail (company_id) where item_nos is not null;
create index mail_to on mail (company_id, lower(to_address));

create table webhook (
  company_id int not null references company on delete cascade,
  id text not null,
  url text not null,
  events text[] not null,
  -- Signs every message; the one before it signs too until its time is over.
  secret text not null,
  old_secret text,
  old_secret_until timestamptz,
  -- Why nothing is sent to it; null while it is enabled.
  disabled text constraint webhook_disabled check (disabled in ('by_hand', 'gone', 'failing')),
  disabled_at timestamptz,
  created_at timestamptz not null,
  primary key (company_id, id)
);

-- One message to one endpoint; its id is the webhook-id of every try.
create table webhook_delivery (
  company_id int not null,
  id text not null,
  webhook_id text not null,
  alert_id text not null,
  event text not null,
  payload text not null,
  status text not null default 'queued'
    constraint delivery_status check (status in ('queued', 'delivered', 'failed')),
  attempts int not null default 0,
  response_status int,
  -- The first characters of the answer.
  response text,
  error text,
  at timestamptz not null,
  delivered_at timestamptz,
  next_at timestamptz,
  primary key (company_id, id),
  foreign key (company_id, webhook_id) references webhook (company_id, id) on delete cascade,
  constraint delivery_once_to_each_endpoint unique (company_id, alert_id, event, webhook_id)
);
create index delivery_newest on webhook_delivery (company_id, webhook_id, at desc, id desc);

call protect('alert');
call protect('alert_reader');
call protect('mail');
call protect('webhook');
call protect('webhook_delivery');

-- Down Migration
