DROP TRIGGER items_move_without_tags;
DROP TABLE item_tags;
DROP TABLE tags;
