-- What lists of one store are sorted by: a store of 100,000 items is too large to be sorted for each page.
CREATE INDEX items_store_price ON items (store_id, price_minor, id);
CREATE INDEX items_store_quantity ON items (store_id, quantity, id);
CREATE INDEX items_store_updated ON items (store_id, updated_at, id);
