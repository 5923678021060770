use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};
use serde_json::{Map, Value};

use super::Record;
use super::names::{Names, last_row, read};
use super::reach::store_in;
use crate::db::{Conn, Limited, Sql};
use crate::error::AppError;
use crate::schema::changes;
use crate::users::Scope;

/// How many records a page shows.
const PAGE_LENGTH: usize = 100;
/// How many records are looked at at once, and how often for one page: of others' stores there may be many more.
const BATCH: i64 = 101;
const BATCHES_MAX: usize = 20;
/// In how many lines of the journal they are looked for at once. Of the two indexes the one of rows is meant for what comes
/// before a line (`+ 0`): a change set may be as large as the journal.
const LINES_MAX: i64 = 100_000;

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
    /// The records that a change set touched, in the order in which it did, beginning behind the change `after`, of those that
    /// somebody sees who sees these stores; and the change behind which there are others, if there are. Of very many that they
    /// do not see some are looked at only.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(
        conn: &mut Conn,
        scope: &Scope,
        change_set_id: i64,
        after: i64,
    ) -> Result<(Vec<Self>, Option<i64>), AppError> {
        let mut touched: Vec<Self> = Vec::new();
        let (mut names, mut behind) = (Names::default(), after);
        for _ in 0..BATCHES_MAX {
            let (first, next) = first_changes(conn, change_set_id, behind)?;
            let records: Vec<_> =
                first.iter().filter_map(|(id, table, row)| Some((*id, Record::of(table, *row)?))).collect();
            let mut deeds = deeds(conn, change_set_id, &records)?;
            for (change, record) in records {
                let deed = deeds.remove(&record.key()).unwrap_or(("Changed", None));
                if !record.was_seen(conn, scope, change_set_id)? {
                    continue;
                }
                let Some(seen) = Self::of(conn, scope, &mut names, record, deed)? else { continue };
                if touched.len() == PAGE_LENGTH {
                    return Ok((touched, Some(behind)));
                }
                touched.push(seen);
                behind = change;
            }
            let Some(next) = next else { return Ok((touched, None)) };
            behind = next;
        }
        Ok((touched, Some(behind)))
    }

    /// A record that was touched, if somebody sees it who sees these stores.
    fn of(
        conn: &mut Conn,
        scope: &Scope,
        names: &mut Names,
        record: Record,
        (verb, deleted): Deed,
    ) -> Result<Option<Self>, AppError> {
        let present = record.present(conn)?;
        let exists = present.is_some();
        let row = match present.or(deleted) {
            Some(row) => row,
            None => last_row(conn, record.table(), record.id())?.unwrap_or_default(),
        };
        let store_id = match record {
            Record::Store(id) => Some(id),
            _ => store_in(&row),
        };
        let Some(store_id) = store_id.filter(|id| scope.has(*id)) else { return Ok(None) };
        let name = row.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let store = match record {
            Record::Store(_) => None,
            _ => Some(names.store(conn, store_id, i64::MAX - 1)?),
        };
        Ok(Some(Self { record, verb, name, exists, store }))
    }
}

/// The first changes of records: the id of each, its table and its row.
type FirstChanges = Vec<(i64, String, i64)>;

/// The first change of each record in a change set, behind the change `after`, and from where to go on if there may be more. An
/// item and its tags are one.
fn first_changes(conn: &mut Conn, change_set_id: i64, after: i64) -> QueryResult<(FirstChanges, Option<i64>)> {
    let begin = line_behind(conn, change_set_id, after)?;
    let Some(begin) = begin else { return Ok((Vec::new(), None)) };
    let end = begin.saturating_add(LINES_MAX);
    let first: Sql<(BigInt, Text, BigInt)> =
        Sql::new("SELECT c.id, c.table_name, c.row_id FROM changes AS c WHERE c.change_set_id = ")
            .number(change_set_id)
            .sql(" AND c.id >= ")
            .number(begin)
            .sql(" AND c.id < ")
            .number(end)
            .sql(" AND NOT EXISTS (SELECT 1 FROM changes AS e WHERE e.row_id = c.row_id AND e.change_set_id + 0 = ")
            .number(change_set_id)
            .sql(
                " AND e.id < c.id AND (e.table_name = c.table_name
                    OR e.table_name IN ('items', 'item_tags') AND c.table_name IN ('items', 'item_tags'))) ORDER BY c.id",
            );
    let found: FirstChanges = Limited::new(first, BATCH).load(conn)?;
    let next = if i64::try_from(found.len()).is_ok_and(|length| length == BATCH) {
        found.last().map(|(change, ..)| *change)
    } else {
        line_behind(conn, change_set_id, end - 1)?.map(|_| end - 1)
    };
    Ok((found, next))
}

/// The first line of a change set behind the change `after`. For PostgreSQL a pair, for which only the index of change sets
/// will do: it would else go through the journal from `after` on.
fn line_behind(conn: &mut Conn, change_set_id: i64, after: i64) -> QueryResult<Option<i64>> {
    let line: Sql<BigInt> = Sql::new("SELECT id FROM changes WHERE change_set_id <= ")
        .number(change_set_id)
        .either(" AND change_set_id = ", " AND (change_set_id, id) > (")
        .number(change_set_id)
        .either(" AND id > ", ", ")
        .number(after)
        .either(" ORDER BY change_set_id, id LIMIT 1", ") ORDER BY change_set_id, id LIMIT 1");
    line.get_result(conn).optional()
}

/// What was done to a record, and its row if it was deleted.
type Deed = (&'static str, Option<Map<String, Value>>);

fn deeds(
    conn: &mut Conn,
    change_set_id: i64,
    records: &[(i64, Record)],
) -> Result<HashMap<(&'static str, i64), Deed>, AppError> {
    let ids: Vec<i64> = records.iter().map(|(_, record)| record.id()).collect();
    let done: Vec<(String, i64, String, Option<String>)> = changes::table
        .filter(Sql::one_of("changes.row_id", &ids).sql(" AND changes.change_set_id + 0 = ").number(change_set_id))
        .filter(changes::table_name.ne("item_tags"))
        .order(changes::id)
        .select((changes::table_name, changes::row_id, changes::operation, changes::before))
        .load(conn)?;
    let mut deeds = HashMap::new();
    for (table, id, operation, before) in done {
        let Some(record) = Record::of(&table, id) else { continue };
        let deed: &mut Deed = deeds.entry(record.key()).or_insert(("Changed", None));
        match operation.as_str() {
            "insert" => deed.0 = "Added",
            "delete" => *deed = ("Deleted", read(before.as_deref())?),
            _ => {}
        }
    }
    Ok(deeds)
}
