-- A store that is new has no total yet: none is looked for. Looked for, with a plan from when there were few, the totals
-- were gone through for each of many new stores.
CREATE OR REPLACE FUNCTION count_stores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO totals (store_id, stores) SELECT id, 1 FROM new_rows;
        PERFORM add_to_totals(0, count(*), 0, 0, 0) FROM new_rows HAVING count(*) > 0;
    ELSE
        DELETE FROM totals WHERE store_id IN (SELECT id FROM old_rows);
        PERFORM add_to_totals(0, -count(*), 0, 0, 0) FROM old_rows HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;
