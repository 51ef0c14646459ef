-- Up Migration
-- IMAP mailboxes whose mail comes in by itself, and how far each was read.

create table mailbox (
  company_id int not null references company on delete cascade,
  id text not null,
  host text not null,
  port int not null,
  tls text not null constraint mailbox_tls check (tls in ('implicit', 'starttls', 'none')),
  username text not null,
  -- Sealed with a key that the database does not have.
  sealed_password bytea not null,
  folder text not null,
  -- What becomes of the mail that is there when following begins.
  existing text not null constraint mailbox_existing check (existing in ('history', 'new', 'skip')),
  every_seconds int not null,
  enabled boolean not null,
  -- Goes up with every change by hand, so that whoever reads under the old settings writes nothing more.
  revision int not null default 1,
  -- Everything up to last_uid is in, known, or rejected, as long as the server's UIDVALIDITY is this one.
  uid_validity bigint,
  last_uid bigint not null default 0,
  -- What was there before: below this UID when following began, or received before this moment when the
  -- server began to count anew.
  existing_below bigint not null default 0,
  existing_before timestamptz,
  imported bigint not null default 0,
  rejected_count bigint not null default 0,
  -- The last of them: [{uid, error}].
  rejected jsonb not null default '[]',
  failures int not null default 0,
  failing_since timestamptz,
  error text,
  -- All of these by the clock on the wall; checked_at is of the last time that it went well.
  checked_at timestamptz,
  next_check_at timestamptz not null,
  created_at timestamptz not null,
  primary key (company_id, id)
);
create index mailbox_due on mailbox (next_check_at) where enabled;

call protect('mailbox');

-- Mailboxes that are to be looked into, whoever's they are.
create function due_mailboxes(until timestamptz, most int)
returns table (company_id int, id text) language sql stable security definer set search_path = public as $$
  select m.company_id, m.id from mailbox m
  where m.enabled and m.next_check_at <= until
  order by m.next_check_at limit most
$$;
revoke execute on function due_mailboxes from public;
grant execute on function due_mailboxes to sluice_app;

-- Down Migration
