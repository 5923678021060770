use diesel::prelude::*;
use serde_json::{Map, Value};

use super::Record;
use super::names::{last_row, read};
use crate::db::Conn;
use crate::error::AppError;
use crate::schema::changes;
use crate::users::Scope;

/// The store of a row, or of what the journal has of one.
pub(super) fn store_in(row: &Map<String, Value>) -> Option<i64> {
    row.get("store_id").and_then(Value::as_i64)
}

impl Record {
    /// Whether somebody who sees these stores saw it when a change set had touched it, or before that, if it was deleted in it.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn was_seen(self, conn: &mut Conn, scope: &Scope, change_set_id: i64) -> Result<bool, AppError> {
        if *scope == Scope::All {
            return Ok(true);
        }
        let store_id = self.store_id_at(conn, change_set_id).map(Some).or_else(AppError::none_if_missing)?;
        Ok(store_id.is_some_and(|id| scope.has(id)))
    }

    /// The store that it was in after a change set that touched it, or before that, if it was deleted in it.
    ///
    /// # Errors
    /// `NotFound` if it never was.
    fn store_id_at(self, conn: &mut Conn, change_set_id: i64) -> Result<i64, AppError> {
        let since: Vec<(i64, String, Option<String>)> = changes::table
            .filter(changes::row_id.eq(self.id()))
            .filter(changes::table_name.eq(self.table()))
            .filter(changes::change_set_id.ge(change_set_id))
            .filter(changes::operation.eq("delete").or(changes::before.like("%\"store_id\"%")))
            .order((changes::change_set_id, changes::id))
            .select((changes::change_set_id, changes::operation, changes::before))
            .load(conn)?;
        let later = since.into_iter().find(|(id, operation, _)| *id > change_set_id || operation == "delete");
        let before = later.map(|(_, _, before)| read(before.as_deref())).transpose()?.flatten();
        match before.as_ref().and_then(store_in) {
            Some(id) if !matches!(self, Self::Store(_)) => Ok(id),
            _ => self.store_id(conn),
        }
    }

    /// The store that it is, or is in, or was when it was deleted.
    ///
    /// # Errors
    /// `NotFound` if it never was.
    pub(super) fn store_id(self, conn: &mut Conn) -> Result<i64, AppError> {
        if let Self::Store(id) = self {
            return Ok(id);
        }
        let row = match self.present(conn)? {
            Some(row) => row,
            None => last_row(conn, self.table(), self.id())?.ok_or(AppError::NotFound)?,
        };
        store_in(&row).ok_or(AppError::NotFound)
    }

    /// The change from which on it is told to somebody who sees these stores: that with which it came from another one, or
    /// with which it was made, if something else had its id before in another one.
    pub(super) fn told_since(self, conn: &mut Conn, scope: &Scope) -> Result<i64, AppError> {
        if *scope == Scope::All || matches!(self, Self::Store(_)) {
            return Ok(0);
        }
        let steps: Vec<(i64, String, Option<String>)> = changes::table
            .filter(changes::row_id.eq(self.id()))
            .filter(changes::table_name.eq(self.table()))
            .filter(changes::operation.eq("insert").or(changes::before.like("%\"store_id\"%")))
            .order(changes::id.desc())
            .select((changes::id, changes::operation, changes::before))
            .load(conn)?;
        let mut newer = i64::MAX;
        for (id, operation, before) in steps {
            if read(before.as_deref())?.as_ref().and_then(store_in).is_some_and(|store_id| !scope.has(store_id)) {
                return Ok(if operation == "delete" { newer } else { id });
            }
            newer = id;
        }
        Ok(0)
    }
}
