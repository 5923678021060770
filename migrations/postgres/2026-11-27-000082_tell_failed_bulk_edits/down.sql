ALTER TABLE bulk_edits DROP COLUMN has_failed;
