-- Whether a stopped bulk edit was stopped by a fault, and not by somebody.
ALTER TABLE bulk_edits ADD COLUMN has_failed BOOLEAN NOT NULL DEFAULT FALSE;
