-- What journal() does for an update, but with each column named: items change in bulk, and to take rows apart into
-- pairs of key and value costs three times as much as all the rest of their journal.
-- Without nested loops: the plan is kept from the first save of a connection, which is mostly of one row, and for
-- thousands of rows that plan would compare each with each.
CREATE FUNCTION journal_items_updated() RETURNS trigger LANGUAGE plpgsql SET enable_nestloop = off AS $$
DECLARE
    open_change_set BIGINT := nullif(current_setting('stockroom.change_set', true), '')::BIGINT;
BEGIN
    INSERT INTO changes (change_set_id, table_name, row_id, operation, before)
    SELECT open_change_set, 'items', changed.id, 'update', '{' || changed.former || '}'
    FROM (
        SELECT o.id, concat_ws(', ',
            CASE WHEN o.store_id IS DISTINCT FROM n.store_id THEN '"store_id": ' || to_json(o.store_id)::TEXT END,
            CASE WHEN o.name IS DISTINCT FROM n.name THEN '"name": ' || to_json(o.name)::TEXT END,
            CASE WHEN o.name_key IS DISTINCT FROM n.name_key THEN '"name_key": ' || to_json(o.name_key)::TEXT END,
            CASE WHEN o.sku IS DISTINCT FROM n.sku THEN '"sku": ' || coalesce(to_json(o.sku)::TEXT, 'null') END,
            CASE WHEN o.sku_key IS DISTINCT FROM n.sku_key THEN '"sku_key": ' || coalesce(to_json(o.sku_key)::TEXT, 'null') END,
            CASE WHEN o.barcode IS DISTINCT FROM n.barcode THEN '"barcode": ' || to_json(o.barcode)::TEXT END,
            CASE WHEN o.description IS DISTINCT FROM n.description THEN '"description": ' || to_json(o.description)::TEXT END,
            CASE WHEN o.price_minor IS DISTINCT FROM n.price_minor THEN '"price_minor": ' || to_json(o.price_minor)::TEXT END,
            CASE WHEN o.quantity IS DISTINCT FROM n.quantity THEN '"quantity": ' || to_json(o.quantity)::TEXT END,
            CASE WHEN o.search_key IS DISTINCT FROM n.search_key THEN '"search_key": ' || to_json(o.search_key)::TEXT END,
            CASE WHEN o.version IS DISTINCT FROM n.version THEN '"version": ' || to_json(o.version)::TEXT END,
            CASE WHEN o.created_at IS DISTINCT FROM n.created_at THEN '"created_at": ' || to_json(o.created_at)::TEXT END,
            CASE WHEN o.updated_at IS DISTINCT FROM n.updated_at THEN '"updated_at": ' || to_json(o.updated_at)::TEXT END
        ) AS former
        FROM old_rows AS o
        JOIN new_rows AS n ON n.id = o.id
    ) AS changed
    WHERE changed.former <> '';
    RETURN NULL;
END
$$;
DROP TRIGGER items_updated ON items;
CREATE TRIGGER items_updated AFTER UPDATE ON items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION journal_items_updated();

-- The check of new links looks each of them up, however many it believes there are: its plan is kept as well.
ALTER FUNCTION item_tags_stay_in_their_store() SET enable_hashjoin = off;
ALTER FUNCTION item_tags_stay_in_their_store() SET enable_mergejoin = off;
