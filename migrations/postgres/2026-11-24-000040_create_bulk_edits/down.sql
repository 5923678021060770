DROP TABLE bulk_edit_items;
DROP TABLE bulk_edits;
