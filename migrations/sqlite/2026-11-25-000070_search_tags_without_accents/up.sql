-- What is found of a tag whatever its accents. Empty until the program, which knows how such keys are made, has started.
ALTER TABLE tags ADD COLUMN search_key TEXT NOT NULL DEFAULT '';
CREATE INDEX tags_search ON tags (search_key, id);

DROP TRIGGER tags_updated;
CREATE TRIGGER tags_updated AFTER UPDATE ON tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    SELECT (SELECT change_set_id FROM open_change_set), 'tags', OLD.id, 'update', json_group_object(field, value)
    FROM (
        SELECT 'store_id' AS field, OLD.store_id AS value WHERE OLD.store_id IS NOT NEW.store_id
        UNION ALL SELECT 'name', OLD.name WHERE OLD.name IS NOT NEW.name
        UNION ALL SELECT 'name_key', OLD.name_key WHERE OLD.name_key IS NOT NEW.name_key
        UNION ALL SELECT 'search_key', OLD.search_key WHERE OLD.search_key IS NOT NEW.search_key
        UNION ALL SELECT 'version', OLD.version WHERE OLD.version IS NOT NEW.version
        UNION ALL SELECT 'created_at', OLD.created_at WHERE OLD.created_at IS NOT NEW.created_at
        UNION ALL SELECT 'updated_at', OLD.updated_at WHERE OLD.updated_at IS NOT NEW.updated_at
    )
    HAVING count(*) > 0;
END;
DROP TRIGGER tags_deleted;
CREATE TRIGGER tags_deleted AFTER DELETE ON tags BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    VALUES ((SELECT change_set_id FROM open_change_set), 'tags', OLD.id, 'delete',
        json_object(
            'store_id', OLD.store_id,
            'name', OLD.name,
            'name_key', OLD.name_key,
            'search_key', OLD.search_key,
            'version', OLD.version,
            'created_at', OLD.created_at,
            'updated_at', OLD.updated_at
        ));
END;

-- By which rules the search keys of stores, items and tags were made: one row.
CREATE TABLE search_rules (
    version BIGINT NOT NULL
);
-- Where there is nothing yet, nothing was made by older ones.
INSERT INTO search_rules SELECT CASE WHEN EXISTS (SELECT 1 FROM stores) THEN 1 ELSE 2 END;
