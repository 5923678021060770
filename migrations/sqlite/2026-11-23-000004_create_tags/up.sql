CREATE TABLE tags (
    id         INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL, -- AUTOINCREMENT: the id of a deleted row is kept for its return
    store_id   BIGINT    NOT NULL REFERENCES stores (id) ON DELETE CASCADE,
    name       TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 100),
    name_key   TEXT      NOT NULL,
    version    BIGINT    NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at TIMESTAMP NOT NULL,
    updated_at TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX tags_name_key ON tags (store_id, name_key);
CREATE INDEX tags_name ON tags (name_key, id);
CREATE INDEX tags_updated ON tags (updated_at, id);

CREATE TRIGGER tags_inserted AFTER INSERT ON tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation)
    VALUES ((SELECT change_set_id FROM open_change_set), 'tags', NEW.id, 'insert');
END;
CREATE TRIGGER tags_updated AFTER UPDATE ON tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    SELECT (SELECT change_set_id FROM open_change_set), 'tags', OLD.id, 'update', json_group_object(field, value)
    FROM (
        SELECT 'store_id' AS field, OLD.store_id AS value WHERE OLD.store_id IS NOT NEW.store_id
        UNION ALL SELECT 'name', OLD.name WHERE OLD.name IS NOT NEW.name
        UNION ALL SELECT 'name_key', OLD.name_key WHERE OLD.name_key IS NOT NEW.name_key
        UNION ALL SELECT 'version', OLD.version WHERE OLD.version IS NOT NEW.version
        UNION ALL SELECT 'created_at', OLD.created_at WHERE OLD.created_at IS NOT NEW.created_at
        UNION ALL SELECT 'updated_at', OLD.updated_at WHERE OLD.updated_at IS NOT NEW.updated_at
    )
    HAVING count(*) > 0;
END;
CREATE TRIGGER tags_deleted AFTER DELETE ON tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    VALUES ((SELECT change_set_id FROM open_change_set), 'tags', OLD.id, 'delete',
        json_object(
            'store_id', OLD.store_id,
            'name', OLD.name,
            'name_key', OLD.name_key,
            'version', OLD.version,
            'created_at', OLD.created_at,
            'updated_at', OLD.updated_at
        ));
END;
CREATE TRIGGER tags_keep_their_id BEFORE UPDATE OF id ON tags WHEN NEW.id IS NOT OLD.id BEGIN
    SELECT RAISE(ABORT, 'an id never changes');
END;

CREATE TABLE item_tags (
    item_id BIGINT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    tag_id  BIGINT NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
    PRIMARY KEY (item_id, tag_id)
) WITHOUT ROWID;
CREATE INDEX item_tags_tag ON item_tags (tag_id, item_id);

CREATE TRIGGER item_tags_inserted AFTER INSERT ON item_tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, tag_id, operation)
    VALUES ((SELECT change_set_id FROM open_change_set), 'item_tags', NEW.item_id, NEW.tag_id, 'insert');
END;
CREATE TRIGGER item_tags_deleted AFTER DELETE ON item_tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, tag_id, operation, before)
    VALUES ((SELECT change_set_id FROM open_change_set), 'item_tags', OLD.item_id, OLD.tag_id, 'delete', '{}');
END;
CREATE TRIGGER item_tags_are_never_updated BEFORE UPDATE ON item_tags BEGIN
    SELECT RAISE(ABORT, 'a link is made or removed, never changed');
END;

-- A tag belongs to a store, and only that store's items can carry it.
CREATE TRIGGER item_tags_stay_in_their_store BEFORE INSERT ON item_tags WHEN (
    SELECT store_id FROM items WHERE id = NEW.item_id
) IS NOT (
    SELECT store_id FROM tags WHERE id = NEW.tag_id
) BEGIN
    SELECT RAISE(ABORT, 'item_tags_store');
END;
CREATE TRIGGER items_move_without_tags BEFORE UPDATE OF store_id ON items WHEN NEW.store_id IS NOT OLD.store_id AND EXISTS (
    SELECT 1 FROM item_tags WHERE item_id = NEW.id
) BEGIN
    SELECT RAISE(ABORT, 'item_tags_store');
END;
CREATE TRIGGER tags_stay_in_their_store BEFORE UPDATE OF store_id ON tags WHEN NEW.store_id IS NOT OLD.store_id BEGIN
    SELECT RAISE(ABORT, 'item_tags_store');
END;
