DROP INDEX items_sku_key;
CREATE UNIQUE INDEX items_sku_key ON items (store_id, sku_key);

CREATE INDEX form_tokens_created_at ON form_tokens (created_at);
