-- Up Migration
-- Jobs are enqueued in the transaction of their cause, by the serving role, which owns nothing of the queue.
--
-- A company on a test clock has jobs that are due by its own time: those wait at the end of time with
-- their moment in the payload, until the clock is moved and they are run then and there.

create function enqueue_job(
  task text, company int, payload jsonb, job_key text, run_at timestamptz, attempts int
) returns void
language plpgsql security definer set search_path = public as $$
declare
  company_clock timestamptz;
  later boolean;
begin
  if (company = any (app_companies())) is not true then
    raise exception 'a job belongs to a company of its transaction' using errcode = 'insufficient_privilege';
  end if;
  select clock into company_clock from pool where company_id = company;
  later := company_clock is not null and run_at > company_clock;
  perform graphile_worker.add_job(
    identifier => task,
    payload => (payload || jsonb_build_object('companyNo', company)
      || case when later then jsonb_build_object('dueAt', run_at) else '{}' end)::json,
    run_at => case when later then timestamptz '9999-01-01' when company_clock is null then run_at end,
    max_attempts => attempts,
    job_key => company || ':' || job_key
  );
end
$$;

-- Takes back a job that did not start yet.
create function forget_job(company int, job_key text) returns void
language plpgsql security definer set search_path = public as $$
begin
  if (company = any (app_companies())) is not true then
    raise exception 'a job belongs to a company of its transaction' using errcode = 'insufficient_privilege';
  end if;
  perform graphile_worker.remove_job(company || ':' || job_key);
end
$$;

revoke execute on function enqueue_job, forget_job from public;
grant execute on function enqueue_job, forget_job to sluice_app;

-- The jobs of one company, for a clock that is moved.
create index job_of_company on graphile_worker._private_jobs (((payload ->> 'companyNo')::int));

-- A server tells whether its database is up to date.
grant select on schema_migration to sluice_app;

-- Down Migration
