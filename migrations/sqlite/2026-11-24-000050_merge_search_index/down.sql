INSERT INTO items_search (items_search, rank) VALUES ('automerge', 16);
