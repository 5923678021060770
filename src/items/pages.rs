use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::list::TAGS_OFFERED;
use super::{Counts, Item, ItemDraft, ItemFilter, ItemForm, ItemList, ListedStore, TagChoice};
use crate::db::{Conn, Db, Hold, Known};
use crate::error::AppError;
use crate::fields::{Currency, FormErrors};
use crate::history::Record;
use crate::stores::{Names, Store, StoreOffer, StorePicker};
use crate::tags::Tag;
use crate::users::{Editor, Scope, Viewer};
use crate::web::listing::ListQuery;
use crate::web::{
    Conflict, Done, FormData, Layout, Notice, Page, Saving, TagTick, format, new_token, once, page, save_or_merge,
};

/// What comes before the id of the item that a form added before it leads to the next one.
const ADDED: &str = "&added=";
/// The fields of the form, in its order.
const FORM: [&str; 9] = ["name", "store", "price", "quantity", "sku", "barcode", "description", "tags", "add_tags"];

#[derive(Template)]
#[template(path = "items/index.html")]
struct Index {
    layout: Layout,
    list: ItemList,
    /// The store whose items are shown.
    store: Option<Arc<ListedStore>>,
    /// Where those of all stores are.
    show_all: String,
    store_name: String,
    /// The stores that `store_name` may mean, and where their items are shown.
    stores: Vec<(Store, String)>,
    has_more_stores: bool,
    tag: String,
    /// Whether no tag is called like the one that the list is filtered by.
    is_unknown_tag: bool,
    /// Where all that the list holds are changed together.
    bulk_edit: String,
}

pub async fn index(
    viewer: Viewer,
    db: Db,
    layout: Layout,
    query: ListQuery,
    counts: Counts,
    known: Known<i64, ListedStore>,
    names: Names,
) -> Page {
    let (tag, store_name) = (query.get("tag").trim().to_owned(), query.get("store_name").trim().to_owned());
    let filter = ItemFilter { scope: viewer.scope.clone(), ..ItemList::filter(&query) };
    let of_all_stores = filter.store_id.map(|_| query.url_with(&[("store", "")]));
    let show_all = of_all_stores.clone().unwrap_or_default();
    let (mut stores, mut has_more_stores) = (Vec::new(), false);
    if !store_name.is_empty() {
        let (typed, scope) = (store_name.clone(), filter.scope.clone());
        let meant = db.read(move |conn| StoreOffer::of(conn, &typed, &scope)).await?;
        let at_store = |store: &Store| query.url_with(&[("store", &store.id.to_string()), ("store_name", "")]);
        if let [store] = meant.stores.as_slice() {
            // The URL names the store itself, so that a bookmark still finds it when it is renamed.
            return Ok(page::redirect(&at_store(store)));
        }
        let urls: Vec<_> = meant.stores.iter().map(at_store).collect();
        (stores, has_more_stores) = (meant.stores.into_iter().zip(urls).collect(), meant.has_more);
    }
    let shown = page::read(&db, move |conn| {
        let store = filter.store_id.map(|id| {
            filter.scope.check(id)?;
            known.get(&id, || ListedStore::find(conn, id))
        });
        let store = store.transpose()?;
        let mut list = ItemList::load(conn, &query, &filter, &counts)?;
        if store.is_none() {
            list.tell_stores(conn, &names)?;
        }
        let is_unknown_tag =
            list.rows.is_empty() && !tag.is_empty() && !Tag::is_known(conn, &tag, filter.store_id, &filter.scope)?;
        let bulk_edit = ItemList::bulk_edit_url(&query);
        Ok(Index { layout, list, store, show_all, store_name, stores, has_more_stores, tag, is_unknown_tag, bulk_edit })
    });
    page::or_of_all_stores(shown.await, of_all_stores)
}

#[derive(Template)]
#[template(path = "items/show.html")]
struct Show {
    layout: Layout,
    item: Item,
    store: Store,
    tags: Vec<Tag>,
    currency: Currency,
}

pub async fn show(viewer: Viewer, db: Db, layout: Layout, id: Path<i64>) -> Page {
    page::read(&db, move |conn| {
        let (item, store, tags) = item_with_company(conn, &viewer.scope, id.into_inner())?;
        Ok(Show { layout, item, store, tags, currency: Currency::installed() })
    })
    .await
}

fn item_with_company(conn: &mut Conn, scope: &Scope, id: i64) -> Result<(Item, Store, Vec<Tag>), AppError> {
    let (item, store) = Item::visible_with_store(conn, scope, id)?;
    Ok((item, store, Tag::of_item(conn, id)?))
}

/// The form of an item: a new one, or one that is there.
#[derive(Template)]
#[template(path = "items/form.html")]
struct Edit {
    layout: Layout,
    /// The item that is edited: its id, its name and the version shown.
    item: Option<(i64, String, i64)>,
    form: ItemForm,
    picker: StorePicker,
    /// The tags to tick.
    tags: Vec<Tag>,
    /// Whether the store has more of them.
    has_more_tags: bool,
    errors: FormErrors,
    message: String,
    token: String,
    currency: Currency,
}

impl Edit {
    /// The form with the stores and tags that it offers.
    async fn new(
        db: &Db,
        scope: &Scope,
        layout: Layout,
        form: ItemForm,
        picker: StorePicker,
    ) -> Result<Self, AppError> {
        let scope = scope.clone();
        let (form, picker, tags, has_more_tags) = db
            .read(move |conn| {
                let picker = picker.offer(conn)?;
                let ticked: Vec<i64> = form.tags.iter().filter_map(|id| id.parse().ok()).collect();
                let mut tags = Tag::among(conn, &scope, &ticked)?;
                let mut offered = match picker.chosen {
                    Some(store_id) => Tag::of_store(conn, store_id, TAGS_OFFERED + 1)?,
                    None => Vec::new(),
                };
                let has_more_tags = i64::try_from(offered.len()).is_ok_and(|length| length > TAGS_OFFERED);
                offered.pop_if(|_| has_more_tags);
                tags.extend(offered.into_iter().filter(|tag| !ticked.contains(&tag.id)));
                tags.sort_by(|one, other| one.name_key.cmp(&other.name_key));
                Ok((form, picker, tags, has_more_tags))
            })
            .await?;
        Ok(Self {
            layout,
            item: None,
            form,
            picker,
            tags,
            has_more_tags,
            errors: FormErrors::default(),
            message: String::new(),
            token: new_token(),
            currency: Currency::installed(),
        })
    }

    fn is_ticked(&self, tag: &Tag) -> bool {
        self.form.tags.iter().any(|id| *id == tag.id.to_string())
    }
}

/// A new item, in the store `?store=`, or like the item `?copy=`.
pub async fn new(editor: Editor, db: Db, layout: Layout, query: ListQuery) -> Page {
    let picker = StorePicker::with(query.id("store"), &editor.scope);
    let Some(copied) = query.id("copy") else {
        let form = ItemForm { quantity: "0".to_owned(), ..ItemForm::default() };
        return page::ok(&Edit::new(&db, &editor.scope, layout, form, picker).await?);
    };
    let scope = editor.scope.clone();
    let (item, store, tags) = db.read(move |conn| item_with_company(conn, &scope, copied)).await?;
    // What tells one item from another is not copied: a SKU is unique, and a barcode should be.
    let form = ItemForm { sku: String::new(), barcode: String::new(), ..ItemForm::of(&item, &tags) };
    let picker = StorePicker::with(Some(store.id), &editor.scope);
    page::ok(&Edit::new(&db, &editor.scope, layout, form, picker).await?)
}

/// An item's form as it was sent.
#[derive(Clone)]
struct Sent {
    form: ItemForm,
    picker: StorePicker,
}

impl Sent {
    fn read(data: &FormData, scope: &Scope) -> Self {
        Self { form: ItemForm::read(|field| data.text(field), data.all("tag")), picker: StorePicker::read(data, scope) }
    }

    /// The item that was typed, the one of this `id` if it has one. Whether it fits the rest of the catalogue is looked up only
    /// to tell all faults at once: who saves it finds that out.
    fn check(&self, conn: &mut Conn, id: Option<i64>) -> Result<(ItemDraft, TagChoice), AppError> {
        let mut errors = FormErrors::default();
        let store_id = self.picker.meant(conn, &mut errors)?;
        let checked = self.form.check(store_id, &mut errors);
        if !errors.is_empty() && errors.on("store").is_none() {
            checked.0.check_fits(conn, id, &mut errors)?;
        }
        Ok(errors.or(checked)?)
    }
}

pub async fn create(editor: Editor, db: Db, layout: Layout, data: FormData) -> Page {
    let Sent { form, picker } = Sent::read(&data, &editor.scope);
    if data.is_only_shown() {
        return page::ok(&Edit {
            token: data.token(),
            message: data.told(),
            ..Edit::new(&db, &editor.scope, layout, form, picker).await?
        });
    }
    let add_another = !data.text("add_another").is_empty();
    let (sent, scope) = (Sent { form: form.clone(), picker: picker.clone() }, editor.scope.clone());
    let saved = once(&db, editor.actor(), &data, move |change| {
        let (draft, tags) = sent.check(change.conn(), None)?;
        let item = Item::create(change, &draft, &TagChoice { scope, ..tags })?;
        let path = format!("/items/{}", item.id);
        let notice = Notice::plain(format!("Item “{}” is added.", item.name));
        Ok(if add_another {
            // The item is named too, for who sends this form again.
            let location = format!("/items/new?store={}{ADDED}{}", item.store_id, item.id);
            Done { location, notice: notice.with_link(path, "See it") }
        } else {
            Done { location: path, notice }
        })
    });
    match saved.await {
        Err(AppError::Invalid(errors)) => {
            let errors = errors.in_order(&FORM);
            let again =
                Edit { errors, token: data.token(), ..Edit::new(&db, &editor.scope, layout, form, picker).await? };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::AlreadySent { location, .. }) => {
            let added = location.split_once(ADDED).map(|(_, id)| format!("/items/{id}"));
            let message = format::already_sent(&added.unwrap_or(location));
            page::with_status(
                StatusCode::CONFLICT,
                &Edit { message, ..Edit::new(&db, &editor.scope, layout, form, picker).await? },
            )
        }
        answer => answer,
    }
}

pub async fn edit(editor: Editor, db: Db, layout: Layout, id: Path<i64>) -> Page {
    let scope = editor.scope.clone();
    let (item, store, tags) = db.read(move |conn| item_with_company(conn, &scope, id.into_inner())).await?;
    let form = ItemForm::of(&item, &tags);
    let picker = StorePicker::with(Some(store.id), &editor.scope);
    let shown = Some((item.id, item.name, item.version));
    page::ok(&Edit { item: shown, ..Edit::new(&db, &editor.scope, layout, form, picker).await? })
}

pub async fn update(editor: Editor, db: Db, layout: Layout, id: Path<i64>, data: FormData) -> Page {
    let id = id.into_inner();
    let version = data.version()?;
    let sent = Sent::read(&data, &editor.scope);
    if data.is_only_shown() {
        let Sent { form, picker } = sent;
        let scope = editor.scope.clone();
        let found = db.read(move |conn| Item::visible(conn, &scope, id)).await.map(Some);
        let Some(item) = found.or_else(AppError::none_if_missing)? else {
            return deleted(&db, &editor.scope, layout, id, form, picker).await;
        };
        let shown = Some((id, item.name, version));
        return page::ok(&Edit {
            item: shown,
            token: data.token(),
            message: data.told(),
            ..Edit::new(&db, &editor.scope, layout, form, picker).await?
        });
    }
    let (saved, saving) = save_or_merge(
        Saving::new(version, sent),
        |form| Sent::read(form, &editor.scope),
        async |saving| save(&db, &editor, &data, id, saving).await,
        async |saving| conflict(&db, &editor.scope, layout.clone(), id, saving.clone()).await,
    )
    .await;
    let token = saving.token(&data);
    let Saving { version, form: Sent { form, picker }, said, .. } = saving;
    match saved {
        Err(AppError::Invalid(errors)) => {
            let shown = Some((id, saved_name(&db, &editor.scope, id).await?, version));
            let again = Edit {
                item: shown,
                errors: errors.in_order(&FORM),
                message: format::escaped(&said),
                token,
                ..Edit::new(&db, &editor.scope, layout, form, picker).await?
            };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::NotFound) => deleted(&db, &editor.scope, layout, id, form, picker).await,
        answer => answer,
    }
}

async fn save(db: &Db, editor: &Editor, data: &FormData, id: i64, saving: Saving<Sent>) -> Page {
    let (sending, scope) = (saving.sending(data), editor.scope.clone());
    let Saving { version, form: sent, said, .. } = saving;
    let saved = once(db, editor.actor(), sending, move |change| {
        let (draft, tags) = sent.check(change.conn(), Some(id))?;
        // Before its tags, as everybody takes them.
        change.conn().hold(Hold::ToChange, "items", id)?;
        let before = Item::visible(change.conn(), &scope, id)?;
        let item = Item::update(change, id, version, &draft, &TagChoice { scope, ..tags })?;
        let moved = if item.store_id == before.store_id {
            String::new()
        } else {
            format!("It is in store “{}” now.", Store::find(change.conn(), item.store_id)?)
        };
        let said = [moved, said].join(" ");
        Ok(Done::saved(&format!("Item “{}”", item.name), format!("/items/{id}"), said.trim()))
    });
    saved.await
}

/// The form of an item that was deleted meanwhile: what was typed can still become an item.
async fn deleted(db: &Db, scope: &Scope, layout: Layout, id: i64, form: ItemForm, picker: StorePicker) -> Page {
    let message = format::deleted_meanwhile("item", id);
    let again = Edit { message, ..Edit::new(db, scope, layout, form, picker).await? };
    page::with_status(StatusCode::CONFLICT, &again)
}

/// What the item is called until a form for it is saved.
async fn saved_name(db: &Db, scope: &Scope, id: i64) -> Result<String, AppError> {
    let scope = scope.clone();
    match db.read(move |conn| Item::visible(conn, &scope, id)).await {
        Ok(item) => Ok(item.name),
        Err(AppError::NotFound) => Ok("Deleted".to_owned()),
        Err(error) => Err(error),
    }
}

/// What was sent beside what is there.
async fn conflict(db: &Db, scope: &Scope, layout: Layout, id: i64, saving: Saving<Sent>) -> Result<Conflict, AppError> {
    let scope = scope.clone();
    db.read(move |conn| {
        let (item, store, tags) = item_with_company(conn, &scope, id)?;
        let tag_ids = tags.iter().map(|tag| tag.id);
        let (before, last_save) = saving.between(conn, Record::Item(id), &item, tag_ids, &scope)?;
        let Sent { form, picker } = saving.form;
        let mut errors = FormErrors::default();
        let your_store = picker.resolve(conn, &mut errors)?;
        let your_store = Store::visible(conn, &scope, your_store).or_else(|_| Store::find(conn, item.store_id))?;
        let theirs = ItemForm::of(&item, &tags);
        let ticked: Vec<i64> = form.tags.iter().filter_map(|id| id.parse().ok()).collect();
        // Those that the item had count too: where it was moved meanwhile, what was unticked of them has another id there.
        let had = before.iter().flat_map(|before| &before.tags).copied();
        let known: Vec<i64> = had.chain(ticked.iter().copied()).collect();
        let mut union = Tag::among(conn, &scope, &known)?;
        union.extend(tags.iter().filter(|tag| !known.contains(&tag.id)).cloned());
        union.sort_by(|one, other| one.name_key.cmp(&other.name_key));

        let moved_and_ticked = before.as_ref().is_some_and(|before| {
            before.row.store_id != item.store_id && before.tags != ticked.iter().copied().collect()
        });
        let mut conflict = Conflict::new(layout, item.name, format!("/items/{id}/edit"), item.version, last_save);
        // The store that was picked is gone; or the ticks are of another store's tags, and not as they were.
        if !errors.is_empty() || moved_and_ticked {
            conflict.ask();
        }
        let shown = |store: &Store| (store.id.to_string(), store.to_string());
        let store_before = before.as_ref().map(|before| before.row.store_id.to_string());
        conflict.field("store", shown(&your_store), shown(&store), store_before.as_deref());
        let yours = form.in_plain_form();
        let form_before = before.as_ref().map(|before| ItemForm::of(&before.row, &[]));
        conflict.fields(yours.fields(), theirs.fields(), form_before.as_ref().map(ItemForm::fields));
        let tick = |tag: Tag| TagTick {
            yours: ticked.contains(&tag.id),
            theirs: tags.iter().any(|other| other.id == tag.id),
            before: before.as_ref().map(|before| before.tags.contains(&tag.id)),
            id: tag.id,
            name: tag.name,
        };
        conflict.tags(union.into_iter().map(tick).collect(), form.add_tags);
        Ok(conflict)
    })
    .await
}

#[derive(Template)]
#[template(path = "items/deletion.html")]
struct Deletion {
    layout: Layout,
    item: Item,
    store: Store,
    message: String,
    token: String,
}

pub async fn confirm(editor: Editor, db: Db, layout: Layout, id: Path<i64>) -> Page {
    confirmation(&db, &editor.scope, layout, id.into_inner(), StatusCode::OK, String::new()).await
}

async fn confirmation(db: &Db, scope: &Scope, layout: Layout, id: i64, status: StatusCode, message: String) -> Page {
    let scope = scope.clone();
    let (item, store) = db.read(move |conn| Item::visible_with_store(conn, &scope, id)).await?;
    page::with_status(status, &Deletion { layout, item, store, message, token: new_token() })
}

pub async fn delete(editor: Editor, db: Db, layout: Layout, id: Path<i64>, data: FormData) -> Page {
    let id = id.into_inner();
    let version = data.version()?;
    let (scope, list) = (editor.scope.clone(), data.text("list"));
    let deleted = once(&db, editor.actor(), &data, move |change| {
        Item::visible(change.conn(), &scope, id)?;
        let item = Item::delete(change, id, version)?;
        // Back to the list that they came from, if the browser knows it.
        let is_list = list.starts_with('?') && list.bytes().all(|byte| byte.is_ascii_graphic());
        let location = if is_list { format!("/items{list}") } else { format!("/stores/{}", item.store_id) };
        Ok(Done {
            location,
            notice: Notice::plain(format!("Item “{}” is deleted.", item.name))
                .with_link(format!("/items/{id}/history"), "See its history"),
        })
    });
    match deleted.await {
        Err(AppError::Stale) => {
            confirmation(&db, &editor.scope, layout, id, StatusCode::CONFLICT, format::changed_meanwhile("item")).await
        }
        answer => answer,
    }
}
