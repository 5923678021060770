-- The names of tags are remembered like those of stores, under the same mark.
CREATE TRIGGER tags_inserted_mark_stores AFTER INSERT ON tags BEGIN
    UPDATE store_marks SET mark = random();
END;
CREATE TRIGGER tags_updated_mark_stores AFTER UPDATE ON tags BEGIN
    UPDATE store_marks SET mark = random();
END;
CREATE TRIGGER tags_deleted_mark_stores AFTER DELETE ON tags BEGIN
    UPDATE store_marks SET mark = random();
END;
