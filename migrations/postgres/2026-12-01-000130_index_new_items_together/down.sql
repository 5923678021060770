SELECT 1; -- SQLite alone needs this: the index of PostgreSQL keeps a list of what is new itself
