-- What is found of a tag whatever its accents. Empty until the program, which knows how such keys are made, has started.
ALTER TABLE tags ADD COLUMN search_key TEXT COLLATE "C" NOT NULL DEFAULT '';
CREATE INDEX tags_search ON tags (search_key, id);

-- By which rules the search keys of stores, items and tags were made: one row.
CREATE TABLE search_rules (
    version BIGINT NOT NULL
);
-- Where there is nothing yet, nothing was made by older ones.
INSERT INTO search_rules SELECT CASE WHEN EXISTS (SELECT 1 FROM stores) THEN 1 ELSE 2 END;
