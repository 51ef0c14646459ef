-- Up Migration
-- How people get in: sessions of the web page, invitations, and the counting of failed tries.

create table session (
  company_id int not null references company on delete cascade,
  -- SHA-256 of the session's id; the id itself is only in the browser's cookie.
  id_hash bytea not null unique,
  member_id text not null,
  created_at timestamptz not null,
  last_used_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (company_id, id_hash),
  foreign key (company_id, member_id) references member (company_id, id) on delete cascade
);
create index session_of on session (company_id, member_id);

create table invitation (
  company_id int not null references company on delete cascade,
  member_id text not null,
  -- SHA-256 of the token in the link. A new invitation takes the place of the one before.
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  primary key (company_id, member_id),
  foreign key (company_id, member_id) references member (company_id, id) on delete cascade
);

-- Tries to sign in, by the hash of an account, an address or both; they belong to no company, for an
-- unknown account is counted like a known one.
create table sign_in_try (
  subject_hash bytea primary key,
  tries int not null,
  since timestamptz not null
);
create index sign_in_try_old on sign_in_try (since);

call protect('session');
call protect('invitation');

-- Whose session an id is, before it is known whose company that is. Ended sessions are not found.
create function find_session(wanted_hash bytea, at timestamptz, idle interval)
returns table (company_id int, public_id text, member_id text, role text, last_used_at timestamptz, expires_at timestamptz)
language sql stable security definer set search_path = public as $$
  select s.company_id, c.public_id, s.member_id, m.role, s.last_used_at, s.expires_at
  from session s
  join company c on c.id = s.company_id
  join member m on m.company_id = s.company_id and m.id = s.member_id and m.removed_at is null
  where s.id_hash = wanted_hash and s.expires_at > at and s.last_used_at > at - idle
$$;

-- The members, in whatever company, who could be signing in with an address.
create function find_sign_ins(wanted_email text)
returns table (company_id int, public_id text, company_name text, member_id text, password_hash text)
language sql stable security definer set search_path = public as $$
  select m.company_id, c.public_id, c.name, m.id, m.password_hash
  from member m join company c on c.id = m.company_id
  where lower(m.email) = lower(wanted_email) and m.removed_at is null and m.password_hash is not null
  order by m.company_id
$$;
create index member_by_email on member (lower(email)) where removed_at is null;

-- Whom an invitation is for. One that ran out is not found.
create function find_invitation(wanted_hash bytea, at timestamptz)
returns table (company_id int, public_id text, company_name text, member_id text, member_name text, email text)
language sql stable security definer set search_path = public as $$
  select i.company_id, c.public_id, c.name, m.id, m.name, m.email
  from invitation i
  join company c on c.id = i.company_id
  join member m on m.company_id = i.company_id and m.id = i.member_id and m.removed_at is null
  where i.token_hash = wanted_hash and i.expires_at > at
$$;

-- Whether somebody could sign in at all, or the installation still waits for its first company.
create function has_companies() returns boolean
language sql stable security definer set search_path = public as $$
  select exists (select from company)
$$;

revoke execute on function find_session, find_sign_ins, find_invitation, has_companies from public;
grant execute on function find_session, find_sign_ins, find_invitation, has_companies to sluice_app;

-- Down Migration
