-- Items without a SKU need no place among the SKUs.
DROP INDEX items_sku_key;
CREATE UNIQUE INDEX items_sku_key ON items (store_id, sku_key) WHERE sku_key IS NOT NULL;

-- A token begins with when its form was shown: those that are written follow each other, and old ones are found by it.
CREATE TABLE form_tokens_by_key (
    token         TEXT      PRIMARY KEY NOT NULL,
    body_hash     TEXT      NOT NULL, -- SHA-256 of what was typed
    location      TEXT      NOT NULL, -- where the first sending led
    created_at    TIMESTAMP NOT NULL,
    change_set_id BIGINT
) WITHOUT ROWID;
INSERT INTO form_tokens_by_key SELECT token, body_hash, location, created_at, change_set_id FROM form_tokens ORDER BY token;
DROP TABLE form_tokens;
ALTER TABLE form_tokens_by_key RENAME TO form_tokens;
