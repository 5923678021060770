use actix_web::web::Path;
use askama::Template;

use super::model::{History, Record};
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
