use std::collections::BTreeMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};
use serde_json::{Map, Value};
use stockroom::db::Conn;

/// The tables that are journalled.
pub const TABLES: [&str; 4] = ["stores", "items", "tags", "item_tags"];

/// A row: its table, its id, and for a link the tag.
type Key = (String, i64, Option<i64>);

/// Everything in the four tables, each row as JSON without its id.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Snapshot(BTreeMap<Key, Map<String, Value>>);

/// A line of the journal.
#[derive(Debug, QueryableByName)]
#[allow(clippy::struct_field_names)] // the columns
pub struct Change {
    #[diesel(sql_type = BigInt)]
    pub change_set_id: i64,
    #[diesel(sql_type = Text)]
    pub table_name: String,
    #[diesel(sql_type = BigInt)]
    pub row_id: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    pub tag_id: Option<i64>,
    #[diesel(sql_type = Text)]
    pub operation: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub before: Option<String>,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

/// The texts that a query gives in its column `line`.
pub fn lines(conn: &mut Conn, query: &str) -> Vec<String> {
    let rows: Vec<Line> = diesel::sql_query(query).load(conn).unwrap_or_else(|error| panic!("{query}: {error}"));
    rows.into_iter().map(|row| row.line).collect()
}

/// The columns of a table, as the database knows them.
pub fn columns(conn: &mut Conn, table: &str) -> Vec<String> {
    let query = if conn.is_sqlite() {
        format!("SELECT name AS line FROM pragma_table_info('{table}')")
    } else {
        format!(
            "SELECT column_name::TEXT AS line FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
        )
    };
    lines(conn, &query)
}

/// The journal, oldest line first.
pub fn journal(conn: &mut Conn) -> Vec<Change> {
    diesel::sql_query("SELECT change_set_id, table_name, row_id, tag_id, operation, before FROM changes ORDER BY id")
        .load(conn)
        .expect("the journal can be read")
}

impl Snapshot {
    /// What is there now.
    pub fn take(conn: &mut Conn) -> Self {
        let mut rows = BTreeMap::new();
        for table in TABLES {
            let query = if conn.is_sqlite() {
                let fields: Vec<_> =
                    columns(conn, table).iter().map(|column| format!("'{column}', {column}")).collect();
                format!("SELECT json_object({}) AS line FROM {table}", fields.join(", "))
            } else {
                format!("SELECT to_jsonb(t)::TEXT AS line FROM {table} AS t")
            };
            for line in lines(conn, &query) {
                let mut row = object(&line);
                let mut id = |column: &str| row.remove(column).and_then(|id| id.as_i64());
                let key = if table == "item_tags" { (id("item_id"), id("tag_id")) } else { (id("id"), None) };
                rows.insert((table.to_owned(), key.0.expect("rows have ids"), key.1), row);
            }
        }
        Self(rows)
    }

    /// Takes one change back, the latest that has not been.
    pub fn take_back(&mut self, change: &Change) {
        let key = (change.table_name.clone(), change.row_id, change.tag_id);
        let before = change.before.as_deref().map(object);
        match (change.operation.as_str(), before) {
            ("insert", None) => {
                assert!(self.0.remove(&key).is_some(), "it was there after {change:?}");
            }
            ("update", Some(before)) => {
                let row = self.0.get_mut(&key).unwrap_or_else(|| panic!("it was there after {change:?}"));
                for (column, value) in before {
                    let later = row.insert(column, value.clone()).expect("only real columns are named");
                    assert_ne!(later, value, "only changed columns are named: {change:?}");
                }
            }
            ("delete", Some(before)) => {
                assert!(self.0.insert(key, before).is_none(), "it was not there after {change:?}");
            }
            _ => panic!("a line that means nothing: {change:?}"),
        }
    }
}

/// A row in JSON. `PostgreSQL` writes a T between date and time, `SQLite` a space.
fn object(json: &str) -> Map<String, Value> {
    let mut row: Map<String, Value> = serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"));
    for (_, value) in row.iter_mut().filter(|(column, _)| column.ends_with("_at")) {
        *value = value.as_str().expect("a time is a text").replace('T', " ").into();
    }
    row
}
