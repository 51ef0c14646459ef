-- Up Migration
-- Whether something of a company is under way or due, other than one task: for what goes when all else is done.
create function is_at_work(company int, besides text) returns boolean
language plpgsql stable security definer set search_path = public, pg_temp as $$
begin
  if (company = any (app_companies())) is not true then
    raise exception 'only jobs of a company of the transaction are told of' using errcode = 'insufficient_privilege';
  end if;
  return exists (
    select from graphile_worker._private_jobs j join graphile_worker._private_tasks t on t.id = j.task_id
    where (j.payload ->> 'companyNo')::int = company and t.identifier <> besides
      and (j.locked_at is not null or (j.is_available and j.run_at <= now())));
end
$$;
revoke execute on function is_at_work from public;
grant execute on function is_at_work to sluice_app;

-- Down Migration
drop function is_at_work;
