DROP INDEX items_sku_key;
CREATE UNIQUE INDEX items_sku_key ON items (store_id, sku_key);

CREATE TABLE form_tokens_by_row (
    token         TEXT      PRIMARY KEY NOT NULL,
    body_hash     TEXT      NOT NULL, -- SHA-256 of what was typed
    location      TEXT      NOT NULL, -- where the first sending led
    created_at    TIMESTAMP NOT NULL,
    change_set_id BIGINT
);
INSERT INTO form_tokens_by_row SELECT token, body_hash, location, created_at, change_set_id FROM form_tokens ORDER BY token;
DROP TABLE form_tokens;
ALTER TABLE form_tokens_by_row RENAME TO form_tokens;
CREATE INDEX form_tokens_created_at ON form_tokens (created_at);
