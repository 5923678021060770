SELECT 1; -- PostgreSQL alone needs this: SQLite's indexes end with the row's id already
