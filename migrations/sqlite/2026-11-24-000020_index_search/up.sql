-- What is searched, with line ends behind it, so that the last two letters too begin three.
CREATE VIEW searchable_items AS SELECT id, search_key || char(10) || char(10) AS search_key FROM items;

-- Every three letters in a row, and the items that have them. Which letters follow which is not kept (detail=none): that
-- halves the index, and what it finds is compared with the item itself.
CREATE VIRTUAL TABLE items_search USING fts5 (
    search_key, content = 'searchable_items', content_rowid = 'id', tokenize = 'trigram case_sensitive 1',
    detail = none, columnsize = 0
);
-- Which three letters there are.
CREATE VIRTUAL TABLE items_search_terms USING fts5vocab (items_search, row);
-- Pieces of the index are put together seldom: that is most of what a save costs here.
INSERT INTO items_search (items_search, rank) VALUES ('automerge', 16);
INSERT INTO items_search (items_search) VALUES ('rebuild');

CREATE TRIGGER items_search_inserted AFTER INSERT ON items BEGIN
    INSERT INTO items_search (rowid, search_key) VALUES (NEW.id, NEW.search_key || char(10) || char(10));
END;
CREATE TRIGGER items_search_updated AFTER UPDATE OF search_key ON items WHEN NEW.search_key IS NOT OLD.search_key BEGIN
    INSERT INTO items_search (items_search, rowid, search_key)
    VALUES ('delete', OLD.id, OLD.search_key || char(10) || char(10));
    INSERT INTO items_search (rowid, search_key) VALUES (NEW.id, NEW.search_key || char(10) || char(10));
END;
CREATE TRIGGER items_search_deleted AFTER DELETE ON items BEGIN
    INSERT INTO items_search (items_search, rowid, search_key)
    VALUES ('delete', OLD.id, OLD.search_key || char(10) || char(10));
END;
