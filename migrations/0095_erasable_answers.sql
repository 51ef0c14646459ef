-- Up Migration
-- Erasing a person's or an item's data finds what was answered about it under a key.

alter table request_key
  -- Hashes of the ids and addresses that stand in the answer: the first 8 bytes of SHA-256.
  add names bigint[] not null default '{}';
create index request_key_by_name on request_key using gin (names);

-- Down Migration
