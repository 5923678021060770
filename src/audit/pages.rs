use askama::Template;

use super::model::{AuditEvent, PAGE_LENGTH};
use crate::db::Db;
use crate::users::Administrator;
use crate::web::listing::ListQuery;
use crate::web::{Layout, Page, page};

#[derive(Template)]
#[template(path = "audit/index.html")]
struct Index {
    layout: Layout,
    events: Vec<AuditEvent>,
    older: Option<String>,
}

pub async fn index(_: Administrator, db: Db, layout: Layout, query: ListQuery) -> Page {
    page::read(&db, move |conn| {
        let events = AuditEvent::page(conn, query.id("before"))?;
        let is_full = i64::try_from(events.len()).is_ok_and(|length| length == PAGE_LENGTH);
        let last = events.last().filter(|_| is_full);
        let older = last.map(|event| query.url_with(&[("before", &event.id.to_string())]));
        Ok(Index { layout, events, older })
    })
    .await
}
