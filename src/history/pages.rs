use actix_web::web::Path;
use askama::Template;

use super::change_sets::{Seen, Summary};
use super::model::{History, Record};
use super::touched::Touched;
use crate::db::Db;
use crate::error::AppError;
use crate::users::Viewer;
use crate::web::listing::ListQuery;
use crate::web::{Layout, Page, format, page};

#[derive(Template)]
#[template(path = "history/index.html")]
struct Index {
    layout: Layout,
    path: String,
    /// The list that the record is in, and what that is called.
    table: &'static str,
    label: &'static str,
    history: History,
    older: Option<String>,
}

pub async fn index(viewer: Viewer, db: Db, layout: Layout, path: Path<(String, i64)>, query: ListQuery) -> Page {
    let (table, id) = path.into_inner();
    let record = Record::of(&table, id).ok_or(AppError::NotFound)?;
    page::read(&db, move |conn| {
        let history = record.history(conn, &viewer.scope, query.id("before"))?;
        let older = history.older.map(|id| query.url_with(&[("before", &id.to_string())]));
        let label = match record {
            Record::Store(_) => "Stores",
            Record::Item(_) => "Items",
            Record::Tag(_) => "Tags",
        };
        Ok(Index { layout, path: record.path(), table: record.table(), label, history, older })
    })
    .await
}

/// How many change sets a page shows.
const PAGE_LENGTH: usize = 50;

/// What was done, one line each.
#[derive(Template)]
#[template(path = "history/change_sets.html")]
struct ChangeSets {
    layout: Layout,
    sets: Vec<Summary>,
    is_first: bool,
    older: Option<String>,
}

pub async fn change_sets(viewer: Viewer, db: Db, layout: Layout, query: ListQuery) -> Page {
    page::read(&db, move |conn| {
        let before = query.id("before");
        let (sets, older) = Summary::page(conn, &viewer, before, PAGE_LENGTH)?;
        let older = older.map(|id| query.url_with(&[("before", &id.to_string())]));
        Ok(ChangeSets { layout, sets, is_first: before.is_none(), older })
    })
    .await
}

/// One thing that was done: what it touched.
#[derive(Template)]
#[template(path = "history/change_set.html")]
struct ChangeSet {
    layout: Layout,
    set: Summary,
    records: Vec<Touched>,
    next: Option<String>,
}

pub async fn change_set(viewer: Viewer, db: Db, layout: Layout, id: Path<i64>, query: ListQuery) -> Page {
    let id = id.into_inner();
    page::read(&db, move |conn| {
        let set = Summary::find(conn, id)?;
        let (records, next) = Touched::page(conn, &viewer.scope, id, query.id("after").unwrap_or_default())?;
        // Whoever sees nothing of it need not know that it was done, nor what it is called.
        let set = match set.seen_by(conn, &viewer)? {
            Seen::Whole => set,
            Seen::Nothing if records.is_empty() => return Err(AppError::NotFound),
            Seen::Nothing | Seen::Part => set.in_part(),
        };
        let next = next.map(|change| query.url_with(&[("after", &change.to_string())]));
        Ok(ChangeSet { layout, set, records, next })
    })
    .await
}
