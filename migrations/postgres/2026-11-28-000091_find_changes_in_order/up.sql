-- The changes of one change set in their order, however large the journal is.
DROP INDEX changes_change_set_id;
CREATE INDEX changes_change_set_id ON changes (change_set_id, id);
