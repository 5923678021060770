DROP INDEX items_store_price;
DROP INDEX items_store_quantity;
DROP INDEX items_store_updated;
