use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, SET_COOKIE,
};
use actix_web::http::{Method, StatusCode};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, HttpResponse};

use super::Notice;
use super::page::PRIVATE;
use crate::db::{Marks, Stamp};

/// Hashes differently in every process, so that no tag outlives the program that gave it, its settings or its templates.
static PROCESS: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// Gives pages an `ETag`, and answers 304 without making the page where the browser has it as it would be now.
///
/// The tag stands for everything a page is made of: the program, what is committed in the database, the URL, and the
/// cookies, and with them who asks. Whether that person may still see it, by the clock, is found out further out than
/// this. An answer that says something once, sets a cookie or is to be kept nowhere has no tag.
///
/// # Errors
/// Those of the page.
pub async fn not_modified(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    // Taken when the request came in, and so before the page is read: what is committed meanwhile makes the tag too old, never too new.
    let stamp = request.extensions().get::<Marks>().filter(|_| may_be_tagged(&request)).map(|marks| marks.all.clone());
    let Some(stamp) = stamp else { return Ok(next.call(request).await?.map_into_boxed_body()) };
    let tag = tag(&request, &stamp);
    if names(request.headers(), &tag) {
        let unchanged = HttpResponse::build(StatusCode::NOT_MODIFIED)
            .insert_header((ETAG, tag))
            .insert_header(PRIVATE[0].clone())
            .insert_header(PRIVATE[1].clone())
            .finish();
        return Ok(request.into_response(unchanged));
    }
    let mut response = next.call(request).await?.map_into_boxed_body();
    let headers = response.headers();
    let is_page = headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let may_be_kept = headers.get(CACHE_CONTROL).is_none_or(|how| how == PRIVATE[0].1);
    if response.status() == StatusCode::OK && is_page && may_be_kept && !headers.contains_key(SET_COOKIE) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// Whether this may be a page that is the same the next time. Those about people, sessions and tokens are not: what they
/// say goes by the clock too. Nor is a form: opened twice, it is two forms, and each can be sent.
fn may_be_tagged(request: &ServiceRequest) -> bool {
    let path = request.path();
    request.method() == Method::GET
        && matches!(path.split('/').nth(1), Some("" | "items" | "stores" | "tags"))
        && !["/new", "/edit", "/deletion"].iter().any(|form| path.ends_with(form))
        && Notice::read(request.request()).is_none()
}

/// Weak, because a compressed page has the same one.
fn tag(request: &ServiceRequest, stamp: &Stamp) -> HeaderValue {
    let cookies: Vec<&[u8]> = request.headers().get_all(COOKIE).map(HeaderValue::as_bytes).collect();
    let hash = PROCESS.hash_one((stamp, request.path(), request.query_string(), cookies));
    HeaderValue::from_str(&format!("W/\"{hash:016x}\"")).expect("hexadecimal digits are visible ASCII")
}

fn names(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let tag = tag.as_bytes().strip_prefix(b"W/").unwrap_or_default();
    headers
        .get_all(IF_NONE_MATCH)
        .flat_map(|list| list.as_bytes().split(|byte| *byte == b','))
        .any(|named| named.trim_ascii().strip_prefix(b"W/").unwrap_or(named.trim_ascii()) == tag)
}
