DROP TABLE change_set_stores;
