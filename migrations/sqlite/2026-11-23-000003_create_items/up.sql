CREATE TABLE items (
    id          INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL, -- AUTOINCREMENT: the id of a deleted row is kept for its return
    store_id    BIGINT    NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name        TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    name_key    TEXT      NOT NULL, -- the name, case-folded: what lists sort by
    sku         TEXT      CHECK (length(sku) BETWEEN 1 AND 80),
    sku_key     TEXT      CHECK ((sku_key IS NULL) = (sku IS NULL)),
    barcode     TEXT      NOT NULL DEFAULT '',
    description TEXT      NOT NULL DEFAULT '',
    price_minor BIGINT    NOT NULL CHECK (price_minor >= 0), -- in the currency's minor units
    quantity    BIGINT    NOT NULL DEFAULT 0 CHECK (quantity >= 0),
    search_key  TEXT      NOT NULL, -- what can be searched for, without case and accents
    version     BIGINT    NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX items_sku_key ON items (store_id, sku_key);
CREATE INDEX items_store_name ON items (store_id, name_key, id);
CREATE INDEX items_name ON items (name_key, id);
CREATE INDEX items_price ON items (price_minor, id);
CREATE INDEX items_quantity ON items (quantity, id);
CREATE INDEX items_updated ON items (updated_at, id);

CREATE TRIGGER items_inserted AFTER INSERT ON items BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation)
    VALUES ((SELECT change_set_id FROM open_change_set), 'items', NEW.id, 'insert');
END;
CREATE TRIGGER items_updated AFTER UPDATE ON items BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    SELECT (SELECT change_set_id FROM open_change_set), 'items', OLD.id, 'update', json_group_object(field, value)
    FROM (
        SELECT 'store_id' AS field, OLD.store_id AS value WHERE OLD.store_id IS NOT NEW.store_id
        UNION ALL SELECT 'name', OLD.name WHERE OLD.name IS NOT NEW.name
        UNION ALL SELECT 'name_key', OLD.name_key WHERE OLD.name_key IS NOT NEW.name_key
        UNION ALL SELECT 'sku', OLD.sku WHERE OLD.sku IS NOT NEW.sku
        UNION ALL SELECT 'sku_key', OLD.sku_key WHERE OLD.sku_key IS NOT NEW.sku_key
        UNION ALL SELECT 'barcode', OLD.barcode WHERE OLD.barcode IS NOT NEW.barcode
        UNION ALL SELECT 'description', OLD.description WHERE OLD.description IS NOT NEW.description
        UNION ALL SELECT 'price_minor', OLD.price_minor WHERE OLD.price_minor IS NOT NEW.price_minor
        UNION ALL SELECT 'quantity', OLD.quantity WHERE OLD.quantity IS NOT NEW.quantity
        UNION ALL SELECT 'search_key', OLD.search_key WHERE OLD.search_key IS NOT NEW.search_key
        UNION ALL SELECT 'version', OLD.version WHERE OLD.version IS NOT NEW.version
        UNION ALL SELECT 'created_at', OLD.created_at WHERE OLD.created_at IS NOT NEW.created_at
        UNION ALL SELECT 'updated_at', OLD.updated_at WHERE OLD.updated_at IS NOT NEW.updated_at
    )
    HAVING count(*) > 0;
END;
CREATE TRIGGER items_deleted AFTER DELETE ON items BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    VALUES ((SELECT change_set_id FROM open_change_set), 'items', OLD.id, 'delete',
        json_object(
            'store_id', OLD.store_id,
            'name', OLD.name,
            'name_key', OLD.name_key,
            'sku', OLD.sku,
            'sku_key', OLD.sku_key,
            'barcode', OLD.barcode,
            'description', OLD.description,
            'price_minor', OLD.price_minor,
            'quantity', OLD.quantity,
            'search_key', OLD.search_key,
            'version', OLD.version,
            'created_at', OLD.created_at,
            'updated_at', OLD.updated_at
        ));
END;
CREATE TRIGGER items_keep_their_id BEFORE UPDATE OF id ON items WHEN NEW.id IS NOT OLD.id BEGIN
    SELECT RAISE(ABORT, 'an id never changes');
END;
