//! The tables: the same on both databases, and made by one process at a time.
use std::thread;

use diesel::connection::SimpleConnection;

use stockroom::db::{DatabaseUrl, migrate};

use crate::journal::lines;
use crate::support::{Database, program};

/// What only one of the databases needs: SQLite keeps the open change set in a table, `PostgreSQL` in a setting; and for
/// SQLite the search index is some tables, and one says how far it goes, for `PostgreSQL` an index.
const ONLY_SQLITE: [&str; 3] = ["open_change_set", "items_search", "search_indexed"];
const ONLY_POSTGRES: &str = "items_search on items (search_key)";

#[test]
fn both_migration_trees_build_the_same_tables_and_columns() {
    let sqlite = lines(
        &mut Database::sqlite().connect(),
        "SELECT t.name || '.' || c.name || ' ' || CASE
             WHEN c.pk AND c.type = 'INTEGER' THEN 'BIGINT' ELSE c.type END
             || CASE WHEN c.\"notnull\" THEN ' NOT NULL' ELSE '' END
             || CASE WHEN c.pk THEN ' KEY' ELSE '' END AS line
         FROM sqlite_schema AS t, pragma_table_info(t.name) AS c
         WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%' AND t.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'
         ORDER BY t.name, c.cid",
    );
    let mut postgres = lines(
        &mut Database::postgres().connect(),
        "SELECT c.table_name || '.' || c.column_name || ' ' || CASE upper(c.data_type)
             WHEN 'TIMESTAMP WITHOUT TIME ZONE' THEN 'TIMESTAMP' ELSE upper(c.data_type) END
             || CASE WHEN c.is_nullable = 'NO' THEN ' NOT NULL' ELSE '' END
             || CASE WHEN EXISTS (
                 SELECT 1 FROM information_schema.table_constraints AS k
                 JOIN information_schema.key_column_usage AS u USING (constraint_name, table_name)
                 WHERE k.constraint_type = 'PRIMARY KEY' AND u.table_name = c.table_name AND u.column_name = c.column_name
             ) THEN ' KEY' ELSE '' END AS line
         FROM information_schema.columns AS c
         WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\\_\\_diesel%'
         ORDER BY c.table_name COLLATE \"C\", c.ordinal_position",
    );
    postgres.sort_by_key(|line| line.split('.').next().map(str::to_owned)); // stable: the columns keep their order
    let sqlite: Vec<_> =
        sqlite.into_iter().filter(|line| !ONLY_SQLITE.iter().any(|table| line.starts_with(table))).collect();
    assert!(sqlite.len() > 40, "the tables are found: {sqlite:?}");
    assert_eq!(sqlite, postgres);
}

#[test]
fn both_migration_trees_build_the_same_indexes() {
    let sqlite = lines(
        &mut Database::sqlite().connect(),
        "SELECT name || ' on ' || tbl_name || ' (' ||
             (SELECT group_concat(coalesce(c.name, '…'), ', ') FROM pragma_index_info(i.name) AS c) || ')' ||
             CASE WHEN sql LIKE 'CREATE UNIQUE%' THEN ' unique' ELSE '' END AS line
         FROM sqlite_schema AS i WHERE type = 'index' AND name NOT LIKE 'sqlite%' ORDER BY name",
    );
    let mut postgres = lines(
        &mut Database::postgres().connect(),
        "SELECT i.relname || ' on ' || t.relname || ' (' || string_agg(a.attname, ', ' ORDER BY a.attnum) || ')'
             || CASE WHEN x.indisunique THEN ' unique' ELSE '' END AS line
         FROM pg_index AS x
         JOIN pg_class AS i ON i.oid = x.indexrelid
         JOIN pg_class AS t ON t.oid = x.indrelid AND t.relnamespace = 'public'::REGNAMESPACE
         JOIN pg_attribute AS a ON a.attrelid = i.oid
         WHERE NOT x.indisprimary
         GROUP BY i.relname, t.relname, x.indisunique",
    );
    postgres.sort();
    // SQLite's end with the row's id anyway.
    for line in &mut postgres {
        *line = line.replace(", id)", ")");
    }
    assert!(postgres.iter().any(|line| line == ONLY_POSTGRES), "searches have an index: {postgres:?}");
    postgres.retain(|line| line != ONLY_POSTGRES);
    assert!(sqlite.len() > 10, "the indexes are found: {sqlite:?}");
    assert_eq!(sqlite, postgres);
}

#[test]
fn two_processes_can_migrate_one_sqlite_file_at_once() {
    migrate_at_once(&Database::sqlite_without_tables());
}

#[test]
fn two_processes_can_migrate_one_postgres_database_at_once() {
    migrate_at_once(&Database::postgres_without_tables());
}

/// Processes, not threads: what keeps them apart must work between programs.
fn migrate_at_once(database: &Database) {
    let migrate_with = |number: u8| {
        let mut command = program(database);
        thread::spawn(move || (number, command.arg("migrate").output().expect("the program runs")))
    };
    let processes = [1, 2, 3].map(migrate_with);
    let mut applied = 0;
    for process in processes {
        let (number, output) = process.join().expect("no panic");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "process {number}: {said}");
        applied += said.matches("applied ").count();
    }
    let again = migrate(database.url()).expect("nothing is left to do");
    assert!(again.is_empty() && applied >= 5, "each migration is applied once: {applied}, then {again:?}");
    let copies = std::fs::read_dir(database.folder()).expect("the folder").flatten();
    let copies = copies.filter(|file| file.file_name().to_string_lossy().contains("before-")).count();
    assert_eq!(copies, 0, "an empty database is not copied aside");
    assert!(matches!(database.url(), DatabaseUrl::Sqlite(_) | DatabaseUrl::Postgres(_)));
}

on_both!(a_database_of_a_newer_program_is_left_alone);

fn a_database_of_a_newer_program_is_left_alone(database: Database) {
    migrate(database.url()).expect("it is up to date");
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('29990101000001')";
    database.connect().batch_execute(newer).expect("a later migration");
    for command in ["serve", "migrate", "check", "export"] {
        let output = program(&database).arg(command).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("a newer Stockroom has changed this database (migration 29990101000001)"), "{said}");
    }
}

#[test]
fn a_file_of_another_program_is_left_as_it_is() {
    let database = Database::sqlite_without_tables();
    let DatabaseUrl::Sqlite(path) = database.url() else { unreachable!("it is a file") };
    database.connect().batch_execute("CREATE TABLE users (a INT)").expect("a table");
    let before = std::fs::read(path).expect("the file");
    for command in ["serve", "migrate"] {
        let output = program(&database).arg(command).output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert!(said.contains("is a database of another program"), "{said}");
    }
    assert!(std::fs::read(path).expect("the file") == before, "it was changed");
}
