use std::collections::HashMap;
use std::collections::hash_map::Entry;

use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::error::AppError;
use crate::schema::{changes, stores, tags};
use crate::stores::full_name;

/// What stores and tags were called at a time, each looked up once.
#[derive(Default)]
pub(super) struct Names(HashMap<(&'static str, i64), Vec<Called>>);

/// A name, and the code of a store that has one, until the change of this id.
#[derive(Debug, Clone)]
struct Called {
    until: i64,
    name: Option<String>,
    code: Option<String>,
}

impl Names {
    /// What a store was called at a change.
    pub(super) fn store(&mut self, conn: &mut Conn, id: i64, change: i64) -> Result<String, AppError> {
        self.of(conn, "stores", id, change, |conn| {
            stores::table.find(id).select((stores::name, stores::code)).get_result(conn).optional()
        })
    }

    /// What a tag was called at a change.
    pub(super) fn tag(&mut self, conn: &mut Conn, id: i64, change: i64) -> Result<String, AppError> {
        self.of(conn, "tags", id, change, |conn| {
            let name: Option<String> = tags::table.find(id).select(tags::name).get_result(conn).optional()?;
            Ok(name.map(|name| (name, None)))
        })
    }

    fn of(
        &mut self,
        conn: &mut Conn,
        table: &'static str,
        id: i64,
        change: i64,
        present: impl FnOnce(&mut Conn) -> QueryResult<Option<(String, Option<String>)>>,
    ) -> Result<String, AppError> {
        let names = match self.0.entry((table, id)) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(unknown) => {
                let now = present(conn)?;
                unknown.insert(names_of(conn, table, id, now)?)
            }
        };
        let at_the_time = names.iter().rev().find(|called| called.until > change && called.name.is_some());
        // What goes with a row that is deleted may go after it.
        let called = at_the_time.or_else(|| names.iter().find(|called| called.name.is_some()));
        let full_name = called.and_then(|called| Some(full_name(called.name.as_deref()?, called.code.as_deref())));
        Ok(full_name.unwrap_or_else(|| format!("number {id}")))
    }
}

/// Every name that a row had, the last one first.
fn names_of(
    conn: &mut Conn,
    table: &str,
    id: i64,
    now: Option<(String, Option<String>)>,
) -> Result<Vec<Called>, AppError> {
    let (name, code) = now.map_or((None, None), |(name, code)| (Some(name), code));
    let mut names = vec![Called { until: i64::MAX, name, code }];
    let renamed = changes::before.like("%\"name\"%").or(changes::before.like("%\"code\"%"));
    let changed: Vec<(i64, Option<String>)> = changes::table
        .filter(changes::row_id.eq(id))
        .filter(changes::table_name.eq(table))
        .filter(changes::operation.ne("insert"))
        .filter(renamed)
        .order(changes::id.desc())
        .select((changes::id, changes::before))
        .load(conn)?;
    for (until, before) in changed {
        let before = read(before.as_deref())?.unwrap_or_default();
        let mut called = names.last().cloned().unwrap_or(Called { until, name: None, code: None });
        called.until = until;
        if let Some(name) = before.get("name") {
            called.name = name.as_str().map(str::to_owned);
        }
        if let Some(code) = before.get("code") {
            called.code = code.as_str().map(str::to_owned);
        }
        names.push(called);
    }
    Ok(names)
}

/// A row as it was when it was deleted, if it was.
pub(super) fn last_row(conn: &mut Conn, table: &str, id: i64) -> Result<Option<Map<String, Value>>, AppError> {
    let before: Option<Option<String>> = changes::table
        .filter(changes::row_id.eq(id))
        .filter(changes::table_name.eq(table))
        .filter(changes::operation.eq("delete"))
        .order(changes::id.desc())
        .select(changes::before)
        .first(conn)
        .optional()?;
    read(before.flatten().as_deref())
}

/// Former values, as the journal has them.
pub(super) fn read(before: Option<&str>) -> Result<Option<Map<String, Value>>, AppError> {
    let row = before.map(serde_json::from_str).transpose();
    row.map_err(|error| AppError::Internal(error.to_string()))
}
