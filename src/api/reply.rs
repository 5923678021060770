use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ETAG, LOCATION};
use serde::Serialize;

use super::{Conditions, etag};
use crate::db::{Conn, Db};
use crate::error::AppError;

/// What the API answers.
pub type Reply = Result<HttpResponse, AppError>;

/// An object, with its `ETag`; 304 without it if the caller has it already.
///
/// # Errors
/// `Internal` if it cannot be written.
pub fn reply(conditions: &Conditions, object: &impl Serialize) -> Reply {
    Ok(reply_text(conditions, to_text(object)?))
}

/// The same with an object that is read, and written by the thread that read it: see [`page::read`](crate::web::page::read).
///
/// # Errors
/// Those of `read`; `Internal` if it cannot be written.
pub async fn reply_read<T: Serialize>(
    db: &Db,
    conditions: &Conditions,
    read: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
) -> Reply {
    Ok(reply_text(conditions, db.read(move |conn| to_text(&read(conn)?)).await?))
}

fn reply_text(conditions: &Conditions, body: String) -> HttpResponse {
    let etag = etag(body.as_bytes());
    let fresh = conditions.has(&etag);
    let mut answer = HttpResponse::build(if fresh { StatusCode::NOT_MODIFIED } else { StatusCode::OK });
    answer.insert_header((ETAG, etag)).insert_header((CACHE_CONTROL, "private, no-cache"));
    if fresh { answer.finish() } else { answer.content_type("application/json").body(body) }
}

/// An answer that was given in a transaction: its status, its body, where the new object is.
pub(super) fn written(status: u16, body: String, location: &str) -> Reply {
    let status = StatusCode::from_u16(status).map_err(|error| AppError::Internal(error.to_string()))?;
    let mut answer = HttpResponse::build(status);
    if status == StatusCode::CREATED {
        answer.insert_header((ETAG, etag(body.as_bytes()))).insert_header((LOCATION, location));
    }
    Ok(answer.content_type("application/json").body(body))
}

/// The `ETag` of an object.
///
/// # Errors
/// `Internal` if it cannot be written.
pub fn etag_of(object: &impl Serialize) -> Result<String, AppError> {
    Ok(etag(to_text(object)?.as_bytes()))
}

/// The object in JSON.
///
/// # Errors
/// `Internal` if it cannot be written.
pub fn to_text(object: &impl Serialize) -> Result<String, AppError> {
    serde_json::to_string(object).map_err(|error| AppError::Internal(error.to_string()))
}
