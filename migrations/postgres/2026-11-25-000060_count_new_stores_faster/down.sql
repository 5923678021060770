CREATE OR REPLACE FUNCTION count_stores() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM add_to_totals(n.id, 1, 0, 0, 0) FROM new_rows AS n;
        PERFORM add_to_totals(0, count(*), 0, 0, 0) FROM new_rows HAVING count(*) > 0;
    ELSE
        DELETE FROM totals WHERE store_id IN (SELECT id FROM old_rows);
        PERFORM add_to_totals(0, -count(*), 0, 0, 0) FROM old_rows HAVING count(*) > 0;
    END IF;
    RETURN NULL;
END
$$;
