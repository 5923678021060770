-- Nothing: the index of PostgreSQL is one piece.
SELECT 1;
