CREATE TABLE stores (
    id          INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL, -- AUTOINCREMENT: the id of a deleted row is kept for its return
    name        TEXT      NOT NULL CHECK (length(name) BETWEEN 1 AND 200),
    name_key    TEXT      NOT NULL, -- the name, case-folded: what lists sort by and what clashes
    code        TEXT      CHECK (length(code) BETWEEN 1 AND 40),
    code_key    TEXT      CHECK ((code_key IS NULL) = (code IS NULL)),
    address     TEXT      NOT NULL DEFAULT '',
    city        TEXT      NOT NULL DEFAULT '',
    region      TEXT      NOT NULL DEFAULT '',
    postal_code TEXT      NOT NULL DEFAULT '',
    country     TEXT      NOT NULL DEFAULT '',
    notes       TEXT      NOT NULL DEFAULT '',
    search_key  TEXT      NOT NULL, -- what can be searched for, without case and accents
    version     BIGINT    NOT NULL DEFAULT 1 CHECK (version > 0),
    created_at  TIMESTAMP NOT NULL,
    updated_at  TIMESTAMP NOT NULL
);
CREATE UNIQUE INDEX stores_code_key ON stores (code_key);
CREATE INDEX stores_name ON stores (name_key, id);
CREATE INDEX stores_updated ON stores (updated_at, id);

-- Two stores may share a name only if both have a code.
CREATE TRIGGER stores_inserted_under_a_free_name BEFORE INSERT ON stores WHEN EXISTS (
    SELECT 1 FROM stores WHERE name_key = NEW.name_key AND id IS NOT NEW.id AND (code IS NULL OR NEW.code IS NULL)
) BEGIN
    SELECT RAISE(ABORT, 'stores_name_key');
END;
CREATE TRIGGER stores_updated_to_a_free_name BEFORE UPDATE OF name_key, code ON stores WHEN EXISTS (
    SELECT 1 FROM stores WHERE name_key = NEW.name_key AND id IS NOT NEW.id AND (code IS NULL OR NEW.code IS NULL)
) BEGIN
    SELECT RAISE(ABORT, 'stores_name_key');
END;

CREATE TRIGGER stores_inserted AFTER INSERT ON stores BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation)
    VALUES ((SELECT change_set_id FROM open_change_set), 'stores', NEW.id, 'insert');
END;
CREATE TRIGGER stores_updated AFTER UPDATE ON stores BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    SELECT (SELECT change_set_id FROM open_change_set), 'stores', OLD.id, 'update', json_group_object(field, value)
    FROM (
        SELECT 'name' AS field, OLD.name AS value WHERE OLD.name IS NOT NEW.name
        UNION ALL SELECT 'name_key', OLD.name_key WHERE OLD.name_key IS NOT NEW.name_key
        UNION ALL SELECT 'code', OLD.code WHERE OLD.code IS NOT NEW.code
        UNION ALL SELECT 'code_key', OLD.code_key WHERE OLD.code_key IS NOT NEW.code_key
        UNION ALL SELECT 'address', OLD.address WHERE OLD.address IS NOT NEW.address
        UNION ALL SELECT 'city', OLD.city WHERE OLD.city IS NOT NEW.city
        UNION ALL SELECT 'region', OLD.region WHERE OLD.region IS NOT NEW.region
        UNION ALL SELECT 'postal_code', OLD.postal_code WHERE OLD.postal_code IS NOT NEW.postal_code
        UNION ALL SELECT 'country', OLD.country WHERE OLD.country IS NOT NEW.country
        UNION ALL SELECT 'notes', OLD.notes WHERE OLD.notes IS NOT NEW.notes
        UNION ALL SELECT 'search_key', OLD.search_key WHERE OLD.search_key IS NOT NEW.search_key
        UNION ALL SELECT 'version', OLD.version WHERE OLD.version IS NOT NEW.version
        UNION ALL SELECT 'created_at', OLD.created_at WHERE OLD.created_at IS NOT NEW.created_at
        UNION ALL SELECT 'updated_at', OLD.updated_at WHERE OLD.updated_at IS NOT NEW.updated_at
    )
    HAVING count(*) > 0;
END;
CREATE TRIGGER stores_deleted AFTER DELETE ON stores BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    VALUES ((SELECT change_set_id FROM open_change_set), 'stores', OLD.id, 'delete',
        json_object(
            'name', OLD.name,
            'name_key', OLD.name_key,
            'code', OLD.code,
            'code_key', OLD.code_key,
            'address', OLD.address,
            'city', OLD.city,
            'region', OLD.region,
            'postal_code', OLD.postal_code,
            'country', OLD.country,
            'notes', OLD.notes,
            'search_key', OLD.search_key,
            'version', OLD.version,
            'created_at', OLD.created_at,
            'updated_at', OLD.updated_at
        ));
END;
CREATE TRIGGER stores_keep_their_id BEFORE UPDATE OF id ON stores WHEN NEW.id IS NOT OLD.id BEGIN
    SELECT RAISE(ABORT, 'an id never changes');
END;
