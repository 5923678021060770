INSERT INTO items_search (rowid, search_key)
SELECT id, search_key || char(10) || char(10) FROM items WHERE id > (SELECT up_to FROM search_indexed);

DROP VIEW searchable_items;
CREATE VIEW searchable_items AS SELECT id, search_key || char(10) || char(10) AS search_key FROM items;

DROP TRIGGER items_search_inserted;
CREATE TRIGGER items_search_inserted AFTER INSERT ON items BEGIN
    INSERT INTO items_search (rowid, search_key) VALUES (NEW.id, NEW.search_key || char(10) || char(10));
END;
DROP TRIGGER items_search_updated;
CREATE TRIGGER items_search_updated AFTER UPDATE OF search_key ON items WHEN NEW.search_key IS NOT OLD.search_key BEGIN
    INSERT INTO items_search (items_search, rowid, search_key)
    VALUES ('delete', OLD.id, OLD.search_key || char(10) || char(10));
    INSERT INTO items_search (rowid, search_key) VALUES (NEW.id, NEW.search_key || char(10) || char(10));
END;
DROP TRIGGER items_search_deleted;
CREATE TRIGGER items_search_deleted AFTER DELETE ON items BEGIN
    INSERT INTO items_search (items_search, rowid, search_key)
    VALUES ('delete', OLD.id, OLD.search_key || char(10) || char(10));
END;

DROP TABLE search_indexed;
