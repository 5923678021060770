use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::batches::Batches;
use crate::db::{Actor, ChangeSet, Conn, Db, Hold, Source, Sql};
use crate::error::AppError;
use crate::fields::KEY_RULES;
use crate::items::{Item, ItemDraft};
use crate::schema::tags;
use crate::stores::{Store, StoreDraft};
use crate::tags::{Tag, TagDraft};

/// How many rows are changed at once: others save in between.
const PIECE: usize = 1_000;

/// Makes the keys of what there is anew, by which it is found, compared and sorted, where the rules for them have changed
/// since they were made, or, if `all` is asked for, wherever they are not what they should be. What was interrupted goes on
/// at the next start. What would then be called the same as another one keeps the key that it is compared by.
///
/// # Errors
/// Those of the database.
pub fn renew(db: &Db, all: bool) -> Result<(), AppError> {
    let version = db.read_now(|conn| {
        let version: Sql<BigInt> = Sql::new("SELECT version FROM search_rules");
        Ok(version.get_result::<i64>(conn)?)
    })?;
    let mut renewal = Renewal { db, change_set: None };
    if !all && version >= KEY_RULES {
        // A program from before there were such keys may have added tags since.
        return renewal.of_all(Batches::new(tags_without), &TAG);
    }
    renewal.of_all(Batches::stores(), &STORE)?;
    renewal.of_all(Batches::items(), &ITEM)?;
    renewal.of_all(Batches::tags(), &TAG)?;
    db.keep_now(|conn| {
        let newer: Sql = Sql::new("UPDATE search_rules SET version = ").number(KEY_RULES);
        newer.execute(conn)?;
        Ok(())
    })
}

/// A kind of record with keys.
struct Kind<T> {
    table: &'static str,
    find: fn(&mut Conn, i64) -> Result<T, AppError>,
    id: fn(&T) -> i64,
    /// The keys that it should have and has not.
    changed: fn(&T) -> Vec<Key>,
}

/// A column and what should be in it.
type Key = (&'static str, String);

/// The column of the key that may be the same for two rows.
const SEARCH_KEY: &str = "search_key";

const STORE: Kind<Store> = Kind {
    table: "stores",
    find: Store::find,
    id: |store| store.id,
    changed: |store| {
        let wanted = StoreDraft::from(store).with_keys();
        other([
            (SEARCH_KEY, Some(wanted.search_key), Some(&store.search_key)),
            ("name_key", Some(wanted.name_key), Some(&store.name_key)),
            ("code_key", wanted.code_key, store.code_key.as_ref()),
        ])
    },
};
const ITEM: Kind<Item> = Kind {
    table: "items",
    find: Item::find,
    id: |item| item.id,
    changed: |item| {
        let wanted = ItemDraft::from(item).with_keys();
        other([
            (SEARCH_KEY, Some(wanted.search_key), Some(&item.search_key)),
            ("name_key", Some(wanted.name_key), Some(&item.name_key)),
            ("sku_key", wanted.sku_key, item.sku_key.as_ref()),
        ])
    },
};
const TAG: Kind<Tag> = Kind {
    table: "tags",
    find: Tag::find,
    id: |tag| tag.id,
    changed: |tag| {
        let wanted = TagDraft::named(tag.name.clone());
        other([
            (SEARCH_KEY, Some(wanted.search_key), Some(&tag.search_key)),
            ("name_key", Some(wanted.name_key), Some(&tag.name_key)),
        ])
    },
};

/// Of columns, what should be in them and what is, those where that is not the same.
fn other<'a>(keys: impl IntoIterator<Item = (&'static str, Option<String>, Option<&'a String>)>) -> Vec<Key> {
    let differ = keys.into_iter().filter(|(_, wanted, present)| wanted.as_ref() != *present);
    differ.filter_map(|(column, wanted, _)| Some((column, wanted?))).collect()
}

fn tags_without(conn: &mut Conn, last: Option<&Tag>) -> QueryResult<Vec<Tag>> {
    let after = last.map_or(i64::MIN, |tag| tag.id);
    tags::table.filter(tags::search_key.eq("").and(tags::id.gt(after))).order(tags::id).limit(500).load(conn)
}

struct Renewal<'a> {
    db: &'a Db,
    /// The change set, once something is changed.
    change_set: Option<i64>,
}

impl Renewal<'_> {
    fn of_all<T: Clone + 'static>(
        &mut self,
        mut rows: Batches<T, impl Fn(&mut Conn, Option<&T>) -> QueryResult<Vec<T>>>,
        kind: &'static Kind<T>,
    ) -> Result<(), AppError> {
        loop {
            let ids = self.db.read_now(|conn| {
                let mut ids = Vec::new();
                while ids.len() < PIECE
                    && let Some(row) = rows.next(conn)?
                {
                    if !(kind.changed)(&row).is_empty() {
                        ids.push((kind.id)(&row));
                    }
                }
                Ok(ids)
            })?;
            if ids.is_empty() {
                return Ok(());
            }
            if self.change_set.is_none() {
                tracing::info!("making keys anew");
            }
            let program = Actor { name: "Stockroom".to_owned(), source: Source::CommandLine, user_id: None };
            let set = self.change_set;
            self.change_set = self.db.write_piece_now(program, move |change| piece(change, set, kind, &ids))?;
        }
    }
}

/// Gives these rows their keys, as they are by now. Returns the change set, if there is one.
fn piece<T>(
    change: &mut ChangeSet<'_>,
    set: Option<i64>,
    kind: &Kind<T>,
    ids: &[i64],
) -> Result<Option<i64>, AppError> {
    if let Some(set) = set {
        change.go_on_with(set)?;
    }
    let mut changed = 0;
    for id in ids {
        // Nobody changes a name between the reading of it and the writing of its keys.
        change.conn().hold(Hold::ToChange, kind.table, *id)?;
        let row = match (kind.find)(change.conn(), *id) {
            Err(AppError::NotFound) => continue,
            row => row?,
        };
        let mut keys = (kind.changed)(&row);
        let written = if keys.iter().all(|(column, _)| *column == SEARCH_KEY) {
            write(change, kind.table, *id, &keys)
        } else {
            change.attempt(|change| write(change, kind.table, *id, &keys))
        };
        changed += match written {
            Err(AppError::Invalid(_)) => {
                tracing::warn!(
                    table = kind.table,
                    id,
                    "it looks like another one, and is told apart by what cannot be seen"
                );
                keys.retain(|(column, _)| *column == SEARCH_KEY);
                write(change, kind.table, *id, &keys)?
            }
            written => written?,
        };
    }
    change.call("Made the keys for searching and comparing anew, by new rules");
    Ok(set.or_else(|| (changed > 0).then_some(change.id())))
}

fn write(change: &mut ChangeSet<'_>, table: &'static str, id: i64, keys: &[Key]) -> Result<usize, AppError> {
    if keys.is_empty() {
        return Ok(0);
    }
    let mut update: Sql = Sql::new("UPDATE ").sql(table).sql(" SET ");
    for (place, (column, key)) in keys.iter().enumerate() {
        update = update.sql(if place > 0 { ", " } else { "" }).sql(column).sql(" = ").text(key.as_str());
    }
    Ok(update.sql(" WHERE id = ").number(id).execute(change.conn())?)
}
