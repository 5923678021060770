use actix_web::http::header::LINK;
use actix_web::web::Payload;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::rows::{BY_ID, SORTS};
use super::{Item, ItemFilter, ItemForm, TagChoice, WholeItem};
use crate::api::schema::{Error, ItemObject, ItemUpdate, LinkRemoved, Message, TagObject};
use crate::api::{
    ApiQuery, Body, CHOSEN_ID_MAX, Caller, Conditions, Id, Post, Reply, etag_of, post, post_and_read, reply,
    reply_read, stream_list, to_text, unused_body,
};
use crate::db::{ChangeSet, Conn, Cursor, Db, Hold, Keyset, Page, SortColumn};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::stores::Names;
use crate::tags::Tag;
use crate::users::Scope;

const API_SORTS: [SortColumn; 5] = [BY_ID, SORTS[0], SORTS[1], SORTS[2], SORTS[3]];

/// List items
#[utoipa::path(get, path = "/item", operation_id = "listItems", tag = "Items", params(crate::api::params::ItemListParams), responses(
    (status = 200, description = "The items, in the order asked for; by id if none is. Without `limit`, all of them.", body = [ItemObject], headers(("Link" = Option<String>, description = "The next page, if there is one"))),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn index(caller: Caller, request: HttpRequest, db: Db, mut query: ApiQuery, names: Names) -> Reply {
    let filter = ItemFilter {
        scope: caller.scope.clone(),
        words: query.words(),
        store_id: query.integer("store_id"),
        tag_id: query.integer("tag_id"),
        tag_name: None,
        min_price: query.price("min_price"),
        max_price: query.price("max_price"),
        min_quantity: query.integer("min_quantity"),
        max_quantity: query.integer("max_quantity"),
    };
    let (mut keyset, one_page) = query.keyset(&API_SORTS);
    query.finish()?;
    if one_page {
        let (body, next) = db
            .read(move |conn| {
                let page = batch(conn, &filter, &keyset, &names)?;
                Ok((to_text(&page.rows)?, page.next))
            })
            .await?;
        let mut answer = HttpResponse::Ok();
        if let Some(link) = next.and_then(|place| query.link(&place)) {
            answer.insert_header((LINK, link));
        }
        return Ok(answer.content_type("application/json").body(body));
    }
    // It may take an hour: what was remembered when it began says nothing then.
    let (first, here) = (filter.clone(), keyset.clone());
    let mut page = db.read(move |conn| batch(conn, &first, &here, &Names::default())).await?;
    Ok(stream_list(&request, async move |sink| {
        loop {
            for item in &page.rows {
                sink.element(item).await?;
            }
            let Some(place) = page.next else { return Ok(()) };
            keyset.cursor = Cursor::After(place);
            let (filter, here) = (filter.clone(), keyset.clone());
            page = db.read(move |conn| batch(conn, &filter, &here, &Names::default())).await?;
        }
    }))
}

fn batch(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset, names: &Names) -> Result<Page<ItemObject>, AppError> {
    let Page { rows, previous, next } = Item::whole_page(conn, filter, keyset, names)?;
    Ok(Page { rows: rows.into_iter().map(ItemObject::from).collect(), previous, next })
}

/// Add an item
#[utoipa::path(post, path = "/item", operation_id = "addItem", tag = "Items", request_body = ItemObject, params(crate::api::params::PostParams), responses(
    (status = 201, description = "The item", body = ItemObject, headers(("ETag" = String), ("Location" = String))),
    (status = 400, description = "No such store, or the SKU is taken there; or no JSON", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 413, response = crate::api::schema::TooLarge),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn create(caller: Caller, db: Db, sent: Post, body: Body) -> Reply {
    let (raw, scope) = (body.raw.clone(), caller.scope.clone());
    post(&db, &caller, sent, &raw, move |change| {
        let (draft, tags) = Sent::read(body).whole()?;
        check_store(&scope, &draft)?;
        let item = Item::create(change, &draft, &tags).map_err(refused)?;
        let location = format!("/item/{}", item.id);
        Ok((ItemObject::find(change.conn(), item.id)?, location))
    })
    .await
}

/// Get an item
#[utoipa::path(get, path = "/item/{id}", operation_id = "getItem", tag = "Items", params(crate::api::params::IdParam, crate::api::params::GetParams), responses(
    (status = 200, description = "The item", body = ItemObject, headers(("ETag" = String))),
    (status = 304, description = "It is as the caller knows it"),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
))]
pub async fn show(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions) -> Reply {
    reply_read(&db, &conditions, move |conn| WholeItem::visible(conn, &caller.scope, id).map(ItemObject::from)).await
}

/// Change an item, or add it under this id
#[utoipa::path(put, path = "/item/{id}", operation_id = "putItem", tag = "Items", request_body = ItemUpdate, params(crate::api::params::IdParam, crate::api::params::ChangeParams), responses(
    (status = 200, description = "The item as it is now. It stays in its store; where there was none and `store_id` is given, it is new.", body = ItemObject, headers(("ETag" = String))),
    (status = 400, description = "No such store, or the SKU is taken there; or no JSON", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
    (status = 413, response = crate::api::schema::TooLarge),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn replace(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions, body: Body) -> Reply {
    let object = until_settled(body, async |body| put(&caller, &db, id, &conditions, body).await);
    reply(&Conditions::default(), &object.await?)
}

/// How often a change is tried.
const TRIES: u32 = 10;

/// Does with what was sent what others may come between: on PostgreSQL an item that is held can be deleted and made again
/// before it is read.
async fn until_settled<T>(body: Body, work: impl AsyncFn(Body) -> Result<T, AppError>) -> Result<T, AppError> {
    let raw = body.raw.clone();
    let mut done = work(body).await;
    for _ in 1..TRIES {
        if !matches!(done, Err(AppError::Stale)) {
            break;
        }
        done = work(Body::new(raw.clone())).await;
    }
    done
}

async fn put(caller: &Caller, db: &Db, id: i64, conditions: &Conditions, body: Body) -> Result<ItemObject, AppError> {
    let (caller, conditions) = (caller.clone(), conditions.clone());
    db.write(caller.actor(), move |change| {
        let sent = Sent::read(body);
        change.conn().hold(Hold::ToChange, "items", id)?;
        match Item::find(change.conn(), id) {
            Ok(item) if caller.scope.has(item.store_id) => {
                update(change, &caller.scope, &conditions, &item, item.store_id, sent)
            }
            // One that the caller does not see is none, whatever is sent: its id cannot be given to another.
            Ok(_) => sent.parts(&ItemForm::default(), 0).and(Err(AppError::NotFound)),
            Err(AppError::NotFound) if sent.store_id.is_some() && id <= CHOSEN_ID_MAX => {
                let version = sent.version;
                let (draft, _) = sent.whole()?;
                check_store(&caller.scope, &draft)?;
                conditions.guard(None)?;
                if version.is_some() {
                    return Err(AppError::Precondition);
                }
                let item = Item::create_as(change, id, &draft).map_err(refused)?;
                ItemObject::find(change.conn(), item.id)
            }
            Err(error) => sent.parts(&ItemForm::default(), 0).and(Err(error)),
        }
    })
    .await
}

/// Change parts of an item
#[utoipa::path(patch, path = "/item/{id}", operation_id = "changeItem", tag = "Items", request_body = ItemUpdate, params(crate::api::params::IdParam, crate::api::params::ChangeParams), responses(
    (status = 200, description = "The item as it is now; in another store, if `store_id` says so", body = ItemObject, headers(("ETag" = String))),
    (status = 400, description = "No such store, or the SKU is taken there; or no JSON", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
    (status = 413, response = crate::api::schema::TooLarge),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn change(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions, body: Body) -> Reply {
    let object = until_settled(body, async |body| patch(&caller, &db, id, &conditions, body).await);
    reply(&Conditions::default(), &object.await?)
}

async fn patch(caller: &Caller, db: &Db, id: i64, conditions: &Conditions, body: Body) -> Result<ItemObject, AppError> {
    let (caller, conditions) = (caller.clone(), conditions.clone());
    db.write(caller.actor(), move |change| {
        let sent = Sent::read(body);
        if let Some(store_id) = sent.store_id {
            // Before the item: who deletes a store holds it while it waits for its items.
            change.conn().hold(Hold::Present, "stores", store_id)?;
        }
        change.conn().hold(Hold::ToChange, "items", id)?;
        match Item::visible(change.conn(), &caller.scope, id) {
            Ok(item) => {
                let store_id = sent.store_id.unwrap_or(item.store_id);
                update(change, &caller.scope, &conditions, &item, store_id, sent)
            }
            Err(error) => sent.parts(&ItemForm::default(), 0).and(Err(error)),
        }
    })
    .await
}

fn update(
    change: &mut ChangeSet<'_>,
    scope: &Scope,
    conditions: &Conditions,
    item: &Item,
    store_id: i64,
    sent: Sent,
) -> Result<ItemObject, AppError> {
    let tags = Tag::of_item(change.conn(), item.id)?;
    let version = sent.version;
    let (draft, tags) = sent.parts(&ItemForm::of(item, &tags), store_id)?;
    check_store(scope, &draft)?;
    guard(change.conn(), conditions, item.id)?;
    if version.is_some_and(|version| version != item.version) {
        return Err(AppError::Precondition);
    }
    let item = Item::update(change, item.id, item.version, &draft, &tags).map_err(refused)?;
    ItemObject::find(change.conn(), item.id)
}

/// Delete an item
#[utoipa::path(delete, path = "/item/{id}", operation_id = "deleteItem", tag = "Items", params(crate::api::params::IdParam, crate::api::params::ChangeParams), responses(
    (status = 200, description = "It is deleted", body = Message, example = json!({"message": "Item deleted."})),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
))]
pub async fn delete(caller: Caller, db: Db, Id([id]): Id<1>, conditions: Conditions) -> Reply {
    until_settled(Body::default(), async |_| {
        let (scope, conditions) = (caller.scope.clone(), conditions.clone());
        let deleted = db.write(caller.actor(), move |change| {
            change.conn().hold(Hold::ToDelete, "items", id)?;
            let item = Item::visible(change.conn(), &scope, id)?;
            guard(change.conn(), &conditions, id)?;
            Item::delete(change, id, item.version)
        });
        deleted.await
    })
    .await?;
    Ok(HttpResponse::Ok().json(json!({"message": "Item deleted."})))
}

/// Put a tag on an item
#[utoipa::path(post, path = "/item/{id}/tag/{tag_id}", operation_id = "tagItem", tag = "Tags", params(crate::api::params::LinkParams, crate::api::params::PostParams), responses(
    (status = 201, description = "The tag, with its items", body = TagObject, headers(("ETag" = String), ("Location" = String))),
    (status = 400, description = "The tag is another store's", body = Error),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 422, response = crate::api::schema::Unprocessable),
))]
pub async fn link(
    caller: Caller,
    request: HttpRequest,
    db: Db,
    Id([id, tag_id]): Id<2>,
    sent: Post,
    body: Payload,
) -> Reply {
    let (scope, body) = (caller.scope.clone(), unused_body(&request, body).await?);
    let visible = scope.clone();
    let work = move |change: &mut ChangeSet<'_>| {
        change.conn().hold(Hold::ToChange, "items", id)?;
        change.conn().hold(Hold::Present, "tags", tag_id)?;
        check_link(change.conn(), &scope, id, tag_id)?;
        let (_, tag) = Item::add_tag(change, id, tag_id)?;
        Ok((TagObject::if_small(change.conn(), tag)?, format!("/tag/{tag_id}")))
    };
    post_and_read(&db, &caller, sent, &body, work, move |conn| TagObject::visible(conn, &visible, tag_id)).await
}

/// Take a tag off an item
#[utoipa::path(delete, path = "/item/{id}/tag/{tag_id}", operation_id = "untagItem", tag = "Tags", params(crate::api::params::LinkParams, crate::api::params::ChangeParams), responses(
    (status = 200, description = "Both, as they are afterwards", body = LinkRemoved),
    (status = 401, response = crate::api::schema::Unauthorized),
    (status = 404, response = crate::api::schema::NotFound),
    (status = 412, response = crate::api::schema::Changed),
))]
pub async fn unlink(caller: Caller, db: Db, Id([id, tag_id]): Id<2>, conditions: Conditions) -> Reply {
    let removed = db.write(caller.actor(), move |change| {
        change.conn().hold(Hold::ToChange, "items", id)?;
        check_link(change.conn(), &caller.scope, id, tag_id)?;
        if conditions.is_guarded() {
            guard(change.conn(), &conditions, id)?;
        }
        let (item, tag) = Item::remove_tag(change, id, tag_id)?;
        Ok((ItemObject::find(change.conn(), item.id)?, tag))
    });
    let (item, tag) = removed.await?;
    // The tag has its items with it: nobody who saves waits for these.
    let tag = db.read(move |conn| TagObject::whole(conn, tag)).await?;
    Ok(HttpResponse::Ok().json(LinkRemoved::new(item, tag)))
}

fn guard(conn: &mut Conn, conditions: &Conditions, id: i64) -> Result<(), AppError> {
    if conditions.is_guarded() {
        let etag = etag_of(&ItemObject::find(conn, id)?)?;
        conditions.guard(Some(&etag))?;
    }
    Ok(())
}

/// Takes a store that the caller does not see for one that is not there.
fn check_store(scope: &Scope, draft: &super::ItemDraft) -> Result<(), AppError> {
    scope.check(draft.store_id).map_err(|_| refused(FormErrors::one("store", "").into()))
}

fn check_link(conn: &mut Conn, scope: &Scope, id: i64, tag_id: i64) -> Result<(), AppError> {
    Item::visible(conn, scope, id)?;
    Tag::visible(conn, scope, tag_id)?;
    Ok(())
}

/// What the model refuses, in the words of the API.
fn refused(error: AppError) -> AppError {
    match error {
        AppError::Invalid(errors) if errors.on("sku").is_some() => {
            AppError::Refused("An item with that SKU already exists in that store.".to_owned())
        }
        AppError::Invalid(errors) if errors.on("store").is_some() => {
            AppError::Refused("There is no store with that id.".to_owned())
        }
        other => other,
    }
}

/// An item as a program sent it: what is left out is `None`.
struct Sent {
    body: Body,
    name: Option<String>,
    price: Option<String>,
    store_id: Option<i64>,
    sku: Option<String>,
    barcode: Option<String>,
    description: Option<String>,
    quantity: Option<i64>,
    version: Option<i64>,
}

impl Sent {
    fn read(mut body: Body) -> Self {
        Self {
            name: body.string("name"),
            price: body.price("price"),
            store_id: body.integer("store_id"),
            sku: body.nullable_string("sku"),
            barcode: body.string("barcode"),
            description: body.string("description"),
            quantity: body.integer("quantity"),
            version: body.stamps(),
            body,
        }
    }

    /// A new item: name, price and store must be there.
    fn whole(mut self) -> Result<(super::ItemDraft, TagChoice), AppError> {
        self.body.require("name", self.name.is_some());
        self.body.require("price", self.price.is_some());
        self.body.require("store_id", self.store_id.is_some());
        let store_id = self.store_id.unwrap_or_default();
        self.parts(&ItemForm { quantity: "0".to_owned(), ..ItemForm::default() }, store_id)
    }

    /// An item that is like `form` where nothing else was sent, in this store.
    fn parts(self, form: &ItemForm, store_id: i64) -> Result<(super::ItemDraft, TagChoice), AppError> {
        let given = [
            ("name", self.name.is_some()),
            ("price", self.price.is_some()),
            ("sku", self.sku.is_some()),
            ("barcode", self.barcode.is_some()),
            ("description", self.description.is_some()),
            ("quantity", self.quantity.is_some()),
        ];
        let or = |sent: Option<String>, kept: &String| sent.unwrap_or_else(|| kept.clone());
        let form = ItemForm {
            name: or(self.name, &form.name),
            price: or(self.price, &form.price),
            sku: or(self.sku, &form.sku),
            barcode: or(self.barcode, &form.barcode),
            description: or(self.description, &form.description),
            quantity: self.quantity.map_or_else(|| form.quantity.clone(), |quantity| quantity.to_string()),
            ..form.clone()
        };
        let mut errors = FormErrors::default();
        let (draft, tags) = form.check(store_id, &mut errors);
        // What was not sent cannot be at fault: it is missing, or as it was.
        let sent = |field: &str| given.iter().any(|(name, given)| *name == field && *given);
        self.body.finish(&errors.only(sent))?;
        Ok((draft, tags))
    }
}
