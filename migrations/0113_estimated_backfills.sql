-- Up Migration
-- What a backfill was expected to cost when it was started, beside what it did; unknown of older ones.
alter table tracker_backfill add column estimated bigint;

-- Down Migration
alter table tracker_backfill drop column estimated;
