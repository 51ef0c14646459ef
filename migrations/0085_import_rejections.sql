-- Up Migration
-- Every line that an import did not take, with its reason; they speak of fields, never of what these hold.

create table import_rejection (
  company_id int not null,
  import_id text not null,
  -- 1, 2, 3 … within the import.
  no bigint not null,
  line bigint not null,
  error text not null,
  primary key (company_id, import_id, no),
  foreign key (company_id, import_id) references data_import (company_id, id) on delete cascade
);

call protect('import_rejection');
revoke update, delete, truncate on import_rejection from sluice_app;

-- Down Migration
