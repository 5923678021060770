use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

use super::Tag;
use crate::api::schema::{Error, Message, TagObject};
use crate::api::{Caller, Conditions, Id, Reply, etag_of, reply_read};
use crate::db::{Db, Hold};
use crate::error::AppError;

/// Get a tag
#[utoipa::path(get, path = "/tag/{id}", operation_id = "getTag", tag = "Tags", params(crate::api::params::IdParam, crate::api::params::GetParams), responses(
    (status = 200, description = "The tag, with its items", body = TagObject, headers(("ETag" = String))),
    (status = 304, description = "It is as the caller knows it"),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
))]
pub async fn show(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions) -> Reply {
    reply_read(&db, &conditions, move |conn| TagObject::visible(conn, &caller.scope, id)).await
}

/// Delete a tag that no item has
#[utoipa::path(delete, path = "/tag/{id}", operation_id = "deleteTag", tag = "Tags", params(crate::api::params::IdParam, crate::api::params::ChangeParams), responses(
    (status = 202, description = "It is deleted", body = Message, example = json!({"message": "Tag deleted."})),
    (status = 400, description = "An item has it", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
))]
pub async fn delete(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions) -> Reply {
    db.write(caller.actor(), move |change| {
        change.conn().hold(Hold::ToDelete, "tags", id)?;
        let tag = Tag::visible(change.conn(), &caller.scope, id)?;
        // Before the condition, as https://www.rfc-editor.org/rfc/rfc9110#section-13.2.1 wants it: with many items an ETag is dear.
        if !tag.item_count(change.conn())?.is_zero() {
            let why = "Could not delete tag. Make sure tag is not associated with any items, then try again.";
            return Err(AppError::Refused(why.to_owned()));
        }
        if conditions.is_guarded() {
            let object = TagObject::visible(change.conn(), &caller.scope, id)?;
            conditions.guard(Some(&etag_of(&object)?))?;
        }
        Tag::delete(change, id, tag.version, None)
    })
    .await?;
    Ok(HttpResponse::build(StatusCode::ACCEPTED).json(json!({"message": "Tag deleted."})))
}
