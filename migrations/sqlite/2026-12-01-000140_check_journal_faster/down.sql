PRAGMA writable_schema = ON;
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (operation = ''insert'' OR operation = ''update'' OR operation = ''delete'')',
    'CHECK (operation IN (''insert'', ''update'', ''delete''))'
) WHERE type = 'table' AND name = 'changes';
UPDATE sqlite_schema SET sql = replace(sql,
    'CHECK (source = ''page'' OR source = ''api'' OR source = ''import'' OR source = ''command line'' OR source = ''undo'')',
    'CHECK (source IN (''page'', ''api'', ''import'', ''command line'', ''undo''))'
) WHERE type = 'table' AND name = 'change_sets';
PRAGMA writable_schema = RESET;

DROP TRIGGER changes_are_never_updated;
CREATE TRIGGER changes_are_never_updated BEFORE UPDATE ON changes BEGIN
    SELECT RAISE(ABORT, 'the journal is append-only');
END;
