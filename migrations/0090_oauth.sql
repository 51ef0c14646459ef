-- Up Migration
-- Programs that members let in by OAuth: the clients, what is under way, and what was granted.

-- An integration that a member allowed by OAuth names its client. It has no key: nobody knows what its
-- key_hash is the hash of.
alter table integration add column client_id text;
create unique index integration_of_client on integration (company_id, member_id, client_id)
  where client_id is not null and revoked_at is null;

-- A client that registered itself, before anybody of any company let it in. It has no secret.
create table oauth_client (
  id text primary key,
  metadata jsonb not null,
  created_at timestamptz not null
);
create index oauth_client_old on oauth_client (created_at);

-- A request for consent that is under way; it belongs to no company until a member answers it.
create table oauth_request (
  -- SHA-256 of its id, which only the browser knows that began it.
  id_hash bytea primary key,
  payload jsonb not null,
  expires_at timestamptz not null
);
create index oauth_request_old on oauth_request (expires_at);

-- What was granted, and the codes and tokens that stand for it.
create table oauth_token (
  company_id int not null references company on delete cascade,
  -- SHA-256 of kind and token; the token itself is kept nowhere.
  id_hash bytea not null unique,
  kind text not null
    constraint oauth_token_kind check (kind in ('Grant', 'AuthorizationCode', 'AccessToken', 'RefreshToken')),
  -- The grant it comes from; all of a grant end together.
  grant_id text not null,
  integration_id text not null,
  payload jsonb not null,
  -- When a code or refresh token was used: it may be used once.
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (company_id, id_hash),
  foreign key (company_id, integration_id) references integration (company_id, id) on delete cascade
);
create index oauth_token_of_grant on oauth_token (grant_id);
create index oauth_token_of_integration on oauth_token (company_id, integration_id);
create index oauth_token_old on oauth_token (expires_at);

call protect('oauth_token');

-- Whom a token stands for, before it is known whose company that is. One whose integration or member is
-- gone is not found.
create function find_oauth_token(wanted_hash bytea)
returns table (company_id int, public_id text, kind text, grant_id text, payload jsonb, consumed_at timestamptz,
  expires_at timestamptz, integration_id text, client_id text, integration_scopes text[], team_id text,
  integration_expires_at timestamptz, last_used_at timestamptz, member_id text, role text)
language sql stable security definer set search_path = public as $$
  select t.company_id, c.public_id, t.kind, t.grant_id, t.payload, t.consumed_at,
    t.expires_at, i.id, i.client_id, i.scopes, i.team_id, i.expires_at, i.last_used_at, m.id, m.role
  from oauth_token t
  join company c on c.id = t.company_id
  join integration i on i.company_id = t.company_id and i.id = t.integration_id and i.revoked_at is null
  join member m on m.company_id = i.company_id and m.id = i.member_id and m.removed_at is null
  where t.id_hash = wanted_hash
$$;

-- Whose a grant is; null when nothing of it is left.
create function company_of_oauth_grant(wanted text) returns int
language sql stable security definer set search_path = public as $$
  select company_id from oauth_token where grant_id = wanted limit 1
$$;

-- Forgets what ended long ago, and clients that nobody let in.
create function forget_ended_oauth(at timestamptz) returns void
language sql security definer set search_path = public as $$
  delete from oauth_request where expires_at < at;
  delete from oauth_token where expires_at < at - interval '1 day';
  delete from oauth_client c where c.created_at < at - interval '30 days'
    and not exists (select from integration i where i.client_id = c.id and i.revoked_at is null)
$$;

revoke execute on function find_oauth_token, company_of_oauth_grant, forget_ended_oauth from public;
grant execute on function find_oauth_token, company_of_oauth_grant, forget_ended_oauth to sluice_app;
create index integration_by_client on integration (client_id) where client_id is not null;

-- Down Migration
