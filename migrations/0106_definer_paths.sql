-- Up Migration

-- Without being named, the temporary schema is searched first: whoever may make a temporary table could put
-- rows of their own before a function that acts as the owner. Named last, it is searched last.
do $$
declare
  definer regprocedure;
begin
  for definer in
    select p.oid from pg_proc p where p.pronamespace = 'public'::regnamespace and p.prosecdef
  loop
    execute format('alter routine %s set search_path = public, pg_temp', definer);
  end loop;
end
$$;

-- Down Migration
