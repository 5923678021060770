DROP TRIGGER items_search_deleted;
DROP TRIGGER items_search_updated;
DROP TRIGGER items_search_inserted;
DROP TABLE items_search_terms;
DROP TABLE items_search;
DROP VIEW searchable_items;
