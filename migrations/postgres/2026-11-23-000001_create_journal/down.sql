DROP TABLE changes;
DROP TABLE change_sets;
DROP FUNCTION journal();
DROP FUNCTION refuse();
