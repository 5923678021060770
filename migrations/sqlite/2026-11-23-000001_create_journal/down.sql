DROP TABLE open_change_set;
DROP TABLE changes;
DROP TABLE change_sets;
