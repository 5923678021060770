DROP TRIGGER stores_inserted_mark_stores;
DROP TRIGGER stores_updated_mark_stores;
DROP TRIGGER stores_deleted_mark_stores;
DROP TABLE store_marks;
