DROP TRIGGER items_updated_are_counted;
DROP TRIGGER items_deleted_are_counted;
DROP TRIGGER items_inserted_are_counted;
DROP TRIGGER stores_deleted_are_counted;
DROP TRIGGER stores_inserted_are_counted;
DROP TABLE totals;
