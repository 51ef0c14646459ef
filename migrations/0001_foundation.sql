-- Up Migration
-- The ground everything stands on: the role that serves, and the wall between companies.
--
-- Migrations run as the owner. Every serving connection takes the role sluice_app, which owns nothing,
-- may not change the ledger's rows, and sees only the rows of the companies its transaction names.

do $$
begin
  if not exists (select from pg_roles where rolname = 'sluice_app') then
    create role sluice_app nologin;
  end if;
exception when duplicate_object or unique_violation then
  null; -- another database of this server was faster
end
$$;

do $$
begin
  execute format('grant sluice_app to %I', current_user);
end
$$;

grant usage on schema public to sluice_app;
alter default privileges in schema public grant select, insert, update, delete on tables to sluice_app;
alter default privileges in schema public grant usage, select on sequences to sluice_app;

-- The companies whose rows this transaction may see and write; nothing set means none.
create function app_companies() returns int[] language sql stable parallel safe as $$
  select nullif(current_setting('app.companies', true), '')::int[]
$$;

-- Puts a table behind the wall, by the column that names the company. Owner code (migrations, definer
-- functions) passes. Each query names its companies by itself; the wall only checks the rows it finds:
-- inside `coalesce` it is no condition for an index, which would sort the whole list again for every row.
create procedure protect(guarded regclass, company_column text default 'company_id') language plpgsql as $$
begin
  execute format('alter table %s enable row level security', guarded);
  execute format('alter table %s force row level security', guarded);
  execute format('create policy own_company on %1$s to sluice_app
    using (coalesce(%2$I = any ((select app_companies())::int[]), false))
    with check (coalesce(%2$I = any ((select app_companies())::int[]), false))', guarded, company_column);
  execute format('create policy owner on %s to %I using (true) with check (true)', guarded, current_user);
end
$$;
revoke execute on procedure protect(regclass, text) from public;

-- Down Migration
