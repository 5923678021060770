DROP TABLE search_rules;

DROP TRIGGER tags_updated;
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
DROP TRIGGER tags_deleted;
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

DROP INDEX tags_search;
ALTER TABLE tags DROP COLUMN search_key;
