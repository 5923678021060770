DROP TRIGGER tags_inserted_mark_stores;
DROP TRIGGER tags_updated_mark_stores;
DROP TRIGGER tags_deleted_mark_stores;
