SELECT 1; -- PostgreSQL alone needs this
