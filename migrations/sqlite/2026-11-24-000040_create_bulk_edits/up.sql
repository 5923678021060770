-- One change to many items: previewed, frozen at the preview, then applied piece by piece under one change set.
CREATE TABLE bulk_edits (
    id            INTEGER   PRIMARY KEY AUTOINCREMENT NOT NULL,
    created_at    TIMESTAMP NOT NULL,
    user_id       BIGINT,             -- who made the preview
    who           TEXT      NOT NULL, -- what they are called
    list          TEXT      NOT NULL, -- the list it was made from, as in its URL
    filter        TEXT      NOT NULL, -- the same in words
    operation     TEXT      NOT NULL, -- what is done to each item, as JSON
    state         TEXT      NOT NULL CHECK (state IN ('freezing', 'previewed', 'applying', 'stopped', 'applied')),
    matched       BIGINT    NOT NULL, -- how many items are frozen
    changed       BIGINT    NOT NULL, -- how many are changed
    unchanged     BIGINT    NOT NULL, -- how many are as wanted already; until it is applied, as the preview says
    refused       BIGINT    NOT NULL, -- how many it cannot be done to, as the preview says
    reached       BIGINT    NOT NULL, -- the last item that is dealt with
    change_set_id BIGINT    REFERENCES change_sets (id),
    finished_at   TIMESTAMP
);
CREATE UNIQUE INDEX bulk_edits_change_set ON bulk_edits (change_set_id);

-- The items that a bulk edit is frozen to, each until it is dealt with. Those that were left alone stay, with the reason.
CREATE TABLE bulk_edit_items (
    bulk_edit_id BIGINT NOT NULL, -- no references: this is filled in bulk, and the item may be deleted meanwhile
    item_id      BIGINT NOT NULL,
    version      BIGINT NOT NULL, -- as the preview found it
    verdict      TEXT,            -- why it is left alone
    PRIMARY KEY (bulk_edit_id, item_id)
) WITHOUT ROWID;
