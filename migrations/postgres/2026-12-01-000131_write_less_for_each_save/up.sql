-- Items without a SKU need no place among the SKUs.
DROP INDEX items_sku_key;
CREATE UNIQUE INDEX items_sku_key ON items (store_id, sku_key) WHERE sku_key IS NOT NULL;

-- A token begins with when its form was shown, and old ones are found by it.
DROP INDEX form_tokens_created_at;
