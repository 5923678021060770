use actix_web::http::header::{ACCEPT, CACHE_CONTROL, VARY};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;

use super::model::{Kind, Suggestion, suggest};
use crate::db::Db;
use crate::stores::Names;
use crate::users::Viewer;
use crate::web::listing::ListQuery;
use crate::web::{Layout, Page, page};

#[derive(Template)]
#[template(path = "suggestions/index.html")]
struct Index {
    layout: Layout,
    kind: Kind,
    words: String,
    store: String,
    suggestions: Vec<Suggestion>,
}

pub async fn index(
    viewer: Viewer,
    db: Db,
    layout: Layout,
    query: ListQuery,
    names: Names,
    request: HttpRequest,
) -> Page {
    let (kind, words, store_id) = (Kind::read(query.get("for")), query.words(), query.id("store"));
    let typed = words.clone();
    let suggestions = db.read(move |conn| suggest(conn, kind, &typed, store_id, &viewer.scope, &names)).await?;
    let accepted = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepted.contains("application/json") {
        let mut answer = HttpResponse::Ok();
        answer.insert_header((CACHE_CONTROL, "private, no-cache")).insert_header((VARY, "Accept, Cookie"));
        return Ok(answer.json(suggestions));
    }
    let store = store_id.map(|id| id.to_string()).unwrap_or_default();
    let mut answer = page::ok(&Index { layout, kind, words, store, suggestions })?;
    answer.headers_mut().insert(VARY, actix_web::http::header::HeaderValue::from_static("Accept, Cookie"));
    Ok(answer)
}
