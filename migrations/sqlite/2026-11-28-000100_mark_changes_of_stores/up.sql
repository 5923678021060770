-- A mark of the stores, as `access_marks` is one of who may do what: the names of stores, which lists show again and
-- again, are remembered as long as it is the same.
CREATE TABLE store_marks (
    id   INTEGER PRIMARY KEY NOT NULL,
    mark BIGINT  NOT NULL
);
INSERT INTO store_marks (id, mark) VALUES (1, random());

CREATE TRIGGER stores_inserted_mark_stores AFTER INSERT ON stores BEGIN
    UPDATE store_marks SET mark = random();
END;
CREATE TRIGGER stores_updated_mark_stores AFTER UPDATE ON stores BEGIN
    UPDATE store_marks SET mark = random();
END;
CREATE TRIGGER stores_deleted_mark_stores AFTER DELETE ON stores BEGIN
    UPDATE store_marks SET mark = random();
END;
