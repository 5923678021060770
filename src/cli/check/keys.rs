use diesel::prelude::*;

use super::report::Faults;
use crate::cli::batches::Batches;
use crate::cli::progress::Progress;
use crate::db::Conn;
use crate::error::AppError;
use crate::items::ItemDraft;
use crate::stores::StoreDraft;
use crate::tags::TagDraft;

pub fn of_stores(conn: &mut Conn, progress: &Progress) -> Result<Faults, AppError> {
    compare(conn, progress, Batches::stores(), |store| {
        let draft = StoreDraft::from(store);
        (draft.clone().with_keys() != draft).then(|| format!("store {} “{}”", store.id, store.name))
    })
}

pub fn of_items(conn: &mut Conn, progress: &Progress) -> Result<Faults, AppError> {
    compare(conn, progress, Batches::items(), |item| {
        let draft = ItemDraft::from(item);
        (draft.clone().with_keys() != draft).then(|| format!("item {} “{}”", item.id, item.name))
    })
}

pub fn of_tags(conn: &mut Conn, progress: &Progress) -> Result<Faults, AppError> {
    compare(conn, progress, Batches::tags(), |tag| {
        let draft = TagDraft::named(tag.name.clone());
        ((&draft.name_key, &draft.search_key) != (&tag.name_key, &tag.search_key))
            .then(|| format!("tag {} “{}”", tag.id, tag.name))
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
            faults.add(|| format!("{name} has keys that its name and numbers do not give; `stockroom migrate --search-keys` makes them anew, unless another one is called the same"));
        }
        progress.advance(1);
    }
    Ok(faults)
}
