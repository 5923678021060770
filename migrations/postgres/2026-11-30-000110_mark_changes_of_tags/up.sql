-- The names of tags are remembered like those of stores, under the same mark.
CREATE TRIGGER tags_mark_stores AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tags
    FOR EACH STATEMENT EXECUTE FUNCTION mark_stores();
