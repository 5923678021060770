use actix_web::http::header::LINK;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::model::{BY_ID, SORTS};
use super::{Deletion, Store, StoreForm};
use crate::api::schema::{Error, Message, PlainItem, PlainTag, StoreMore, StoreObject, StoreUpdate, TagObject};
use crate::api::{
    ApiQuery, BATCH, Body, Caller, Conditions, Id, Post, Reply, Sink, etag_of, post, reply_read, stream_list,
};
use crate::db::{Conn, Cursor, Db, Hold, SortColumn};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::items::{Item, Whose};
use crate::tags::{Tag, TagForm};

const API_SORTS: [SortColumn; 3] = [BY_ID, SORTS[0], SORTS[1]];

/// List stores
#[utoipa::path(get, path = "/store", operation_id = "listStores", tag = "Stores", params(crate::api::params::ListParams), responses(
    (status = 200, description = "The stores, in the order asked for; by id if none is. Without `limit`, all of them.", body = [StoreObject], headers(("Link" = Option<String>, description = "The next page, if there is one"))),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn index(caller: Caller, request: HttpRequest, db: Db, mut query: ApiQuery) -> Reply {
    let (words, scope) = (query.words(), caller.scope.clone());
    let (mut keyset, one_page) = query.keyset(&API_SORTS);
    query.finish()?;
    let (first, visible, here) = (words.clone(), scope.clone(), keyset.clone());
    let mut page = db.read(move |conn| Store::page(conn, &first, &visible, &here)).await?;
    let link = page.next.as_ref().filter(|_| one_page).and_then(|place| query.link(place));
    let mut answer = stream_list(&request, async move |sink| {
        loop {
            for store in page.rows {
                write_store(&db, sink, store).await?;
            }
            match page.next {
                Some(place) if !one_page => keyset.cursor = Cursor::After(place),
                _ => return Ok(()),
            }
            let (words, scope, here) = (words.clone(), scope.clone(), keyset.clone());
            page = db.read(move |conn| Store::page(conn, &words, &scope, &here)).await?;
        }
    });
    if let Some(value) = link.and_then(|link| link.parse().ok()) {
        answer.headers_mut().insert(LINK, value);
    }
    Ok(answer)
}

/// Writes a store whose items may be too many to hold at once.
async fn write_store(db: &Db, sink: &mut Sink, store: Store) -> Result<(), AppError> {
    let id = store.id;
    sink.open(&json!({"id": id, "name": store.name}), "items").await?;
    let mut after = 0;
    loop {
        let items = db.read(move |conn| Item::plain(conn, Whose::Store(id), after, BATCH)).await?;
        let full = items.len() == BATCH;
        for item in items {
            after = item.0;
            sink.element(&PlainItem::from(item)).await?;
        }
        if !full {
            break;
        }
    }
    sink.then("tags").await?;
    let tags = db.read(move |conn| Tag::of_store_after(conn, id, 0, usize::MAX)).await?;
    for tag in &tags {
        sink.element(&PlainTag::from(tag)).await?;
    }
    sink.close(&StoreMore::from(store)).await
}

/// Add a store
#[utoipa::path(post, path = "/store", operation_id = "addStore", tag = "Stores", request_body = StoreObject, params(crate::api::params::PostParams), responses(
    (status = 201, description = "The store", body = StoreObject, headers(("ETag" = String), ("Location" = String))),
    (status = 400, description = "The name or the code is taken; or no JSON", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 413, response = crate::api::schema::TooLarge),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn create(caller: Caller, db: Db, sent: Post, body: Body) -> Reply {
    caller.scope.check_all()?;
    let raw = body.raw.clone();
    post(&db, &caller, sent, &raw, move |change| {
        let draft = draft(body, &StoreForm::default(), true)?.0;
        let store = Store::create(change, &draft).map_err(refused)?;
        let location = format!("/store/{}", store.id);
        Ok((StoreObject::whole(change.conn(), store)?, location))
    })
    .await
}

/// Get a store
#[utoipa::path(get, path = "/store/{id}", operation_id = "getStore", tag = "Stores", params(crate::api::params::IdParam, crate::api::params::GetParams), responses(
    (status = 200, description = "The store", body = StoreObject, headers(("ETag" = String))),
    (status = 304, description = "It is as the caller knows it"),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
))]
pub async fn show(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions) -> Reply {
    caller.scope.check(id)?;
    reply_read(&db, &conditions, move |conn| whole(conn, id)).await
}

fn whole(conn: &mut Conn, id: i64) -> Result<StoreObject, AppError> {
    let store = Store::find(conn, id)?;
    StoreObject::whole(conn, store)
}

/// Change parts of a store
#[utoipa::path(patch, path = "/store/{id}", operation_id = "changeStore", tag = "Stores", request_body = StoreUpdate, params(crate::api::params::IdParam, crate::api::params::ChangeParams), responses(
    (status = 200, description = "The store as it is now", body = StoreObject, headers(("ETag" = String))),
    (status = 400, description = "The name or the code is taken; or no JSON", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
    (status = 413, response = crate::api::schema::TooLarge),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn change(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions, body: Body) -> Reply {
    caller.scope.check(id)?;
    let changed = db.write(caller.actor(), move |change| {
        change.conn().hold(Hold::ToChange, "stores", id)?;
        let found = Store::find(change.conn(), id);
        let form = found.as_ref().map(StoreForm::from).unwrap_or_default();
        let drafted = match draft(body, &form, false) {
            Err(error) if !matches!(error, AppError::Invalid(_)) => return Err(error), // what was sent is wrong in itself
            drafted => drafted,
        };
        let store = found?;
        let (draft, version) = drafted?;
        guard(change.conn(), &conditions, id)?;
        if version.is_some_and(|version| version != store.version) {
            return Err(AppError::Precondition);
        }
        Store::update(change, id, store.version, &draft).map_err(refused)
    });
    changed.await?;
    // The store has its items with it: nobody who saves waits for these.
    reply_read(&db, &Conditions::default(), move |conn| whole(conn, id)).await
}

/// Delete a store, with its items and tags
#[utoipa::path(delete, path = "/store/{id}", operation_id = "deleteStore", tag = "Stores", params(crate::api::params::IdParam, crate::api::params::ChangeParams), responses(
    (status = 200, description = "It is deleted", body = Message, example = json!({"message": "Store deleted"})),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
))]
pub async fn delete(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions) -> Reply {
    caller.scope.check(id)?;
    caller.scope.check_all()?;
    let deletion = Deletion::of(id);
    if conditions.is_guarded() {
        // What it depends on is to be true of all of it, so it is done in one transaction.
        let guarded = db.write(caller.actor(), move |change| {
            change.conn().hold(Hold::ToDelete, "stores", id)?;
            guard(change.conn(), &conditions, id)?;
            deletion.finish(change)
        });
        guarded.await?;
    } else {
        let end =
            async |db: &Db, actor, deletion: Deletion| db.write(actor, move |change| deletion.finish(change)).await;
        let (gone, deleted) = deletion.run(&db, caller.actor(), end).await;
        deleted.map_err(|error| match gone {
            0 => error,
            // It is not true that nothing was saved.
            _ => AppError::Unavailable(format!("{gone} items of store {id} went, then: {error}")),
        })?;
    }
    Ok(HttpResponse::Ok().json(json!({"message": "Store deleted"})))
}

/// List the tags of a store
#[utoipa::path(get, path = "/store/{id}/tag", operation_id = "listTags", tag = "Tags", params(crate::api::params::IdParam), responses(
    (status = 200, description = "The tags, by id", body = [TagObject]),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
))]
pub async fn tags(caller: Caller, request: HttpRequest, db: Db, Id([id]): Id<1>) -> Reply {
    caller.scope.check(id)?;
    let tags = db
        .read(move |conn| {
            Store::find(conn, id)?;
            Tag::of_store_after(conn, id, 0, usize::MAX)
        })
        .await?;
    Ok(stream_list(&request, async move |sink| {
        for tag in tags {
            match db.read(move |conn| TagObject::whole(conn, tag)).await {
                Ok(tag) => sink.element(&tag).await?,
                Err(AppError::NotFound) => {} // the store was deleted meanwhile
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }))
}

/// Add a tag to a store
#[utoipa::path(post, path = "/store/{id}/tag", operation_id = "addTag", tag = "Tags", request_body = TagObject, params(crate::api::params::IdParam, crate::api::params::PostParams), responses(
    (status = 201, description = "The tag", body = TagObject, headers(("ETag" = String), ("Location" = String))),
    (status = 400, description = "The name is taken in this store; or no JSON", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 413, response = crate::api::schema::TooLarge),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn create_tag(caller: Caller, db: Db, Id([id]): Id<1>, sent: Post, body: Body) -> Reply {
    caller.scope.check(id)?;
    let raw = body.raw.clone();
    post(&db, &caller, sent, &raw, move |change| {
        let mut body = body;
        let name = body.string("name");
        body.require("name", name.is_some());
        let mut errors = FormErrors::default();
        let given = name.is_some();
        let draft = TagForm { name: name.unwrap_or_default() }.check(&mut errors);
        body.stamps();
        body.finish(&errors.only(|_| given))?;
        let tag = Tag::create(change, id, &draft).map_err(|error| match error {
            AppError::Invalid(_) => AppError::Refused("A tag with that name already exists in that store.".to_owned()),
            other => other,
        })?;
        let location = format!("/tag/{}", tag.id);
        Ok((TagObject::whole(change.conn(), tag)?, location))
    })
    .await
}

fn guard(conn: &mut Conn, conditions: &Conditions, id: i64) -> Result<(), AppError> {
    if conditions.is_guarded() {
        let etag = etag_of(&whole(conn, id)?)?;
        conditions.guard(Some(&etag))?;
    }
    Ok(())
}

/// What the model refuses, in the words of the API.
fn refused(error: AppError) -> AppError {
    match error {
        AppError::Invalid(errors) if errors.on("name").is_some() => {
            AppError::Refused("A store with that name already exists.".to_owned())
        }
        AppError::Invalid(errors) if errors.on("code").is_some() => {
            AppError::Refused("A store with that code already exists.".to_owned())
        }
        other => other,
    }
}

/// What a program sent, over `form` where it sent nothing, checked; and the version it knows.
fn draft(mut body: Body, form: &StoreForm, is_new: bool) -> Result<(super::StoreDraft, Option<i64>), AppError> {
    let mut given = Vec::new();
    let kept = form.fields();
    let form = StoreForm::read(|field| {
        let sent = if field == "code" { body.nullable_string(field) } else { body.string(field) };
        if sent.is_some() {
            given.push(field);
        }
        let kept = kept.iter().find(|(name, _)| *name == field).map_or("", |(_, value)| value);
        sent.unwrap_or_else(|| kept.to_owned())
    });
    if is_new {
        body.require("name", given.contains(&"name"));
    }
    let version = body.stamps();
    let mut errors = FormErrors::default();
    let draft = form.check(&mut errors);
    body.finish(&errors.clone().only(|field| given.contains(&field)))?;
    Ok((errors.or(draft)?, version))
}
