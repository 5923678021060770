use std::collections::HashSet;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde_json::{Map, Value};

use super::names::{last_row, read};
use super::reach::store_in;
use super::walker::Walker;
use crate::db::Conn;
use crate::error::AppError;
use crate::fields::label;
use crate::items::Item;
use crate::schema::{bulk_edits, change_sets, changes};
use crate::stores::Store;
use crate::tags::Tag;
use crate::users::Scope;

/// How many changes a page of history shows, unless one change set alone is longer; and how many are read at once.
const PAGE_LENGTH: i64 = 100;

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
    /// The bulk edit, the import or the deletion of a store that it was a part of: by what that is called, and where more of
    /// it is told.
    pub part_of: Option<(String, String)>,
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

/// A line of the journal, and when and by whom it was written.
#[derive(Queryable)]
#[allow(clippy::struct_field_names)] // the column is called so
pub(super) struct Change {
    pub(super) id: i64,
    pub(super) change_set_id: i64,
    pub(super) table_name: String,
    pub(super) tag_id: Option<i64>,
    pub(super) operation: String,
    before: Option<String>,
    at: NaiveDateTime,
    who: String,
    source: String,
    title: String,
    bulk_edit_id: Option<i64>,
}

impl Change {
    /// The former values of the row: of all its columns if it was deleted, of none if it was new.
    pub(super) fn before(&self) -> Result<Map<String, Value>, AppError> {
        Ok(read(self.before.as_deref())?.unwrap_or_default())
    }
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

    /// What it was called when it was deleted, for somebody who sees these stores.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_name(self, conn: &mut Conn, scope: &Scope) -> Result<Option<String>, AppError> {
        let row = last_row(conn, self.table(), self.id())?;
        let row = row.filter(|row| store_in(row).is_some_and(|id| scope.has(id)));
        Ok(row.and_then(|row| row.get("name")?.as_str().map(str::to_owned)))
    }

    /// The version that it had when it was deleted last, if it ever was.
    ///
    /// # Errors
    /// Those of the database.
    pub fn last_version(self, conn: &mut Conn) -> Result<Option<i64>, AppError> {
        let row = last_row(conn, self.table(), self.id())?;
        Ok(row.and_then(|row| row.get("version")?.as_i64()))
    }

    /// The table that it is in, and the path of its list.
    #[must_use]
    pub fn table(self) -> &'static str {
        match self {
            Self::Store(_) => "stores",
            Self::Item(_) => "items",
            Self::Tag(_) => "tags",
        }
    }

    pub(super) fn id(self) -> i64 {
        let (Self::Store(id) | Self::Item(id) | Self::Tag(id)) = self;
        id
    }

    /// What such a record is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Store(_) => "store",
            Self::Item(_) => "item",
            Self::Tag(_) => "tag",
        }
    }

    /// Its table and its id.
    pub(super) fn key(self) -> (&'static str, i64) {
        (self.table(), self.id())
    }

    /// The tables in whose changes it is told.
    fn tables(self) -> Vec<&'static str> {
        match self {
            Self::Item(_) => vec!["items", "item_tags"],
            other => vec![other.table()],
        }
    }

    /// The columns that people care about, in the order of the form.
    pub(super) fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Store(_) => &["name", "code", "address", "city", "region", "postal_code", "country", "notes"],
            Self::Item(_) => &["name", "store_id", "sku", "barcode", "description", "price_minor", "quantity"],
            Self::Tag(_) => &["name"],
        }
    }

    /// The row as it is now, if it is.
    pub(super) fn present(self, conn: &mut Conn) -> Result<Option<Map<String, Value>>, AppError> {
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
        let mut walker = Walker::new(self, present.unwrap_or_default(), scope.clone());
        // What is newer than this page has no place on it, but leads back to the values that page begins with.
        if let Some(before) = before {
            self.go_back(conn, &mut walker, before)?;
        }
        let since = self.told_since(conn, scope)?;
        let (mut found, older) = self.page(conn, before.unwrap_or(i64::MAX))?;
        // With a move to another store its tags come along, which is no change of them.
        let arrival = found.iter().find(|change| change.id == since && change.operation == "update");
        let arrival = arrival.map(|change| change.change_set_id);
        found.retain(|change| {
            change.id >= since && !(change.table_name == "item_tags" && Some(change.change_set_id) == arrival)
        });
        let older = older.filter(|older| *older > since);
        let mut deeds: Vec<Deed> = Vec::new();
        for change in found {
            let mut fields = walker.step(conn, &change)?;
            if change.id == since && change.operation == "update" {
                fields.retain(|field| field.label == label("store_id"));
            }
            let verb = match change.operation.as_str() {
                _ if change.table_name == "item_tags" => "Changed",
                "insert" => "Added",
                "delete" => "Deleted",
                _ => "Changed",
            };
            match deeds.last_mut().filter(|deed| deed.change_set_id == change.change_set_id) {
                Some(deed) => {
                    deed.verb = if verb == "Changed" { deed.verb } else { verb };
                    deed.fields.extend(fields.into_iter().rev());
                }
                None => deeds.push(Deed {
                    // What it is called may name stores that somebody does not see.
                    part_of: if *scope == Scope::All { self.part_of(conn, &change)? } else { None },
                    change_set_id: change.change_set_id,
                    at: change.at,
                    who: change.who,
                    source: change.source,
                    verb,
                    fields: fields.into_iter().rev().collect(),
                }),
            }
        }
        let name = walker.last_name.ok_or(AppError::NotFound)?;
        for deed in &mut deeds {
            deed.fields.reverse();
            forget_what_came_along(&mut deed.fields);
        }
        deeds.retain(|deed| !deed.fields.is_empty());
        Ok(History { name, exists, deeds, older })
    }

    /// Takes back what was done to its own row from the change `from` on: some at a time, since there may be very many.
    fn go_back(self, conn: &mut Conn, walker: &mut Walker, from: i64) -> Result<(), AppError> {
        let mut until = i64::MAX;
        loop {
            let newest: Vec<(i64, String, Option<String>)> = changes::table
                .filter(changes::row_id.eq(self.id()))
                .filter(changes::table_name.eq(self.table()))
                .filter(changes::id.ge(from))
                .filter(changes::id.lt(until))
                .order(changes::id.desc())
                .limit(PAGE_LENGTH)
                .select((changes::id, changes::operation, changes::before))
                .load(conn)?;
            let Some((last, ..)) = newest.last() else { return Ok(()) };
            until = *last;
            for (_, operation, before) in newest {
                walker.take_back(&operation, read(before.as_deref())?.unwrap_or_default());
            }
        }
    }

    /// What a change to it was a part of, if it was: what that is called, and where more of it is told.
    fn part_of(self, conn: &mut Conn, change: &Change) -> Result<Option<(String, String)>, AppError> {
        let path = match change.bulk_edit_id {
            Some(id) => format!("/bulk-edits/{id}"),
            None if change.source == "import" || self.went_with_a_store(conn, change)? => {
                format!("/history/{}", change.change_set_id)
            }
            None => return Ok(None),
        };
        Ok(Some((change.title.clone(), path)))
    }

    /// Whether it was deleted together with its store, or is a store that was deleted.
    fn went_with_a_store(self, conn: &mut Conn, change: &Change) -> Result<bool, AppError> {
        if matches!(self, Self::Store(_)) || change.operation != "delete" {
            return Ok(change.operation == "delete");
        }
        let row = last_row(conn, self.table(), self.id())?.unwrap_or_default();
        let Some(store_id) = store_in(&row) else { return Ok(false) };
        let gone = Self::Store(store_id).changes(conn, 0, i64::MAX, PAGE_LENGTH)?;
        Ok(gone.iter().any(|gone| gone.operation == "delete" && gone.change_set_id == change.change_set_id))
    }

    /// The version that a change set made of it, if it made one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn version_made(self, conn: &mut Conn, change_set_id: i64) -> Result<Option<i64>, AppError> {
        let done: Vec<(String, Option<String>)> = changes::table
            .filter(changes::row_id.eq(self.id()))
            .filter(changes::table_name.eq(self.table()))
            .filter(changes::change_set_id.eq(change_set_id))
            .order(changes::id.desc())
            .select((changes::operation, changes::before))
            .load(conn)?;
        for (operation, before) in done {
            let before = read(before.as_deref())?.unwrap_or_default();
            match before.get("version").and_then(Value::as_i64) {
                Some(version) if operation == "update" => return Ok(Some(version + 1)),
                _ if operation == "insert" => return Ok(Some(1)), // but for an id that was given again, which no form does
                _ => {}
            }
        }
        Ok(None)
    }

    /// The newest changes before `until`, each change set whole, and the change from which the next page goes on.
    fn page(self, conn: &mut Conn, until: i64) -> Result<(Vec<Change>, Option<i64>), AppError> {
        let mut length = PAGE_LENGTH;
        loop {
            let mut found = self.changes(conn, 0, until, length + 1)?;
            if i64::try_from(found.len()).is_ok_and(|fetched| fetched <= length) {
                return Ok((found, None));
            }
            // The last change set may go on beyond what was fetched.
            let last = found.last().map(|change| change.change_set_id);
            while found.pop_if(|change| Some(change.change_set_id) == last).is_some() {}
            if let Some(change) = found.last() {
                let older = change.id;
                return Ok((found, Some(older)));
            }
            length *= 2;
        }
    }

    /// Its changes with `from <= id < until`, the newest first.
    pub(super) fn changes(self, conn: &mut Conn, from: i64, until: i64, limit: i64) -> Result<Vec<Change>, AppError> {
        Ok(changes::table
            .inner_join(change_sets::table.left_join(bulk_edits::table))
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
                change_sets::title,
                bulk_edits::id.nullable(),
            ))
            .load(conn)?)
    }
}

/// An item that moves to another store takes its tags along by name: those are no change.
fn forget_what_came_along(fields: &mut Vec<FieldChange>) {
    if !fields.iter().any(|field| field.label == label("store_id") && field.before.is_some() && field.after.is_some()) {
        return;
    }
    let is_tag = |field: &FieldChange| field.label == label("tags");
    let names = |of: fn(&FieldChange) -> Option<&String>| {
        fields.iter().filter(|field| is_tag(field)).filter_map(of).cloned().collect::<HashSet<_>>()
    };
    let (gone, added) = (names(|field| field.before.as_ref()), names(|field| field.after.as_ref()));
    fields.retain(|field| {
        let name = field.before.as_ref().or(field.after.as_ref());
        !is_tag(field) || !name.is_some_and(|name| gone.contains(name) && added.contains(name))
    });
}

/// What was done last to a record.
#[derive(Debug)]
pub struct LastSave {
    /// Who counted its version up, in words, like `Anna at 14:05 UTC`.
    pub by: String,
    /// The change set that touched it last, or one of its tags, in whatever way.
    pub change_set_id: Option<i64>,
}

/// What was done last to the record, which has these tags.
///
/// # Errors
/// Those of the database.
pub fn last_save(conn: &mut Conn, record: Record, tags: impl IntoIterator<Item = i64>) -> Result<LastSave, AppError> {
    let newest = record.changes(conn, 0, i64::MAX, PAGE_LENGTH)?;
    let mut change_set_id = newest.first().map(|change| change.change_set_id);
    for tag in tags {
        let of_tag = Record::Tag(tag).changes(conn, 0, i64::MAX, 1)?;
        change_set_id = change_set_id.max(of_tag.first().map(|change| change.change_set_id));
    }
    for change in newest {
        let is_link = change.table_name == "item_tags";
        if !is_link && (change.operation != "update" || change.before()?.contains_key("version")) {
            let by = format!("{} at {} UTC", change.who, change.at.format("%H:%M"));
            return Ok(LastSave { by, change_set_id });
        }
    }
    Ok(LastSave { by: "somebody else".to_owned(), change_set_id })
}
