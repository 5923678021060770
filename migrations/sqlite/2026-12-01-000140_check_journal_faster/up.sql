-- Of a list of three or more SQLite makes a table for each row that it checks, which was half of what a row of the journal
-- cost. Nothing that is stored changes, so the rules are written anew where they stand, in the way that SQLite gives for it
-- (https://sqlite.org/lang_altertable.html, 7); the columns keep their names, so does all that refers to them.
PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (operation IN (''insert'', ''update'', ''delete''))',
    'CHECK (operation = ''insert'' OR operation = ''update'' OR operation = ''delete'')'
) WHERE type = 'table' AND name = 'changes';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (source IN (''page'', ''api'', ''import'', ''command line'', ''undo''))',
    'CHECK (source = ''page'' OR source = ''api'' OR source = ''import'' OR source = ''command line'' OR source = ''undo'')'
) WHERE type = 'table' AND name = 'change_sets';
PRAGMA writable_schema = RESET;

-- That others who have the file open look at its tables anew.
DROP TRIGGER changes_are_never_updated;
CREATE TRIGGER changes_are_never_updated BEFORE UPDATE ON changes BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
