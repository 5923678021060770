DROP TRIGGER tags_mark_stores ON tags;
