DROP TABLE stores;
DROP FUNCTION stores_name_is_free();
