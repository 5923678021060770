//! `stockroom seed` and `stockroom check`: filling a database, and finding what is wrong in it.
use std::process::Output;

use diesel::connection::SimpleConnection;
use stockroom::items::Item;
use stockroom::stores::{Store, StoreDraft};

use crate::journal::lines;
use crate::support::{Database, program, somebody};

on_both!(
    seeding_adds_stores_and_items_in_one_change_set,
    seeding_twice_adds_twice,
    seeding_goes_round_what_people_typed,
    items_need_a_store,
    a_sound_database_is_found_sound,
    what_was_done_behind_the_journals_back_is_found,
    every_trigger_that_is_switched_off_is_found,
    a_total_that_is_not_what_there_is_is_found,
    an_unfinished_seeding_leaves_nothing,
    the_planner_never_takes_the_search_index_for_small,
);

fn run(database: &Database, arguments: &[&str]) -> Output {
    program(database).args(arguments).output().expect("the program runs")
}

fn seed(database: &Database, arguments: &[&str]) {
    let output = run(database, &[&["seed"], arguments].concat());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// What `check` prints, and its exit code.
fn check(database: &Database) -> (String, i32) {
    let output = run(database, &["check"]);
    (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code().expect("an exit code"))
}

#[test]
fn a_check_finds_doors_that_were_opened_and_files_that_are_no_database() {
    let database = Database::sqlite();
    let open = "DROP TRIGGER audit_events_are_never_deleted; DROP INDEX items_sku_key;
        PRAGMA foreign_keys = OFF; INSERT INTO user_stores VALUES (4711, 4712)";
    database.connect().batch_execute(open).expect("it can be opened");
    let (said, code) = check(&database);
    assert_eq!(code, 3, "{said}");
    for words in [
        "trigger audit_events_are_never_deleted",
        "index items_sku_key",
        "no row of users has the id 4711",
        "no row of stores has the id 4712",
    ] {
        assert!(said.contains(words), "{words}: {said}");
    }
    let path = database.folder().join("stockroom.db");
    let mut bytes = std::fs::read(&path).expect("the file");
    let (from, through) = (bytes.len() / 2, bytes.len() - 4096);
    bytes[from..through].fill(0xa5);
    std::fs::write(&path, bytes).expect("it can be damaged");
    let (said, code) = check(&database);
    assert!(code == 3 && said.contains("WRONG  pages and indexes"), "{said}");
    std::fs::write(&path, "").expect("it can be emptied");
    let output = run(&database, &["check"]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.code() == Some(1) && said.contains("is an empty file"), "{said}");
}

fn texts(database: &Database, query: &str) -> Vec<String> {
    lines(&mut database.connect(), query)
}

const NAMES: &str = "SELECT stores.name || ': ' || items.name || ' ' || items.price_minor AS line
    FROM items JOIN stores ON stores.id = items.store_id ORDER BY items.id";

fn seeding_adds_stores_and_items_in_one_change_set(database: Database) {
    seed(&database, &["--stores", "7", "--items", "2345", "--seed", "42"]);
    let db = database.open();
    assert_eq!(db.read_now(Store::count).expect("a count"), 7);
    assert_eq!(db.read_now(Item::count).expect("a count"), 2_345);
    let titles = texts(&database, "SELECT title || ' (' || source || ')' AS line FROM change_sets");
    assert_eq!(titles, ["Seeded 7 stores and 2,345 items (command line)"]);
    let shares = texts(&database, "SELECT CAST(count(*) AS TEXT) AS line FROM items GROUP BY store_id");
    assert!(shares.len() == 7 && shares.iter().all(|share| share == "335"), "{shares:?}");
    let twin = if database.connect().is_sqlite() { Database::sqlite() } else { Database::postgres() };
    seed(&twin, &["--stores", "7", "--items", "2345", "--seed", "42"]);
    assert_eq!(texts(&twin, NAMES), texts(&database, NAMES), "the same number gives the same names and prices");
}

fn seeding_twice_adds_twice(database: Database) {
    for _ in 0..2 {
        seed(&database, &["--stores", "3", "--items", "30"]);
    }
    seed(&database, &["--stores", "0", "--items", "60"]);
    let db = database.open();
    assert_eq!(db.read_now(Store::count).expect("a count"), 6);
    assert_eq!(db.read_now(Item::count).expect("a count"), 120);
    let shares = texts(&database, "SELECT CAST(count(*) AS TEXT) AS line FROM items GROUP BY store_id");
    assert!(shares.iter().all(|share| share == "20"), "{shares:?}");
    let without_sku = texts(&database, "SELECT name AS line FROM items WHERE sku IS NULL");
    assert!(without_sku.is_empty(), "{without_sku:?}");
    // Rows added by other means follow on.
    let draft = StoreDraft { name: "North dock".into(), ..StoreDraft::default() };
    db.write_now(somebody(), move |change| Store::create(change, &draft.with_keys())).expect("a store");
    assert_eq!(db.read_now(Store::count).expect("a count"), 7);
}

fn seeding_goes_round_what_people_typed(database: Database) {
    let twin = if database.connect().is_sqlite() { Database::sqlite() } else { Database::postgres() };
    seed(&twin, &["--stores", "1", "--items", "0"]);
    let name = texts(&twin, "SELECT name AS line FROM stores").remove(0);
    let same_name = StoreDraft { name, ..StoreDraft::default() }.with_keys();
    let same_code = StoreDraft { name: "Ours".into(), code: Some("s0012".into()), ..StoreDraft::default() }.with_keys();
    database
        .open()
        .write_now(somebody(), move |change| {
            Store::create(change, &same_name)?;
            Store::create(change, &same_code)
        })
        .expect("two stores");
    seed(&database, &["--stores", "1", "--items", "10"]);
    assert_eq!(texts(&database, "SELECT code AS line FROM stores WHERE code_key > 's0012'"), ["S0013"]);
    assert_eq!(check(&database).1, 0);
}

fn items_need_a_store(database: Database) {
    let output = run(&database, &["seed", "--stores", "0", "--items", "1"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--stores"));
}

fn an_unfinished_seeding_leaves_nothing(database: Database) {
    // The journal is full: nothing can be written to it any more.
    let full = if database.connect().is_sqlite() {
        "CREATE TRIGGER full_journal BEFORE INSERT ON changes WHEN (SELECT count(*) FROM changes) > 2000
         BEGIN SELECT RAISE(ABORT, 'full'); END"
    } else {
        "CREATE FUNCTION full_journal() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
             IF (SELECT count(*) FROM changes) > 2000 THEN RAISE 'full'; END IF; RETURN NULL; END $$;
         CREATE TRIGGER full_journal AFTER INSERT ON changes EXECUTE FUNCTION full_journal()"
    };
    database.connect().batch_execute(full).expect("a trigger");
    let output = run(&database, &["seed", "--stores", "3", "--items", "5000"]);
    assert_eq!(output.status.code(), Some(1), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(texts(&database, "SELECT title AS line FROM change_sets").is_empty());
    assert_eq!(database.open().read_now(Store::count).expect("a count"), 0);
}

fn the_planner_never_takes_the_search_index_for_small(database: Database) {
    if !database.connect().is_sqlite() {
        return; // an index like any other there
    }
    let known = "SELECT DISTINCT tbl AS line FROM sqlite_stat1 WHERE tbl LIKE 'items%' ORDER BY tbl";
    assert!(texts(&database, known).is_empty(), "of an index that was just made: every save would read it whole");
    seed(&database, &["--stores", "3", "--items", "3000"]);
    assert_eq!(texts(&database, known), ["items"]);
}

fn a_sound_database_is_found_sound(database: Database) {
    assert_eq!(check(&database).1, 0, "an empty one too");
    seed(&database, &["--stores", "5", "--items", "6000"]);
    database
        .open()
        .write_now(somebody(), |change| {
            for statement in [
                "UPDATE items SET quantity = quantity + 1, version = version + 1",
                "DELETE FROM item_tags WHERE tag_id % 3 = 0",
                "DELETE FROM tags WHERE id % 5 = 0",
                "DELETE FROM items WHERE id % 7 = 0",
                "DELETE FROM stores WHERE id = (SELECT max(id) FROM stores)",
                "INSERT INTO item_tags SELECT items.id, tags.id FROM items JOIN tags ON tags.store_id = items.store_id
                 WHERE tags.id % 3 = 0 AND items.id % 2 = 0",
            ] {
                change.conn().batch_execute(statement)?;
            }
            Ok(())
        })
        .expect("bulk statements");
    let (said, code) = check(&database);
    assert_eq!((code, said.contains("WRONG")), (0, false), "{said}");
    assert!(said.ends_with("Nothing is wrong.\n") && said.contains("derived keys of 4,115 items"), "{said}");
}

fn a_total_that_is_not_what_there_is_is_found(database: Database) {
    seed(&database, &["--stores", "2", "--items", "40"]);
    let mut conn = database.connect();
    for (statement, found) in [
        ("UPDATE totals SET items = items + 1 WHERE store_id = 2", "store 2: 20 items"),
        ("UPDATE totals SET worth_low = worth_low + 1 WHERE store_id = 0", "are kept, and another worth"),
        ("DELETE FROM totals WHERE store_id = 1", "but 0 and 0"),
        ("UPDATE totals SET store_id = 77 WHERE store_id = 2", "totals are kept of store 77, which is not there"),
    ] {
        conn.batch_execute(statement).expect("a wrong total");
        let (said, code) = check(&database);
        assert!(code == 3 && said.contains(found), "{statement}: {said}");
    }
}

fn every_trigger_that_is_switched_off_is_found(database: Database) {
    let mut conn = database.connect();
    let query = if conn.is_sqlite() {
        "SELECT 'DROP TRIGGER ' || name AS line FROM sqlite_schema WHERE type = 'trigger'"
    } else {
        "SELECT 'ALTER TABLE ' || tgrelid::REGCLASS || ' DISABLE TRIGGER ' || tgname AS line FROM pg_trigger WHERE NOT tgisinternal"
    };
    let switches = lines(&mut conn, query);
    assert!(switches.len() > 20, "{switches:?}");
    conn.batch_execute(&switches.join(";")).expect("they can be switched off");
    assert_eq!(check(&database).1, 3);
    // All of them: what `check` prints ends before.
    let found = conn.open_doors().expect("they are looked for");
    for trigger in switches.iter().filter_map(|switch| switch.split(' ').next_back()) {
        assert!(found.contains(&format!("the trigger {trigger} is missing or switched off")), "{trigger}: {found:?}");
    }
}

fn what_was_done_behind_the_journals_back_is_found(database: Database) {
    seed(&database, &["--stores", "2", "--items", "40"]);
    let mut conn = database.connect();
    let switch_off = |trigger: &str, table: &str| {
        if database.connect().is_sqlite() {
            format!("DROP TRIGGER {trigger}")
        } else {
            format!("ALTER TABLE {table} DISABLE TRIGGER {trigger}")
        }
    };
    let mut faults = 0;
    for (trigger, table, statement, found) in [
        ("items_updated", "items", "UPDATE items SET name = 'Renamed' WHERE id = 7", "item 7 “Renamed” has keys"),
        (
            "items_deleted",
            "items",
            "DELETE FROM items WHERE id = (SELECT max(id) FROM items WHERE id NOT IN (SELECT item_id FROM item_tags))",
            "is gone, but was never deleted",
        ),
        (
            "items_inserted",
            "items",
            "INSERT INTO items (id, store_id, name, name_key, price_minor, search_key, created_at, updated_at) VALUES
             (900, 1, 'x', 'x', 1, 'x' || chr(10) || chr(10), '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
            "item 900 is there, but was never inserted",
        ),
        (
            "changes_are_never_deleted",
            "changes",
            "DELETE FROM changes WHERE table_name = 'stores' AND row_id = 2",
            "store 2 is there, but was never inserted",
        ),
        (
            "changes_are_never_updated",
            "changes",
            "UPDATE changes SET operation = 'update', before = '{\"colour\": 1}' WHERE table_name = 'tags' AND row_id = 3",
            "tag 3: changed, but it was never inserted",
        ),
    ] {
        conn.batch_execute(&switch_off(trigger, table)).expect("a trigger to switch off");
        let statement = if conn.is_sqlite() { statement.replace("chr(", "char(") } else { statement.to_owned() };
        conn.batch_execute(&statement).expect("a write behind the journal's back");
        let (said, code) = check(&database);
        assert_eq!(code, 3, "{said}");
        let missing = format!("the trigger {trigger} is missing or switched off");
        assert!(said.contains(found) && said.contains(&missing), "{statement}: {said}");
        let lines = said.lines().filter(|line| line.starts_with("    ")).count();
        assert!(lines > faults, "and what was found before is found again: {said}");
        faults = lines;
    }
}
