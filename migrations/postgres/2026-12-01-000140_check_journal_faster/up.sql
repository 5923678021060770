SELECT 1; -- SQLite alone needs this: PostgreSQL compares with a list as it is
