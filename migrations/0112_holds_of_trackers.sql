-- Up Migration
-- What a tracker holds is found by what it is held for, which is there in the hold's own commit. A note
-- of it that was written afterwards was missing when the worker died in between.
alter table tracker drop column hold_id;

-- Down Migration
alter table tracker add column hold_id bigint;
