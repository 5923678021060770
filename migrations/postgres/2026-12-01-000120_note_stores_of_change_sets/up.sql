-- The stores that a bulk edit or an import touched, itself or what is in them: whoever sees some stores only finds it by
-- these, without all its lines being read.
CREATE TABLE change_set_stores (
    change_set_id BIGINT NOT NULL REFERENCES change_sets (id) ON DELETE CASCADE,
    store_id      BIGINT NOT NULL, -- no reference: the store may have been deleted since
    PRIMARY KEY (change_set_id, store_id)
);

-- Of those that are there already: the stores in which what they touched is now, and was then or later. That may be more
-- than they touched; what is told of it is found out when it is looked at.
WITH many AS (
    SELECT id FROM change_sets WHERE source = 'import'
    UNION SELECT change_set_id FROM bulk_edits WHERE change_set_id IS NOT NULL
), touched AS (
    SELECT DISTINCT c.change_set_id, CASE c.table_name WHEN 'item_tags' THEN 'items' ELSE c.table_name END AS table_name, c.row_id
    FROM changes AS c JOIN many ON many.id = c.change_set_id
), left_behind AS MATERIALIZED (
    SELECT table_name, row_id, CAST(before AS JSONB) ->> 'store_id' AS store_id, max(change_set_id) AS until
    FROM changes WHERE before LIKE '%"store_id"%' AND CAST(before AS JSONB) ->> 'store_id' IS NOT NULL GROUP BY 1, 2, 3
)
INSERT INTO change_set_stores (change_set_id, store_id)
SELECT change_set_id, row_id FROM touched WHERE table_name = 'stores'
UNION SELECT t.change_set_id, i.store_id FROM touched AS t JOIN items AS i ON i.id = t.row_id WHERE t.table_name = 'items'
UNION SELECT t.change_set_id, g.store_id FROM touched AS t JOIN tags AS g ON g.id = t.row_id WHERE t.table_name = 'tags'
UNION SELECT t.change_set_id, CAST(l.store_id AS BIGINT)
FROM left_behind AS l JOIN touched AS t ON t.row_id = l.row_id AND t.table_name = l.table_name
WHERE l.until >= t.change_set_id;
