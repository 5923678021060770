DROP TABLE search_rules;
DROP INDEX tags_search;
ALTER TABLE tags DROP COLUMN search_key;
