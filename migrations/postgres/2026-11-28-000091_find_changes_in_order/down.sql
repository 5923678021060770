DROP INDEX changes_change_set_id;
CREATE INDEX changes_change_set_id ON changes (change_set_id);
