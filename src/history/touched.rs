use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Map, Value};

use super::Record;
use super::names::{Names, last_row, read};
use crate::db::{Conn, Limited, Sql};
use crate::error::AppError;
use crate::schema::changes;
use crate::users::Scope;

/// How many records a page shows.
const PAGE_LENGTH: i64 = 100;

/// A record that a change set touched.
#[derive(Debug)]
pub struct Touched {
    /// The record.
    pub record: Record,
    /// `Added`, `Changed` or `Deleted`.
    pub verb: &'static str,
    /// What it is called, or was when it was deleted.
    pub name: String,
    /// Whether it is there.
    pub exists: bool,
    /// The store of an item or a tag.
    pub store: Option<String>,
}

impl Touched {
    /// The records that a change set touched, in the order in which it did, beginning behind the change `after`, for somebody
    /// who sees these stores; and the change behind which the next page begins.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(
        conn: &mut Conn,
        scope: &Scope,
        change_set_id: i64,
        after: i64,
    ) -> Result<(Vec<Self>, Option<i64>), AppError> {
        let mut first =
            Limited::new(first_changes(change_set_id, after), PAGE_LENGTH + 1).load::<(i64, String, i64)>(conn)?;
        let is_more = first.len() > usize::try_from(PAGE_LENGTH).unwrap_or(usize::MAX);
        if is_more {
            first.pop();
        }
        let next = first.last().map(|(change, ..)| *change).filter(|_| is_more);
        let records: Vec<Record> = first.into_iter().filter_map(|(_, table, id)| Record::of(&table, id)).collect();
        let deeds = deeds(conn, change_set_id, &records)?;
        let mut names = Names::default();
        let mut touched = Vec::with_capacity(records.len());
        for record in records {
            let (verb, deleted) = deeds.get(&record.key()).cloned().unwrap_or(("Changed", None));
            let present = record.present(conn)?;
            let exists = present.is_some();
            let row = match present.or(deleted) {
                Some(row) => row,
                None => last_row(conn, record.table(), record.id())?.unwrap_or_default(),
            };
            let store_id = match record {
                Record::Store(id) => Some(id),
                _ => row.get("store_id").and_then(Value::as_i64),
            };
            let Some(store_id) = store_id.filter(|id| scope.has(*id)) else { continue };
            let name = row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
            let store = match record {
                Record::Store(_) => None,
                _ => Some(names.store(conn, store_id, i64::MAX - 1)?),
            };
            touched.push(Self { record, verb, name, exists, store });
        }
        Ok((touched, next))
    }
}

/// The query for the first change of each record in a change set, behind the change `after`. An item and its tags are one.
fn first_changes(change_set_id: i64, after: i64) -> Sql<(BigInt, Text, BigInt)> {
    Sql::new("SELECT c.id, c.table_name, c.row_id FROM changes AS c WHERE c.change_set_id = ")
        .number(change_set_id)
        .sql(" AND c.id > ")
        .number(after)
        // Of the two indexes the one of rows is meant: a change set may be as large as the journal.
        .either(
            " AND NOT EXISTS (SELECT 1 FROM changes AS e WHERE e.row_id = c.row_id AND +e.change_set_id = ",
            " AND NOT EXISTS (SELECT 1 FROM changes AS e WHERE e.row_id = c.row_id AND e.change_set_id = ",
        )
        .number(change_set_id)
        .sql(
            " AND e.id < c.id AND (e.table_name = c.table_name
                OR e.table_name IN ('items', 'item_tags') AND c.table_name IN ('items', 'item_tags'))) ORDER BY c.id",
        )
}

/// What was done to these records, and the rows of those that were deleted.
type Deeds = HashMap<(&'static str, i64), (&'static str, Option<Map<String, Value>>)>;

fn deeds(conn: &mut Conn, change_set_id: i64, records: &[Record]) -> Result<Deeds, AppError> {
    let ids: Vec<i64> = records.iter().map(|record| record.id()).collect();
    let which =
        Sql::one_of("changes.row_id", &ids).either(" AND +changes.change_set_id = ", " AND changes.change_set_id = ");
    let done: Vec<(String, i64, String, Option<String>)> = changes::table
        .filter(which.number(change_set_id))
        .filter(changes::table_name.ne("item_tags"))
        .order(changes::id)
        .select((changes::table_name, changes::row_id, changes::operation, changes::before))
        .load(conn)?;
    let mut deeds = Deeds::new();
    for (table, id, operation, before) in done {
        let Some(record) = Record::of(&table, id) else { continue };
        let deed = deeds.entry(record.key()).or_insert(("Changed", None));
        match operation.as_str() {
            "insert" => deed.0 = "Added",
            "delete" => *deed = ("Deleted", read(before)?),
            _ => {}
        }
    }
    Ok(deeds)
}
