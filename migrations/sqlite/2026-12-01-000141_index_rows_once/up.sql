-- Each entry of an index ends with the row's id anyway. Named once more it was kept twice, a quarter of an entry, and SQLite did
-- not know the one for the other: a list began at the first of all rows with the same price or time, not at its place among them.
DROP INDEX stores_name;
CREATE INDEX stores_name ON stores (name_key);
DROP INDEX stores_updated;
CREATE INDEX stores_updated ON stores (updated_at);
DROP INDEX items_name;
CREATE INDEX items_name ON items (name_key);
DROP INDEX items_price;
CREATE INDEX items_price ON items (price_minor);
DROP INDEX items_quantity;
CREATE INDEX items_quantity ON items (quantity);
DROP INDEX items_updated;
CREATE INDEX items_updated ON items (updated_at);
DROP INDEX items_store_name;
CREATE INDEX items_store_name ON items (store_id, name_key);
DROP INDEX items_store_price;
CREATE INDEX items_store_price ON items (store_id, price_minor);
DROP INDEX items_store_quantity;
CREATE INDEX items_store_quantity ON items (store_id, quantity);
DROP INDEX items_store_updated;
CREATE INDEX items_store_updated ON items (store_id, updated_at);
DROP INDEX tags_name;
CREATE INDEX tags_name ON tags (name_key);
DROP INDEX tags_updated;
CREATE INDEX tags_updated ON tags (updated_at);
DROP INDEX tags_search;
CREATE INDEX tags_search ON tags (search_key);
