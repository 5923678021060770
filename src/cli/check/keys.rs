use diesel::prelude::*;

use super::batches::{Batches, ROWS};
use super::report::Faults;
use crate::cli::progress::Progress;
use crate::db::Conn;
use crate::error::AppError;
use crate::items::{Item, ItemDraft};
use crate::schema::{items, stores, tags};
use crate::stores::{Store, StoreDraft};
use crate::tags::{Tag, TagDraft};

pub fn of_stores(conn: &mut Conn, progress: &Progress) -> Result<Faults, AppError> {
    let rows = Batches::new(|conn, last: Option<&Store>| {
        let id = last.map_or(i64::MIN, |store| store.id);
        stores::table.filter(stores::id.gt(id)).order(stores::id).limit(ROWS).load(conn)
    });
    compare(conn, progress, rows, |store| {
        let draft = StoreDraft::from(store);
        (draft.clone().with_keys() != draft).then(|| format!("store {} “{}”", store.id, store.name))
    })
}

pub fn of_items(conn: &mut Conn, progress: &Progress) -> Result<Faults, AppError> {
    let rows = Batches::new(|conn, last: Option<&Item>| {
        let id = last.map_or(i64::MIN, |item| item.id);
        items::table.filter(items::id.gt(id)).order(items::id).limit(ROWS).load(conn)
    });
    compare(conn, progress, rows, |item| {
        let draft = ItemDraft::from(item);
        (draft.clone().with_keys() != draft).then(|| format!("item {} “{}”", item.id, item.name))
    })
}

pub fn of_tags(conn: &mut Conn, progress: &Progress) -> Result<Faults, AppError> {
    let rows = Batches::new(|conn, last: Option<&Tag>| {
        let id = last.map_or(i64::MIN, |tag| tag.id);
        tags::table.filter(tags::id.gt(id)).order(tags::id).limit(ROWS).load(conn)
    });
    compare(conn, progress, rows, |tag| {
        let key = TagDraft::named(tag.name.clone()).name_key;
        (key != tag.name_key).then(|| format!("tag {} “{}”", tag.id, tag.name))
    })
}

/// Counts the rows that `wrong` gives a name for.
fn compare<T: Clone>(
    conn: &mut Conn,
    progress: &Progress,
    mut rows: Batches<T, impl Fn(&mut Conn, Option<&T>) -> QueryResult<Vec<T>>>,
    wrong: impl Fn(&T) -> Option<String>,
) -> Result<Faults, AppError> {
    let mut faults = Faults::default();
    while let Some(row) = rows.next(conn)? {
        if let Some(name) = wrong(&row) {
            faults.add(|| format!("{name} has keys that its name and numbers do not give"));
        }
        progress.advance(1);
    }
    Ok(faults)
}
