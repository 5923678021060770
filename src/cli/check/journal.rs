use std::collections::BTreeMap;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::report::Faults;
use crate::cli::batches::{Batches, ROWS};
use crate::cli::progress::Progress;
use crate::db::Conn;
use crate::error::AppError;
use crate::schema::{changes, item_tags, items, stores, tags};

/// A line of the journal.
#[derive(Debug, Clone, Queryable)]
struct Line {
    id: i64,
    row_id: i64,
    tag_id: Option<i64>,
    operation: String,
    before: Option<String>,
}

/// A row that is there: its id, and for a link the tag's.
type Present = (i64, Option<i64>);

/// Compares the journal of one table with its rows, both in the order of their ids. Returns how many
/// lines there are, and what is wrong: for each row they must begin with its insertion, take turns
/// properly, name only columns that exist, and end with a deletion just if the row is gone.
pub fn of(conn: &mut Conn, table: &'static str, progress: &Progress) -> Result<(i64, Faults), AppError> {
    let columns = conn.columns(table)?;
    let mut present = Batches::new(|conn: &mut Conn, last: Option<&Present>| rows_after(conn, table, last));
    let mut lines = Batches::new(|conn: &mut Conn, last: Option<&Line>| lines_after(conn, table, last));
    let mut faults = Faults::default();
    let mut count = 0;
    loop {
        let row_ids = [present.peek(conn)?.map(|row| row.0), lines.peek(conn)?.map(|line| line.row_id)];
        let Some(row_id) = row_ids.into_iter().flatten().min() else { break };
        // Whether the row is there, as far as the journal was read; a link's item has several.
        let mut there = BTreeMap::new();
        while let Some(line) = lines.next_if(conn, |line| line.row_id == row_id)? {
            let before = there.insert(line.tag_id, line.operation != "delete");
            if let Some(fault) = wrong_turn(&line, before).map(str::to_owned).or_else(|| wrong_values(&line, &columns))
            {
                faults.add(|| format!("line {}, about {}: {fault}", line.id, name(table, (row_id, line.tag_id))));
            }
            count += 1;
            progress.advance(1);
        }
        while let Some(row) = present.next_if(conn, |row| row.0 == row_id)? {
            match there.remove(&row.1) {
                Some(true) => {}
                Some(false) => faults.add(|| format!("{} is there, but was deleted", name(table, row))),
                None => faults.add(|| format!("{} is there, but was never inserted", name(table, row))),
            }
            progress.advance(1);
        }
        for (tag_id, _) in there.into_iter().filter(|(_, there)| *there) {
            faults.add(|| format!("{} is gone, but was never deleted", name(table, (row_id, tag_id))));
        }
    }
    Ok((count, faults))
}

/// Whether such a line can follow when the row was there or not; at first, it has not been.
fn wrong_turn(line: &Line, there: Option<bool>) -> Option<&'static str> {
    match (line.operation.as_str(), there) {
        ("insert", Some(true)) => Some("inserted, but it was there already"),
        ("update" | "delete", None) => Some("changed, but it was never inserted"),
        ("update" | "delete", Some(false)) => Some("changed, but it was deleted before"),
        _ => None,
    }
}

fn wrong_values(line: &Line, columns: &[String]) -> Option<String> {
    let Some(before) = &line.before else {
        return (line.operation != "insert").then(|| "the former values are missing".to_owned());
    };
    let Ok(before) = serde_json::from_str::<Map<String, Value>>(before) else {
        return Some("the former values cannot be read".to_owned());
    };
    if line.operation == "insert" || (line.operation == "update" && before.is_empty()) {
        return Some(format!("wrong former values for an {}", line.operation));
    }
    let unknown = before.keys().find(|column| !columns.contains(column))?;
    Some(format!("“{unknown}” is no column"))
}

fn name(table: &str, row: Present) -> String {
    match row {
        (item, Some(tag)) => format!("tag {tag} of item {item}"),
        (id, None) => format!("{} {id}", table.trim_end_matches('s')),
    }
}

fn lines_after(conn: &mut Conn, table: &str, last: Option<&Line>) -> QueryResult<Vec<Line>> {
    let (row_id, id) = last.map_or((i64::MIN, i64::MIN), |line| (line.row_id, line.id));
    changes::table
        .filter(changes::table_name.eq(table))
        .filter(changes::row_id.ge(row_id).and(changes::row_id.gt(row_id).or(changes::id.gt(id))))
        // The table's name is the same in all of them: it is here because it is in the index.
        .order((changes::row_id, changes::table_name, changes::id))
        .limit(ROWS)
        .select((changes::id, changes::row_id, changes::tag_id, changes::operation, changes::before))
        .load(conn)
}

fn rows_after(conn: &mut Conn, table: &str, last: Option<&Present>) -> QueryResult<Vec<Present>> {
    let (id, tag_id) = last.map_or((i64::MIN, i64::MIN), |row| (row.0, row.1.unwrap_or_default()));
    let ids: Vec<i64> = match table {
        "stores" => stores::table.filter(stores::id.gt(id)).order(stores::id).limit(ROWS).select(stores::id).load(conn),
        "items" => items::table.filter(items::id.gt(id)).order(items::id).limit(ROWS).select(items::id).load(conn),
        "tags" => tags::table.filter(tags::id.gt(id)).order(tags::id).limit(ROWS).select(tags::id).load(conn),
        _ => {
            let links = item_tags::table
                .filter(item_tags::item_id.ge(id).and(item_tags::item_id.gt(id).or(item_tags::tag_id.gt(tag_id))))
                .order((item_tags::item_id, item_tags::tag_id))
                .limit(ROWS)
                .load::<(i64, i64)>(conn)?;
            return Ok(links.into_iter().map(|(item, tag)| (item, Some(tag))).collect());
        }
    }?;
    Ok(ids.into_iter().map(|id| (id, None)).collect())
}
