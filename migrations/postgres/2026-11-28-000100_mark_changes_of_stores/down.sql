DROP TRIGGER stores_mark_stores ON stores;
DROP FUNCTION mark_stores();
DROP TABLE store_marks;
