-- Up Migration
-- What a person is shown of their own sessions, to know them apart.

alter table session add column id text;
alter table session add column address text;
alter table session add column user_agent text;
-- Nothing may be derived of the cookie: the id that is shown is drawn for itself.
update session set id = gen_random_uuid()::text;
alter table session alter column id set not null;
create unique index session_by_id on session (company_id, id);

drop function find_session;
-- Whose session an id is, before it is known whose company that is. Ended sessions are not found.
create function find_session(wanted_hash bytea, at timestamptz, idle interval)
returns table (company_id int, public_id text, id text, member_id text, role text, last_used_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = public as $$
  select s.company_id, c.public_id, s.id, s.member_id, m.role, s.last_used_at, s.expires_at
  from session s
  join company c on c.id = s.company_id
  join member m on m.company_id = s.company_id and m.id = s.member_id and m.removed_at is null
  where s.id_hash = wanted_hash and s.expires_at > at and s.last_used_at > at - idle
$$;
revoke execute on function find_session from public;
grant execute on function find_session to sluice_app;

-- Down Migration
