SELECT 1; -- SQLite alone needs this: an entry of PostgreSQL's ends with no id that it could be asked for
