use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::{Map, Value};

use crate::db::Conn;
use crate::error::AppError;
use crate::fields::{Currency, Grouped, label};
use crate::items::Item;
use crate::schema::{bulk_edits, change_sets, changes, stores, tags};
use crate::stores::Store;
use crate::tags::Tag;
use crate::users::Scope;

/// How many changes a page of history shows.
const PAGE_LENGTH: usize = 100;
/// One more tells whether there is a further page.
const FETCHED: i64 = 101;

/// A row with a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Record {
    /// A store, by id.
    Store(i64),
    /// An item, by id.
    Item(i64),
    /// A tag, by id.
    Tag(i64),
}

/// What a change set did to one record.
#[derive(Debug)]
pub struct Deed {
    /// The change set's number.
    pub change_set_id: i64,
    /// When.
    pub at: NaiveDateTime,
    /// Who.
    pub who: String,
    /// Through which door, as it stands in the database.
    pub source: String,
    /// `Added`, `Changed` or `Deleted`.
    pub verb: &'static str,
    /// What, field by field.
    pub fields: Vec<FieldChange>,
}

/// One field of one record, before and after; `None` is nothing there.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct FieldChange {
    pub label: &'static str,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// A page of a record's history, the newest first.
#[derive(Debug)]
pub struct History {
    /// What the record is called, or was when it was deleted.
    pub name: String,
    /// Whether it is still there.
    pub exists: bool,
    /// What was done to it.
    pub deeds: Vec<Deed>,
    /// The change from which the next page goes on.
    pub older: Option<i64>,
}

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

#[derive(Queryable)]
#[allow(clippy::struct_field_names)] // the column is called so
struct Change {
    id: i64,
    change_set_id: i64,
    table_name: String,
    tag_id: Option<i64>,
    operation: String,
    before: Option<String>,
    at: NaiveDateTime,
    who: String,
    source: String,
}

impl Record {
    /// The record of this id in a table.
    #[must_use]
    pub fn of(table: &str, id: i64) -> Option<Self> {
        match table {
            "stores" => Some(Self::Store(id)),
            "items" | "item_tags" => Some(Self::Item(id)),
            "tags" => Some(Self::Tag(id)),
            _ => None,
        }
    }

    /// The path of its page.
    #[must_use]
    pub fn path(self) -> String {
        format!("/{}/{}", self.table(), self.id())
    }

    fn table(self) -> &'static str {
        match self {
            Self::Store(_) => "stores",
            Self::Item(_) => "items",
            Self::Tag(_) => "tags",
        }
    }

    fn id(self) -> i64 {
        let (Self::Store(id) | Self::Item(id) | Self::Tag(id)) = self;
        id
    }

    /// The tables in whose changes it is told.
    fn tables(self) -> Vec<&'static str> {
        match self {
            Self::Item(_) => vec!["items", "item_tags"],
            other => vec![other.table()],
        }
    }

    /// The columns that people care about, in the order of the form.
    fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Store(_) => &["name", "code", "address", "city", "region", "postal_code", "country", "notes"],
            Self::Item(_) => &["name", "store_id", "sku", "barcode", "description", "price_minor", "quantity"],
            Self::Tag(_) => &["name"],
        }
    }

    /// The row as it is now, if it is.
    fn present(self, conn: &mut Conn) -> Result<Option<Map<String, Value>>, AppError> {
        let row = match self {
            Self::Store(id) => Store::find(conn, id).map(serde_json::to_value),
            Self::Item(id) => Item::find(conn, id).map(serde_json::to_value),
            Self::Tag(id) => Tag::find(conn, id).map(serde_json::to_value),
        };
        match row {
            Ok(Ok(Value::Object(row))) => Ok(Some(row)),
            Err(AppError::NotFound) => Ok(None),
            Err(error) => Err(error),
            Ok(_) => Err(AppError::Internal("a row is no object".to_owned())),
        }
    }

    /// The store that it is, or is in, or was when it was deleted.
    ///
    /// # Errors
    /// `NotFound` if it never was.
    fn store_id(self, conn: &mut Conn) -> Result<i64, AppError> {
        if let Self::Store(id) = self {
            return Ok(id);
        }
        let row = match self.present(conn)? {
            Some(row) => row,
            None => last_row(conn, self.table(), self.id())?.ok_or(AppError::NotFound)?,
        };
        row.get("store_id").and_then(Value::as_i64).ok_or(AppError::NotFound)
    }

    /// A page of its history, for somebody who sees these stores; before the change `before` if that is given.
    ///
    /// # Errors
    /// `NotFound` if it never was.
    pub fn history(self, conn: &mut Conn, scope: &Scope, before: Option<i64>) -> Result<History, AppError> {
        if *scope != Scope::All {
            scope.check(self.store_id(conn)?)?;
        }
        let present = self.present(conn)?;
        let exists = present.is_some();
        let (row, scope) = (present.unwrap_or_default(), scope.clone());
        let mut walker = Walker { record: self, row, scope, names: HashMap::new(), last_name: None };
        // What is newer than this page has no place on it, but leads back to the values that page begins with.
        if let Some(before) = before {
            for change in self.changes(conn, before, i64::MAX, i64::MAX)? {
                walker.step(conn, &change)?;
            }
        }
        let mut found = self.changes(conn, 0, before.unwrap_or(i64::MAX), FETCHED)?;
        let mut older = None;
        if found.len() > PAGE_LENGTH {
            found.truncate(PAGE_LENGTH);
            older = found.last().map(|change| change.id);
        }
        let mut deeds: Vec<Deed> = Vec::new();
        for change in found {
            let fields = walker.step(conn, &change)?;
            let verb = match change.operation.as_str() {
                _ if change.table_name == "item_tags" => "Changed",
                "insert" => "Added",
                "delete" => "Deleted",
                _ => "Changed",
            };
            match deeds.last_mut().filter(|deed| deed.change_set_id == change.change_set_id) {
                Some(deed) => {
                    deed.verb = if verb == "Changed" { deed.verb } else { verb };
                    deed.fields.splice(0..0, fields);
                }
                None => deeds.push(Deed {
                    change_set_id: change.change_set_id,
                    at: change.at,
                    who: change.who,
                    source: change.source,
                    verb,
                    fields,
                }),
            }
        }
        let name = walker.last_name.ok_or(AppError::NotFound)?;
        deeds.retain(|deed| !deed.fields.is_empty());
        Ok(History { name, exists, deeds, older })
    }

    /// Its changes with `from <= id < until`, the newest first.
    fn changes(self, conn: &mut Conn, from: i64, until: i64, limit: i64) -> Result<Vec<Change>, AppError> {
        Ok(changes::table
            .inner_join(change_sets::table)
            .filter(changes::row_id.eq(self.id()))
            .filter(changes::table_name.eq_any(self.tables()))
            .filter(changes::id.ge(from))
            .filter(changes::id.lt(until))
            .order(changes::id.desc())
            .limit(limit)
            .select((
                changes::id,
                changes::change_set_id,
                changes::table_name,
                changes::tag_id,
                changes::operation,
                changes::before,
                change_sets::created_at,
                change_sets::who,
                change_sets::source,
            ))
            .load(conn)?)
    }
}

/// Walks a record's journal backwards: `row` is the row as it was after the change to come.
struct Walker {
    record: Record,
    row: Map<String, Value>,
    scope: Scope,
    names: HashMap<(&'static str, i64), String>,
    last_name: Option<String>,
}

impl Walker {
    /// Takes one change back and says what it did, in the order of the form.
    fn step(&mut self, conn: &mut Conn, change: &Change) -> Result<Vec<FieldChange>, AppError> {
        let before: Map<String, Value> = match &change.before {
            Some(json) => serde_json::from_str(json).map_err(|error| AppError::Internal(error.to_string()))?,
            None => Map::new(),
        };
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
            let named = if after.is_empty() { &self.row } else { &after };
            self.last_name = named.get("name").and_then(Value::as_str).map(str::to_owned);
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
        let present: Option<String> = match table {
            "stores" => stores::table.find(id).select(stores::name).first(conn).optional()?,
            _ => tags::table.find(id).select(tags::name).first(conn).optional()?,
        };
        let name = match present {
            Some(name) => name,
            None => last_row(conn, table, id)?
                .and_then(|row| row.get("name")?.as_str().map(str::to_owned))
                .unwrap_or_else(|| format!("number {id}")),
        };
        self.names.insert((table, id), name.clone());
        Ok(name)
    }
}

/// A row as it was when it was deleted, if it was.
fn last_row(conn: &mut Conn, table: &str, id: i64) -> Result<Option<Map<String, Value>>, AppError> {
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

/// Who saved the record last, in words, like `Anna at 14:05 UTC`.
///
/// # Errors
/// Those of the database.
pub fn last_saved_by(conn: &mut Conn, record: Record) -> Result<String, AppError> {
    let newest = record.changes(conn, 0, i64::MAX, 1)?;
    Ok(newest.first().map_or_else(
        || "somebody else".to_owned(),
        |change| format!("{} at {} UTC", change.who, change.at.format("%H:%M")),
    ))
}

/// How many of the newest change sets are looked at to find those about some stores only.
const LOOKED_AT: i64 = 200;

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
    type Row = ((i64, NaiveDateTime, String, String, String), Option<i64>);
    let columns = (change_sets::id, change_sets::created_at, change_sets::who, change_sets::source, change_sets::title);
    let sets: Vec<Row> = change_sets::table
        .left_join(bulk_edits::table)
        .order(change_sets::id.desc())
        .limit(limit)
        .select((columns, bulk_edits::id.nullable()))
        .load(conn)?;
    sets.into_iter()
        .map(|((id, at, who, source, title), bulk_edit_id)| {
            let record = match source.as_str() {
                "page" | "api" if bulk_edit_id.is_none() => changes::table
                    .filter(changes::change_set_id.eq(id))
                    .filter(changes::table_name.ne("item_tags"))
                    // The last row is the record itself: what goes with it, or is made for it, goes first.
                    .order(changes::id.desc())
                    .select((changes::table_name, changes::row_id))
                    .first::<(String, i64)>(conn)
                    .optional()?
                    .and_then(|(table, id)| Record::of(&table, id)),
                _ => None,
            };
            Ok(Summary { at, who, source, title, record, bulk_edit_id })
        })
        .collect()
}
