use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest};
use chrono::{NaiveDateTime, TimeDelta};
use data_encoding::HEXLOWER;
use diesel::prelude::*;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::reply::{to_text, written};
use super::{Caller, Reply, error_body};
use crate::db::{ChangeSet, Conn, Db, Sql, now};
use crate::error::AppError;
use crate::schema::idempotency_keys as keys;
use crate::users::Means;

pub(super) const HEADER: &str = "Idempotency-Key";
/// How long an answer is kept, in hours.
const KEPT_HOURS: i64 = 24;
/// How many old ones are forgotten at a time: who saves waits for that.
const FORGOTTEN_MAX: i64 = 500;
const KEY_LENGTH_MAX: usize = 255;

/// A `POST`: what it was sent to, and under which key if it has one.
#[derive(Debug, Clone)]
pub struct Post {
    target: String,
    key: Option<String>,
}

impl FromRequest for Post {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = request.headers().get(HEADER).map(|value| match value.to_str() {
            Ok(key) if (1..=KEY_LENGTH_MAX).contains(&key.len()) => Ok(key.to_owned()),
            _ => Err(bad_key("Give 1 to 255 printable characters.")),
        });
        let target = request.path().to_owned();
        ready(key.transpose().map(|key| Self { target, key }))
    }
}

fn bad_key(fault: &str) -> AppError {
    AppError::Fields { place: "headers", faults: [(HEADER.to_owned(), vec![fault.to_owned()])].into() }
}

/// Does what a `POST` asks for, in a change set, and answers 201 with the object that `work` gives
/// and the path where it is. Under a key that was used before, gives the first answer again
/// and does nothing; of two that come at once, one works and the other waits for its answer.
///
/// # Errors
/// Those of `work`; `Fields` if the key came with another body before.
pub async fn post<T: Serialize>(
    db: &Db,
    caller: &Caller,
    post: Post,
    sent: &[u8],
    work: impl FnOnce(&mut ChangeSet<'_>) -> Result<(T, String), AppError> + Send + 'static,
) -> Reply {
    let work = |change: &mut ChangeSet<'_>| work(change).and_then(|(object, path)| Ok((to_text(&object)?, path)));
    let (status, body, location) = once(db, caller, post, sent, work).await?;
    written(status, body, &location)
}

/// The same where the object may be too large to be made while others wait to save, and to be kept: then `work` gives its path
/// alone, and `read` gives the object once that is done. Under a key it is told as it is when that comes again.
///
/// # Errors
/// Those of `work` and of `read`; `Fields` if the key came with another body before.
pub async fn post_and_read<T: Serialize>(
    db: &Db,
    caller: &Caller,
    post: Post,
    sent: &[u8],
    work: impl FnOnce(&mut ChangeSet<'_>) -> Result<(Option<T>, String), AppError> + Send + 'static,
    read: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
) -> Reply {
    let work = |change: &mut ChangeSet<'_>| {
        let (object, path) = work(change)?;
        Ok((object.as_ref().map(to_text).transpose()?.unwrap_or_default(), path))
    };
    let (status, mut body, location) = once(db, caller, post, sent, work).await?;
    if body.is_empty() {
        body = db.read(move |conn| to_text(&read(conn)?)).await?;
    }
    written(status, body, &location)
}

/// An answer: its status, its body, and where the object is.
type Answer = (u16, String, String);

/// Does it, or gives the answer that was given under its key. `work` gives the body and the path.
async fn once(
    db: &Db,
    caller: &Caller,
    post: Post,
    sent: &[u8],
    work: impl FnOnce(&mut ChangeSet<'_>) -> Result<(String, String), AppError> + Send + 'static,
) -> Result<Answer, AppError> {
    let fingerprint = fingerprint(&post.target, sent);
    let whose = match caller.means {
        Means::Token { id, .. } => format!("token {id}"),
        Means::Session(id) => format!("session {id}"),
        Means::None => "anybody".to_owned(),
    };
    db.write(caller.actor(), move |change| {
        // A key is its program's own: none gets the answer to another's.
        let Some(key) = post.key.map(|key| format!("{whose}:{key}")) else {
            let (body, location) = work(change)?;
            return Ok((StatusCode::CREATED.as_u16(), body, location));
        };
        if let Some(answer) = claim(change, &key, &fingerprint)? {
            return Ok(answer);
        }
        let answer = match change.attempt(work) {
            Ok((body, location)) => (StatusCode::CREATED.as_u16(), body, location),
            Err(error) if error.status().is_client_error() => {
                let status = error.status();
                (status.as_u16(), error_body(status, Some(&error)).to_string(), String::new())
            }
            Err(error) => return Err(error),
        };
        diesel::update(keys::table.find(&key))
            .set((keys::status.eq(i32::from(answer.0)), keys::body.eq(&answer.1), keys::location.eq(&answer.2)))
            .execute(change.conn())?;
        Ok(answer)
    })
    .await
}

fn fingerprint(target: &str, sent: &[u8]) -> String {
    let digest = Sha256::new().chain_update(target).chain_update([0]).chain_update(sent).finalize();
    HEXLOWER.encode(&digest)
}

/// Forgets this key, if it was used before `long_ago`, and some of the others that were: there may be very many.
fn forget(conn: &mut Conn, key: &str, long_ago: NaiveDateTime) -> QueryResult<()> {
    diesel::delete(keys::table.find(key).filter(keys::created_at.lt(long_ago))).execute(conn)?;
    let some: Sql =
        Sql::new("DELETE FROM idempotency_keys WHERE key IN (SELECT key FROM idempotency_keys WHERE created_at < ")
            .time(long_ago)
            .sql(" ORDER BY created_at LIMIT ")
            .number(FORGOTTEN_MAX)
            .sql(")");
    some.execute(conn).map(drop)
}

/// Takes the key, or gives the answer that was given under it.
fn claim(change: &mut ChangeSet<'_>, key: &str, fingerprint: &str) -> Result<Option<Answer>, AppError> {
    forget(change.conn(), key, now() - TimeDelta::hours(KEPT_HOURS))?;
    let take: Sql =
        Sql::new("INSERT INTO idempotency_keys (key, fingerprint, status, body, location, created_at) VALUES (")
            .text(key)
            .sql(", ")
            .text(fingerprint)
            .sql(", 0, '', '', ")
            .time(now())
            .sql(") ON CONFLICT (key) DO NOTHING");
    if take.execute(change.conn())? == 1 {
        return Ok(None);
    }
    let (known, status, body, location): (String, i32, String, String) = keys::table
        .find(key)
        .select((keys::fingerprint, keys::status, keys::body, keys::location))
        .get_result(change.conn())?;
    if known != fingerprint {
        return Err(bad_key("This key was used for another request."));
    }
    Ok(Some((u16::try_from(status).unwrap_or_default(), body, location)))
}
