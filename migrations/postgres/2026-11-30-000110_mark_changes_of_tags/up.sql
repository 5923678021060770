-- The names of tags are remembered like those of stores, under the same mark. A new tag has no name yet that anybody remembers.
CREATE TRIGGER tags_mark_stores AFTER UPDATE OR DELETE OR TRUNCATE ON tags
    FOR EACH STATEMENT EXECUTE FUNCTION mark_stores();
