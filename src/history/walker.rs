use serde_json::{Map, Value};

use super::Record;
use super::model::{Change, FieldChange};
use super::names::Names;
use crate::db::Conn;
use crate::error::AppError;
use crate::fields::{Currency, Grouped, label};
use crate::users::Scope;

/// Walks a record's journal backwards: `row` is the row as it was after the change to come.
pub(super) struct Walker {
    record: Record,
    row: Map<String, Value>,
    scope: Scope,
    names: Names,
    /// What the record is called, or was when it was deleted; that is known once its own row was met.
    pub(super) last_name: Option<String>,
}

impl Walker {
    /// Begins at `row`, the record as it is now; empty where it is gone.
    pub(super) fn new(record: Record, row: Map<String, Value>, scope: Scope) -> Self {
        let last_name = name_in(&row);
        Self { record, row, scope, names: Names::default(), last_name }
    }

    /// Takes one change back and says what it did, in the order of the form.
    pub(super) fn step(&mut self, conn: &mut Conn, change: &Change) -> Result<Vec<FieldChange>, AppError> {
        if change.table_name == "item_tags" {
            let name = Some(self.names.tag(conn, change.tag_id.unwrap_or_default(), change.id)?);
            let (before, after) = if change.operation == "insert" { (None, name) } else { (name, None) };
            return Ok(vec![FieldChange { label: label("tags"), before, after }]);
        }
        let after = self.row.clone();
        self.take_back(&change.operation, change.before()?);
        let mut fields = Vec::new();
        for column in self.record.columns() {
            let (before, after) = (self.row.get(*column), after.get(*column));
            if before != after {
                let field = FieldChange {
                    label: label(column),
                    before: self.shown(conn, column, before.cloned(), change.id)?,
                    after: self.shown(conn, column, after.cloned(), change.id)?,
                };
                if field.before.is_some() || field.after.is_some() {
                    fields.push(field);
                }
            }
        }
        Ok(fields)
    }

    /// Takes a change of its own row back: `before` is what it was before it.
    pub(super) fn take_back(&mut self, operation: &str, before: Map<String, Value>) {
        if operation == "update" {
            self.row.extend(before);
        } else {
            self.row = before;
        }
        if self.last_name.is_none() {
            self.last_name = name_in(&self.row);
        }
    }

    fn shown(
        &mut self,
        conn: &mut Conn,
        column: &str,
        value: Option<Value>,
        change: i64,
    ) -> Result<Option<String>, AppError> {
        Ok(match value {
            Some(Value::String(text)) if !text.is_empty() => Some(text),
            Some(Value::Number(number)) => {
                let number = number.as_i64().unwrap_or_default();
                Some(match column {
                    "price_minor" => Currency::installed().format(number),
                    "store_id" if !self.scope.has(number) => "another store".to_owned(),
                    "store_id" => self.names.store(conn, number, change)?,
                    _ => Grouped(number).to_string(),
                })
            }
            _ => None,
        })
    }
}

fn name_in(row: &Map<String, Value>) -> Option<String> {
    row.get("name").and_then(Value::as_str).map(str::to_owned)
}
