DROP TRIGGER items_updated_are_counted ON items;
DROP TRIGGER items_deleted_are_counted ON items;
DROP TRIGGER items_inserted_are_counted ON items;
DROP TRIGGER stores_deleted_are_counted ON stores;
DROP TRIGGER stores_inserted_are_counted ON stores;
DROP FUNCTION count_items();
DROP FUNCTION count_stores();
DROP FUNCTION add_to_totals(BIGINT, BIGINT, BIGINT, NUMERIC, NUMERIC);
DROP TABLE totals;
