DROP INDEX items_search;
