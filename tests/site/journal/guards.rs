use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use stockroom::db::{Conn, Db};
use stockroom::items::{Item, ItemDraft, TagChoice};
use stockroom::stores::{Store, StoreDraft};

use super::snapshot::{Snapshot, TABLES, columns, journal, lines};
use crate::support::{Database, somebody};

on_both!(
    a_write_without_a_change_set_fails,
    a_change_set_that_has_ended_is_closed_to_later_writes,
    the_journal_is_append_only,
    the_journal_knows_its_operations_and_sources_only,
    an_update_that_changes_nothing_leaves_no_trace,
    a_change_set_in_which_nothing_changed_is_not_kept,
    a_change_set_goes_on_in_a_later_transaction_and_is_closed_after_it,
    every_column_is_journalled,
    an_id_never_changes,
);

/// One row in each table.
fn lamp(db: &Db) -> (Store, Item) {
    db.write_now(somebody(), |change| {
        let draft = StoreDraft { name: "North dock".into(), code: Some("N1".into()), ..StoreDraft::default() };
        let store = Store::create(change, &draft.with_keys())?;
        let draft =
            ItemDraft { store_id: store.id, name: "Lamp".into(), sku: Some("L-1".into()), ..ItemDraft::default() };
        let tags = TagChoice { ids: Vec::new(), names: vec!["light".into()], ..TagChoice::default() };
        let item = Item::create(change, &draft.with_keys(), &tags)?;
        Ok((store, item))
    })
    .expect("a store with a lamp")
}

fn a_change_set_goes_on_in_a_later_transaction_and_is_closed_after_it(database: Database) {
    let db = database.open();
    let price = |price: i64| format!("UPDATE items SET price_minor = {price}, version = version + 1");
    let (store, item) = lamp(&db);
    let spare = stockroom::tags::TagDraft::named("spare".into());
    db.write_now(somebody(), move |change| stockroom::tags::Tag::create(change, store.id, &spare)).expect("a tag");
    let began = db
        .write_now(somebody(), move |change| {
            change.call("Changed prices");
            diesel::sql_query(price(1)).execute(change.conn())?;
            Ok(change.id())
        })
        .expect("its first piece");
    db.write_now(somebody(), move |change| {
        change.go_on_with(began)?;
        diesel::sql_query(price(2)).execute(change.conn())?;
        Ok(())
    })
    .expect("its second piece");
    let mut conn = database.connect();
    assert_eq!(change_sets(&mut conn)[2..], ["Changed prices"]);
    let sets: Vec<_> = journal(&mut conn).into_iter().map(|change| change.change_set_id).collect();
    assert_eq!(sets[sets.len() - 2..], [began, began]);
    assert_refused(&mut conn);
    let unknown: Result<(), _> = db.write_now(somebody(), move |change| change.go_on_with(began + 99));
    assert!(matches!(unknown, Err(stockroom::error::AppError::NotFound)));
    let too_late: Result<(), _> = db.write_now(somebody(), move |change| {
        diesel::sql_query(price(3)).execute(change.conn())?;
        change.go_on_with(began)
    });
    assert!(too_late.is_err(), "what was written under one change set does not change over to another");
    assert_eq!(db.read_now(|conn| Item::find(conn, item.id)).expect("the lamp").price_minor, 2);
}

fn change_sets(conn: &mut Conn) -> Vec<String> {
    lines(conn, "SELECT title AS line FROM change_sets ORDER BY id")
}

/// Statements that write, for each table each kind.
const WRITES: [&str; 11] = [
    "INSERT INTO stores (name, name_key, search_key, created_at, updated_at) VALUES ('x', 'x', 'x', '2026-01-01 00:00:00', '2026-01-01 00:00:00')",
    "INSERT INTO items (store_id, name, name_key, price_minor, search_key, created_at, updated_at) SELECT id, 'x', 'x', 1, 'x', '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM stores",
    "INSERT INTO tags (store_id, name, name_key, created_at, updated_at) SELECT id, 'x', 'x', '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM stores",
    "INSERT INTO item_tags SELECT (SELECT min(id) FROM items), id FROM tags WHERE name = 'spare'",
    "UPDATE stores SET notes = 'x'",
    "UPDATE items SET quantity = quantity + 1",
    "UPDATE tags SET version = version + 1",
    "DELETE FROM item_tags",
    "DELETE FROM tags",
    "DELETE FROM items",
    "DELETE FROM stores",
];

/// What stands in the way in `PostgreSQL`: that `changes` must name a change set.
fn assert_refused(conn: &mut Conn) {
    let before = Snapshot::take(conn);
    for statement in WRITES {
        let refused = diesel::sql_query(statement).execute(conn).expect_err(statement).to_string();
        assert!(refused.to_lowercase().contains("change_set_id"), "{statement}: {refused}");
    }
    assert_eq!(Snapshot::take(conn), before);
}

fn a_write_without_a_change_set_fails(database: Database) {
    let db = database.open();
    let (store, _) = lamp(&db);
    let spare = stockroom::tags::TagDraft::named("spare".into());
    db.write_now(somebody(), move |change| stockroom::tags::Tag::create(change, store.id, &spare)).expect("a tag");
    assert_refused(&mut database.connect());
    let mut conn = database.connect();
    let changed = diesel::sql_query("UPDATE item_tags SET tag_id = tag_id + 1").execute(&mut conn);
    assert!(changed.is_err(), "a link is never changed, with or without a change set");
}

fn a_change_set_that_has_ended_is_closed_to_later_writes(database: Database) {
    let db = database.open();
    let (store, _) = lamp(&db);
    let spare = stockroom::tags::TagDraft::named("spare".into());
    db.write_now(somebody(), move |change| stockroom::tags::Tag::create(change, store.id, &spare)).expect("a tag");
    let _: Result<(), _> = db.write_now(somebody(), |_| Err(stockroom::error::AppError::Forbidden));
    // The same connection that wrote before: PostgreSQL keeps settings by connection.
    if !database.connect().is_sqlite() {
        for _ in 0..4 {
            db.read_now(|conn| {
                assert_refused(conn);
                Ok(())
            })
            .expect("a connection");
        }
    }
    assert_refused(&mut database.connect());
}

fn the_journal_is_append_only(database: Database) {
    lamp(&database.open());
    let mut conn = database.connect();
    let before = journal(&mut conn).len();
    for statement in ["UPDATE changes SET operation = 'delete'", "DELETE FROM changes", "DELETE FROM change_sets"] {
        assert!(diesel::sql_query(statement).execute(&mut conn).is_err(), "{statement}");
    }
    if !conn.is_sqlite() {
        for table in TABLES.into_iter().chain(["changes", "change_sets"]) {
            assert!(conn.batch_execute(&format!("TRUNCATE {table} CASCADE")).is_err(), "{table}");
        }
    }
    assert_eq!(journal(&mut conn).len(), before);
}

fn the_journal_knows_its_operations_and_sources_only(database: Database) {
    lamp(&database.open());
    let mut conn = database.connect();
    let line = |operation: &str| {
        format!(
            "INSERT INTO changes (change_set_id, table_name, row_id, operation)
             SELECT max(id), 'items', 1, '{operation}' FROM change_sets"
        )
    };
    let set = |source: &str| {
        format!(
            "INSERT INTO change_sets (created_at, who, source, title)
             VALUES ('2026-12-01 10:00:00', 'Anna', '{source}', 'Counted')"
        )
    };
    for known in ["insert", "update", "delete"]
        .map(line)
        .into_iter()
        .chain(["page", "api", "import", "command line", "undo"].map(set))
    {
        diesel::sql_query(&known).execute(&mut conn).unwrap_or_else(|error| panic!("{known}: {error}"));
    }
    for unknown in [line("upsert"), line(""), set("telephone"), set("")] {
        assert!(diesel::sql_query(&unknown).execute(&mut conn).is_err(), "{unknown}");
    }
}

/// SQLite makes a table of a list that a value is looked for in, for each row anew: that took as long as all else of a line.
#[test]
fn a_line_of_the_journal_is_checked_without_making_a_table_for_it() {
    let database = Database::sqlite();
    let mut conn = database.connect();
    for table in ["changes", "change_sets"] {
        let steps = opcodes(&mut conn, &format!("INSERT INTO {table} DEFAULT VALUES"));
        assert!(steps.iter().any(|step| step == "Halt"), "{table}: what is inserted is checked: {steps:?}");
        assert!(!steps.iter().any(|step| step == "OpenEphemeral"), "{table}: {steps:?}");
    }
}

#[derive(QueryableByName)]
struct Opcode {
    #[diesel(sql_type = diesel::sql_types::Text)]
    opcode: String,
}

fn opcodes(conn: &mut Conn, statement: &str) -> Vec<String> {
    let steps: Vec<Opcode> = diesel::sql_query(format!("EXPLAIN {statement}")).load(conn).expect("its steps");
    steps.into_iter().map(|step| step.opcode).collect()
}

fn an_update_that_changes_nothing_leaves_no_trace(database: Database) {
    let db = database.open();
    let (store, item) = lamp(&db);
    let mut conn = database.connect();
    let before = journal(&mut conn).len();
    db.write_now(somebody(), move |change| {
        for statement in [
            "UPDATE stores SET name = name, code = code",
            "UPDATE items SET quantity = quantity, barcode = barcode",
            "UPDATE tags SET name = name",
        ] {
            diesel::sql_query(statement).execute(change.conn())?;
        }
        Store::update(change, store.id, store.version, &StoreDraft::from(&store))?;
        let tags = TagChoice { ids: Vec::new(), names: vec!["LIGHT".into()], ..TagChoice::default() };
        Item::update(change, item.id, item.version, &ItemDraft::from(&item), &tags)
    })
    .expect("saving what is there");
    assert_eq!(journal(&mut conn).len(), before);
    assert_eq!(change_sets(&mut conn).len(), 1);
}

fn a_change_set_in_which_nothing_changed_is_not_kept(database: Database) {
    let db = database.open();
    lamp(&db);
    db.write_now(somebody(), |change| {
        change.call("Looked on");
        Ok(())
    })
    .expect("looking on");
    let refused: Result<Store, _> = db.write_now(somebody(), |change| {
        Store::create(change, &StoreDraft { name: "NORTH DOCK".into(), ..StoreDraft::default() }.with_keys())
    });
    assert!(refused.is_err());
    assert_eq!(change_sets(&mut database.connect()), ["Added item “Lamp”"]);
}

/// SQLite's triggers have to name the columns: a new column must not be forgotten in them.
fn every_column_is_journalled(database: Database) {
    let db = database.open();
    lamp(&db);
    let spare = db.write_now(somebody(), |change| {
        diesel::sql_query("DELETE FROM item_tags").execute(change.conn())?; // a tagged item cannot move
        Store::create(change, &StoreDraft { name: "Spare".into(), ..StoreDraft::default() }.with_keys())
    });
    let spare = spare.expect("a spare store").id;
    let mut conn = database.connect();
    for table in ["tags", "items", "stores"] {
        let mut expected = columns(&mut conn, table);
        expected.retain(|column| column != "id");
        expected.sort();
        // A tag never goes to another store, so that column of tags cannot be updated.
        let updatable: Vec<_> =
            expected.iter().filter(|column| table != "tags" || *column != "store_id").cloned().collect();
        let changes: Vec<_> = updatable.iter().map(|column| different(column, spare)).collect();
        let statement = format!(
            "UPDATE {table} SET {} WHERE id = (SELECT min(id) FROM {table} WHERE name <> 'Spare')",
            changes.join(", ")
        );
        db.write_now(somebody(), move |change| Ok(diesel::sql_query(&statement).execute(change.conn())?))
            .expect("every column can be updated");
        assert_eq!(last_named(&mut conn, table, "update"), updatable, "an update of {table}");
        let statement = format!("DELETE FROM {table}");
        db.write_now(somebody(), move |change| Ok(diesel::sql_query(&statement).execute(change.conn())?))
            .expect("rows can be deleted");
        assert_eq!(last_named(&mut conn, table, "delete"), expected, "a deletion from {table}");
    }
}

/// An assignment that gives the column another value than it has.
fn different(column: &str, spare_store: i64) -> String {
    match column {
        "store_id" => format!("store_id = {spare_store}"),
        "version" | "price_minor" | "quantity" => format!("{column} = {column} + 1"),
        "created_at" | "updated_at" => format!("{column} = '2001-02-03 04:05:06'"),
        _ => format!("{column} = coalesce({column}, '') || 'x'"),
    }
}

/// The columns that the latest such line of the journal names.
fn last_named(conn: &mut Conn, table: &str, operation: &str) -> Vec<String> {
    let changes = journal(conn);
    let change =
        changes.iter().rfind(|change| change.table_name == table && change.operation == operation).expect("a line");
    let before = change.before.as_deref().expect("former values");
    let before: serde_json::Map<String, serde_json::Value> = serde_json::from_str(before).expect("JSON");
    let mut names: Vec<_> = before.keys().cloned().collect();
    names.sort();
    names
}

fn an_id_never_changes(database: Database) {
    let db = database.open();
    lamp(&db);
    for table in ["stores", "items", "tags"] {
        let statement = format!("UPDATE {table} SET id = id + 100");
        let refused = db.write_now(somebody(), move |change| {
            // Without its links, so that only the id stands in the way.
            diesel::sql_query("DELETE FROM item_tags").execute(change.conn())?;
            Ok(diesel::sql_query(&statement).execute(change.conn())?)
        });
        assert!(refused.is_err_and(|error| error.to_string().contains("an id never changes")), "{table}");
    }
}
