SELECT 1; -- PostgreSQL alone needs this: SQLite's triggers name each column already
