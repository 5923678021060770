use std::collections::HashMap;

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::Record;
use super::model::{Change, FieldChange};
use crate::db::Conn;
use crate::error::AppError;
use crate::fields::{Currency, Grouped, label};
use crate::schema::{changes, stores, tags};
use crate::stores::full_name;
use crate::users::Scope;

/// Walks a record's journal backwards: `row` is the row as it was after the change to come.
pub(super) struct Walker {
    record: Record,
    row: Map<String, Value>,
    scope: Scope,
    names: HashMap<(&'static str, i64), String>,
    /// What the record is called, or was when it was deleted; that is known once its own row was met.
    pub(super) last_name: Option<String>,
}

impl Walker {
    /// Begins at `row`, the record as it is now; empty where it is gone.
    pub(super) fn new(record: Record, row: Map<String, Value>, scope: Scope) -> Self {
        let last_name = name_in(&row);
        Self { record, row, scope, names: HashMap::new(), last_name }
    }

    /// Takes one change back and says what it did, in the order of the form.
    pub(super) fn step(&mut self, conn: &mut Conn, change: &Change) -> Result<Vec<FieldChange>, AppError> {
        let before = change.before()?;
        if change.table_name == "item_tags" {
            let name = Some(self.name(conn, "tags", change.tag_id.unwrap_or_default())?);
            let (before, after) = if change.operation == "insert" { (None, name) } else { (name, None) };
            return Ok(vec![FieldChange { label: label("tags"), before, after }]);
        }
        let after = std::mem::take(&mut self.row);
        self.row = if change.operation == "update" {
            after.iter().map(|(key, value)| (key.clone(), before.get(key).unwrap_or(value).clone())).collect()
        } else {
            before
        };
        if self.last_name.is_none() {
            self.last_name = name_in(&self.row);
        }
        let mut fields = Vec::new();
        for column in self.record.columns() {
            let (before, after) = (self.row.get(*column), after.get(*column));
            if before != after {
                let field = FieldChange {
                    label: label(column),
                    before: self.shown(conn, column, before.cloned())?,
                    after: self.shown(conn, column, after.cloned())?,
                };
                if field.before.is_some() || field.after.is_some() {
                    fields.push(field);
                }
            }
        }
        Ok(fields)
    }

    fn shown(&mut self, conn: &mut Conn, column: &str, value: Option<Value>) -> Result<Option<String>, AppError> {
        Ok(match value {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            Some(Value::Number(number)) => {
                let number = number.as_i64().unwrap_or_default();
                Some(match column {
                    "price_minor" => Currency::installed().format(number),
                    "store_id" if !self.scope.has(number) => "another store".to_owned(),
                    "store_id" => self.name(conn, "stores", number)?,
                    _ => Grouped(number).to_string(),
                })
            }
            _ => None,
        })
    }

    /// What a store or tag is called, or was when it was deleted.
    fn name(&mut self, conn: &mut Conn, table: &'static str, id: i64) -> Result<String, AppError> {
        if let Some(name) = self.names.get(&(table, id)) {
            return Ok(name.clone());
        }
        let present: Option<(String, Option<String>)> = match table {
            "stores" => stores::table.find(id).select((stores::name, stores::code)).get_result(conn).optional()?,
            _ => tags::table.find(id).select(tags::name).get_result(conn).optional()?.map(|name| (name, None)),
        };
        let known = match present {
            Some(known) => Some(known),
            None => last_row(conn, table, id)?.and_then(|row| {
                let text = |column| row.get(column).and_then(Value::as_str).map(str::to_owned);
                Some((text("name")?, text("code")))
            }),
        };
        let name = known.map_or_else(|| format!("number {id}"), |(name, code)| full_name(&name, code.as_deref()));
        self.names.insert((table, id), name.clone());
        Ok(name)
    }
}

fn name_in(row: &Map<String, Value>) -> Option<String> {
    row.get("name").and_then(Value::as_str).map(str::to_owned)
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
    let row = before.flatten().map(|json| serde_json::from_str(&json)).transpose();
    row.map_err(|error| AppError::Internal(error.to_string()))
}
