use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::Record;
use crate::db::{Conn, Limited, Sql};
use crate::error::AppError;
use crate::schema::{bulk_edits, change_sets};
use crate::users::Scope;

/// How many of the newest change sets are looked at to find those about some stores only.
const LOOKED_AT: i64 = 200;

/// A change set in one line.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Summary {
    pub at: NaiveDateTime,
    pub who: String,
    pub source: String,
    pub title: String,
    /// The record that it changed, if it was a person's change to one.
    pub record: Option<Record>,
    /// The bulk edit that it was, if it was one.
    pub bulk_edit_id: Option<i64>,
}

/// The newest change sets, for somebody who sees these stores.
///
/// # Errors
/// Those of the database.
pub fn recent(conn: &mut Conn, scope: &Scope, limit: i64) -> Result<Vec<Summary>, AppError> {
    if *scope == Scope::All {
        return newest(conn, limit);
    }
    let mut seen = Vec::new();
    for summary in newest(conn, LOOKED_AT)? {
        let store_id = match summary.record {
            Some(record) => record.store_id(conn).map(Some).or_else(AppError::none_if_missing)?,
            None => None,
        };
        if store_id.is_some_and(|id| scope.has(id)) {
            seen.push(summary);
        }
        if i64::try_from(seen.len()).is_ok_and(|length| length == limit) {
            break;
        }
    }
    Ok(seen)
}

fn newest(conn: &mut Conn, limit: i64) -> Result<Vec<Summary>, AppError> {
    type Row = (NaiveDateTime, String, String, String, Option<String>, Option<i64>);
    // The last row is the record itself: what goes with it, or is made for it, goes first.
    let record: Sql<Nullable<Text>> = Sql::new(
        "CASE WHEN change_sets.source IN ('page', 'api') AND bulk_edits.id IS NULL THEN
            (SELECT changes.table_name || ' ' || changes.row_id FROM changes
            WHERE changes.change_set_id = change_sets.id AND changes.table_name <> 'item_tags'
            ORDER BY changes.id DESC LIMIT 1) END",
    );
    let newest = change_sets::table.left_join(bulk_edits::table).order(change_sets::id.desc());
    let columns = (
        change_sets::created_at,
        change_sets::who,
        change_sets::source,
        change_sets::title,
        record,
        bulk_edits::id.nullable(),
    );
    let sets: Vec<Row> = Limited::new(newest.select(columns), limit).load(conn)?;
    let summary = |(at, who, source, title, record, bulk_edit_id): Row| {
        let record = record.as_deref().and_then(|record| record.split_once(' '));
        let record = record.and_then(|(table, id)| Record::of(table, id.parse().ok()?));
        Summary { at, who, source, title, record, bulk_edit_id }
    };
    Ok(sets.into_iter().map(summary).collect())
}
