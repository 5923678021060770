ALTER FUNCTION item_tags_stay_in_their_store() RESET ALL;
DROP TRIGGER items_updated ON items;
CREATE TRIGGER items_updated AFTER UPDATE ON items REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION journal();
DROP FUNCTION journal_items_updated();
