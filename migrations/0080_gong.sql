-- Up Migration
-- How much of its requests a company has used on the /v2 doors; one row, so that the limit is one whatever
-- the number of servers.

create table gong_use (
  company_id int primary key references company on delete cascade,
  -- Milliseconds since 1970: up to here the second's requests are given out.
  spaced_to double precision not null,
  -- The day in UTC, and its requests.
  day date not null,
  requests int not null
);
call protect('gong_use');

-- Down Migration
