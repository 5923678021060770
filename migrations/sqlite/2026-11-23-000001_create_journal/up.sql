-- A change set is one thing done: who did it, when, from where, and what it is called.
CREATE TABLE change_sets (
    id         INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    created_at TIMESTAMP NOT NULL,
    who        TEXT      NOT NULL,
    source     TEXT      NOT NULL CHECK (source IN ('page', 'api', 'import', 'command line', 'undo')),
    title      TEXT      NOT NULL
);

-- The journal: one row for every row inserted, updated or deleted, written by triggers alone.
CREATE TABLE changes (
    id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    change_set_id BIGINT  NOT NULL REFERENCES change_sets (id),
    table_name    TEXT    NOT NULL,
    row_id        BIGINT  NOT NULL, -- for item_tags the item
    tag_id        BIGINT,           -- for item_tags the tag
    operation     TEXT    NOT NULL CHECK (operation IN ('insert', 'update', 'delete')),
    before        TEXT              -- JSON: the former values, changed columns only for an update
);
CREATE INDEX changes_change_set_id ON changes (change_set_id);
CREATE INDEX changes_row ON changes (row_id, table_name);

-- The change set that the transaction has opened. Empty outside of a transaction, and then
-- the triggers find no change set and the journal refuses the row, and so the write.
CREATE TABLE open_change_set (
    change_set_id BIGINT NOT NULL
);

CREATE TRIGGER changes_are_never_updated BEFORE UPDATE ON changes BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
CREATE TRIGGER changes_are_never_deleted BEFORE DELETE ON changes BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
