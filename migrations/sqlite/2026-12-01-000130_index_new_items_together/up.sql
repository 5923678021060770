-- Up to which id the items are in the search index. The next 64 are put into it together: one by one, each would make a piece
-- of the index of its own, which is a seventh of what a save writes. Until then a search looks at them itself.
CREATE TABLE search_indexed (
    up_to BIGINT NOT NULL
);
INSERT INTO search_indexed SELECT coalesce(max(id), 0) FROM items;

DROP VIEW searchable_items;
CREATE VIEW searchable_items AS SELECT id, search_key || char(10) || char(10) AS search_key FROM items
WHERE id <= (SELECT up_to FROM search_indexed);

DROP TRIGGER items_search_inserted;
CREATE TRIGGER items_search_inserted AFTER INSERT ON items
WHEN NEW.id NOT BETWEEN (SELECT up_to + 1 FROM search_indexed) AND (SELECT up_to + 63 FROM search_indexed) BEGIN
    INSERT INTO items_search (rowid, search_key)
    SELECT id, search_key || char(10) || char(10) FROM items
    WHERE id BETWEEN min(NEW.id, (SELECT up_to + 1 FROM search_indexed)) AND NEW.id;
    UPDATE search_indexed SET up_to = NEW.id WHERE up_to < NEW.id;
END;
DROP TRIGGER items_search_updated;
CREATE TRIGGER items_search_updated AFTER UPDATE OF search_key ON items
WHEN NEW.search_key IS NOT OLD.search_key AND OLD.id <= (SELECT up_to FROM search_indexed) BEGIN
    INSERT INTO items_search (items_search, rowid, search_key)
    VALUES ('delete', OLD.id, OLD.search_key || char(10) || char(10));
    INSERT INTO items_search (rowid, search_key) VALUES (NEW.id, NEW.search_key || char(10) || char(10));
END;
DROP TRIGGER items_search_deleted;
CREATE TRIGGER items_search_deleted AFTER DELETE ON items WHEN OLD.id <= (SELECT up_to FROM search_indexed) BEGIN
    INSERT INTO items_search (items_search, rowid, search_key)
    VALUES ('delete', OLD.id, OLD.search_key || char(10) || char(10));
END;
