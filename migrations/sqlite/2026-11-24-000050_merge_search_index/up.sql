-- In one piece: of many large ones the next saves would put sixteen together, one of them waiting for more than a second.
INSERT INTO items_search (items_search) VALUES ('optimize');
-- And put together by and by, before there are sixteen.
INSERT INTO items_search (items_search, rank) VALUES ('automerge', 8);
