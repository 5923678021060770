use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::batches::Batches;
use crate::db::{Actor, ChangeSet, Conn, Db, Hold, Source, Sql};
use crate::error::AppError;
use crate::fields::SEARCH_RULES;
use crate::items::{Item, ItemDraft};
use crate::schema::tags;
use crate::stores::{Store, StoreDraft};
use crate::tags::{Tag, TagDraft};

/// How many rows are changed at once: others save in between.
const PIECE: usize = 1_000;

/// Makes the search keys of what there is anew where the rules for them have changed since they were made, or, if `all` is
/// asked for, wherever they are not what they should be. What was interrupted goes on at the next start.
///
/// # Errors
/// Those of the database.
pub fn renew(db: &Db, all: bool) -> Result<(), AppError> {
    let version = db.read_now(|conn| {
        let version: Sql<BigInt> = Sql::new("SELECT version FROM search_rules");
        Ok(version.get_result::<i64>(conn)?)
    })?;
    let mut renewal = Renewal { db, change_set: None };
    if !all && version >= SEARCH_RULES {
        // A program from before there were such keys may have added tags since.
        return renewal.of_all(Batches::new(tags_without), &TAG);
    }
    renewal.of_all(Batches::stores(), &STORE)?;
    renewal.of_all(Batches::items(), &ITEM)?;
    renewal.of_all(Batches::tags(), &TAG)?;
    db.keep_now(|conn| {
        let newer: Sql = Sql::new("UPDATE search_rules SET version = ").number(SEARCH_RULES);
        newer.execute(conn)?;
        Ok(())
    })
}

/// A kind of record with a search key.
struct Kind<T> {
    table: &'static str,
    find: fn(&mut Conn, i64) -> Result<T, AppError>,
    id: fn(&T) -> i64,
    /// The key that it should have, if it is another.
    changed: fn(&T) -> Option<String>,
}

const STORE: Kind<Store> = Kind {
    table: "stores",
    find: Store::find,
    id: |store| store.id,
    changed: |store| other(StoreDraft::from(store).with_keys().search_key, &store.search_key),
};
const ITEM: Kind<Item> = Kind {
    table: "items",
    find: Item::find,
    id: |item| item.id,
    changed: |item| other(ItemDraft::from(item).with_keys().search_key, &item.search_key),
};
const TAG: Kind<Tag> = Kind {
    table: "tags",
    find: Tag::find,
    id: |tag| tag.id,
    changed: |tag| other(TagDraft::named(tag.name.clone()).search_key, &tag.search_key),
};

fn other(wanted: String, present: &str) -> Option<String> {
    (wanted != present).then_some(wanted)
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
                    ids.extend((kind.changed)(&row).map(|_| (kind.id)(&row)));
                }
                Ok(ids)
            })?;
            if ids.is_empty() {
                return Ok(());
            }
            if self.change_set.is_none() {
                tracing::info!("making search keys anew");
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
        // Nobody changes a name between the reading of it and the writing of its key.
        change.conn().hold(Hold::ToChange, kind.table, *id)?;
        let row = match (kind.find)(change.conn(), *id) {
            Err(AppError::NotFound) => continue,
            row => row?,
        };
        if let Some(key) = (kind.changed)(&row) {
            let update: Sql = Sql::new("UPDATE ").sql(kind.table).sql(" SET search_key = ").text(key);
            changed += update.sql(" WHERE id = ").number(*id).execute(change.conn())?;
        }
    }
    change.call("Made everything findable by new rules for searching");
    Ok(set.or_else(|| (changed > 0).then_some(change.id())))
}
