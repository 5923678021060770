DROP TRIGGER items_move_without_tags ON items;
DROP TABLE item_tags;
DROP TABLE tags;
DROP FUNCTION journal_item_tags();
DROP FUNCTION item_tags_stay_in_their_store();
DROP FUNCTION items_move_without_tags();
