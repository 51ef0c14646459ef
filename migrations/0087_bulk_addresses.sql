-- Up Migration
-- Two references that were checked for every row of an import, a third of what its inserts cost: contents and
-- addresses are written by one statement each beside their items, in the transaction that writes these, and
-- rows of items are never deleted. What goes with a company goes by a trigger in place of the references.

alter table item_content drop constraint item_content_company_id_item_no_fkey;
alter table item_address drop constraint item_address_company_id_fkey;

create function forget_items_of_companies() returns trigger language plpgsql as $$
begin
  delete from item_content where company_id in (select id from gone);
  delete from item_address where company_id in (select id from gone);
  return null;
end
$$;
create trigger forget_items after delete on company
  referencing old table as gone for each statement execute function forget_items_of_companies();

-- Down Migration
