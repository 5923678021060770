use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::model::{SORTS, TagRow};
use super::{Tag, TagForm};
use crate::db::{Conn, Count, Db, Hold};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::history::Record;
use crate::items::{Counts, ItemFilter, ItemList, Ranges};
use crate::stores::{Store, StorePicker};
use crate::users::{Editor, Scope, Viewer};
use crate::web::listing::{Heading, ListQuery, Pager};
use crate::web::{
    Conflict, Done, FormData, Layout, Notice, Page, Saving, format, new_token, once, page, save_or_merge,
};

#[derive(Template)]
#[template(path = "tags/index.html")]
struct Index {
    layout: Layout,
    /// The store whose tags are shown, and where all are.
    store: Option<(Store, String)>,
    words: String,
    sort: String,
    rows: Vec<TagRow>,
    headings: [Heading; 2],
    pager: Pager,
}

pub async fn index(viewer: Viewer, db: Db, layout: Layout, query: ListQuery) -> Page {
    let store_id = query.id("store");
    let of_all_stores = store_id.map(|_| query.url_with(&[("store", "")]));
    let shown = page::read(&db, move |conn| {
        let keyset = query.keyset(&SORTS);
        let words = query.words();
        let store = store_id.map(|id| Store::visible(conn, &viewer.scope, id)).transpose()?;
        let store = store.map(|store| (store, query.url_with(&[("store", "")])));
        let (found, count) = Tag::search(conn, &words, &viewer.scope, store_id, &keyset)?;
        let headings =
            [query.heading(&keyset, "name", "Name"), query.heading(&keyset, "updated_at", "Last change (UTC)")];
        let pager = query.pager(&found, count, "tag");
        Ok(Index { layout, store, words, sort: query.get("sort").to_owned(), rows: found.rows, headings, pager })
    });
    page::or_of_all_stores(shown.await, of_all_stores)
}

#[derive(Template)]
#[template(path = "tags/show.html")]
struct Show {
    layout: Layout,
    tag: Tag,
    store: Store,
    list: ItemList,
}

pub async fn show(viewer: Viewer, db: Db, layout: Layout, id: Path<i64>, query: ListQuery, counts: Counts) -> Page {
    page::read(&db, move |conn| {
        let id = id.into_inner();
        let (tag, store) = tag_with_store(conn, &viewer.scope, id)?;
        let (words, scope) = (query.words(), viewer.scope.clone());
        let filter = ItemFilter { words, scope, tag_id: Some(id), ..Ranges::read(&query).filter() };
        let list = ItemList::load(conn, &query, &filter, &counts)?;
        Ok(Show { layout, tag, store, list })
    })
    .await
}

fn tag_with_store(conn: &mut Conn, scope: &Scope, id: i64) -> Result<(Tag, Store), AppError> {
    let tag = Tag::visible(conn, scope, id)?;
    let store = Store::find(conn, tag.store_id)?;
    Ok((tag, store))
}

/// The form of a new tag.
#[derive(Template)]
#[template(path = "tags/new.html")]
struct New {
    layout: Layout,
    form: TagForm,
    picker: StorePicker,
    errors: FormErrors,
    message: String,
    token: String,
}

impl New {
    async fn new(db: &Db, layout: Layout, form: TagForm, picker: StorePicker) -> Result<Self, AppError> {
        let picker = db.read(move |conn| picker.offer(conn)).await?;
        Ok(Self { layout, form, picker, errors: FormErrors::default(), message: String::new(), token: new_token() })
    }
}

pub async fn new(editor: Editor, db: Db, layout: Layout, query: ListQuery) -> Page {
    let picker = StorePicker::with(query.id("store"), &editor.scope);
    page::ok(&New::new(&db, layout, TagForm::default(), picker).await?)
}

pub async fn create(editor: Editor, db: Db, layout: Layout, data: FormData) -> Page {
    let (form, picker) = (TagForm { name: data.text("name") }, StorePicker::read(&data, &editor.scope));
    if data.is_only_shown() {
        let again = New { token: data.token(), message: data.told(), ..New::new(&db, layout, form, picker).await? };
        return page::ok(&again);
    }
    let (typed, picked) = (form.clone(), picker.clone());
    let saved = once(&db, editor.actor(), &data, move |change| {
        let mut errors = FormErrors::default();
        let store_id = picked.resolve(change.conn(), &mut errors)?;
        let draft = typed.check(&mut errors);
        errors.or(())?;
        let tag = Tag::create(change, store_id, &draft)?;
        let notice = Notice::plain(format!("Tag “{}” is added.", tag.name));
        Ok(Done { location: format!("/tags/{}", tag.id), notice })
    });
    match saved.await {
        Err(AppError::Invalid(errors)) => {
            let errors = errors.in_order(&["name", "store"]);
            let again = New { errors, token: data.token(), ..New::new(&db, layout, form, picker).await? };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::AlreadySent { location, .. }) => {
            let message = format::already_sent(&location);
            page::with_status(StatusCode::CONFLICT, &New { message, ..New::new(&db, layout, form, picker).await? })
        }
        answer => answer,
    }
}

/// The form of a tag that is there.
#[derive(Template)]
#[template(path = "tags/edit.html")]
struct Edit {
    layout: Layout,
    id: i64,
    version: i64,
    form: TagForm,
    errors: FormErrors,
    message: String,
    token: String,
}

impl Edit {
    fn new(layout: Layout, id: i64, version: i64, form: TagForm) -> Self {
        let (errors, message, token) = (FormErrors::default(), String::new(), new_token());
        Self { layout, id, version, form, errors, message, token }
    }
}

pub async fn edit(editor: Editor, db: Db, layout: Layout, id: Path<i64>) -> Page {
    let tag = db.read(move |conn| Tag::visible(conn, &editor.scope, id.into_inner())).await?;
    let (id, version, form) = (tag.id, tag.version, TagForm { name: tag.name });
    page::ok(&Edit::new(layout, id, version, form))
}

pub async fn update(editor: Editor, db: Db, layout: Layout, id: Path<i64>, data: FormData) -> Page {
    let id = id.into_inner();
    let version = data.version()?;
    let form = TagForm { name: data.text("name") };
    if data.is_only_shown() {
        let scope = editor.scope.clone();
        let found = db.read(move |conn| Tag::visible(conn, &scope, id)).await.map(Some);
        if found.or_else(AppError::none_if_missing)?.is_none() {
            return deleted(&db, &editor.scope, layout, id, form).await;
        }
        let again = Edit { token: data.token(), message: data.told(), ..Edit::new(layout, id, version, form) };
        return page::ok(&again);
    }
    let (saved, saving) = save_or_merge(
        Saving::new(version, form),
        |form| TagForm { name: form.text("name") },
        async |saving| save(&db, &editor, &data, id, saving).await,
        async |saving| conflict(&db, &editor.scope, layout.clone(), id, saving.clone()).await,
    )
    .await;
    let token = saving.token(&data);
    let Saving { version, form, said, .. } = saving;
    match saved {
        Err(AppError::Invalid(errors)) => {
            let again = Edit { errors, message: format::escaped(&said), token, ..Edit::new(layout, id, version, form) };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::NotFound) => deleted(&db, &editor.scope, layout, id, form).await,
        answer => answer,
    }
}

async fn save(db: &Db, editor: &Editor, data: &FormData, id: i64, saving: Saving<TagForm>) -> Page {
    let (sending, scope) = (saving.sending(data), editor.scope.clone());
    let Saving { version, form, said, .. } = saving;
    let saved = once(db, editor.actor(), sending, move |change| {
        let mut errors = FormErrors::default();
        let draft = form.check(&mut errors);
        errors.or(())?;
        Tag::visible(change.conn(), &scope, id)?;
        let tag = Tag::update(change, id, version, &draft)?;
        Ok(Done::saved(&format!("Tag “{}”", tag.name), format!("/tags/{id}"), &said))
    });
    saved.await
}

/// The form of a tag that was deleted meanwhile: what was typed can still become a tag.
async fn deleted(db: &Db, scope: &Scope, layout: Layout, id: i64, form: TagForm) -> Page {
    let message = format::deleted_meanwhile("tag", id);
    let again = New { message, ..New::new(db, layout, form, StorePicker::with(None, scope)).await? };
    page::with_status(StatusCode::CONFLICT, &again)
}

/// What was sent beside what is there.
async fn conflict(
    db: &Db,
    scope: &Scope,
    layout: Layout,
    id: i64,
    saving: Saving<TagForm>,
) -> Result<Conflict, AppError> {
    let (scope, form) = (scope.clone(), saving.form.clone());
    let (tag, before, last_save) = db
        .read(move |conn| {
            let tag = Tag::visible(conn, &scope, id)?;
            let (before, last_save) = saving.between(conn, Record::Tag(id), &tag, [], &scope)?;
            Ok((tag, before, last_save))
        })
        .await?;
    let mut conflict = Conflict::new(layout, tag.name.clone(), format!("/tags/{id}/edit"), tag.version, last_save);
    let before = before.as_ref().map(|before| [("name", before.row.name.as_str())]);
    conflict.fields([("name", form.name.as_str())], [("name", tag.name.as_str())], before);
    Ok(conflict)
}

#[derive(Template)]
#[template(path = "tags/deletion.html")]
struct Deletion {
    layout: Layout,
    tag: Tag,
    store: Store,
    items: Count,
    message: String,
    token: String,
}

pub async fn confirm(editor: Editor, db: Db, layout: Layout, id: Path<i64>) -> Page {
    confirmation(&db, &editor.scope, layout, id.into_inner(), StatusCode::OK, String::new()).await
}

async fn confirmation(db: &Db, scope: &Scope, layout: Layout, id: i64, status: StatusCode, message: String) -> Page {
    let scope = scope.clone();
    let ((tag, store), items) = db
        .read(move |conn| {
            let found = tag_with_store(conn, &scope, id)?;
            let items = found.0.item_count(conn)?;
            Ok((found, items))
        })
        .await?;
    page::with_status(status, &Deletion { layout, tag, store, items, message, token: new_token() })
}

pub async fn delete(editor: Editor, db: Db, layout: Layout, id: Path<i64>, data: FormData) -> Page {
    let id = id.into_inner();
    let (version, seen) = (data.version()?, Some(data.number("items")?));
    let scope = editor.scope.clone();
    let deleted = once(&db, editor.actor(), &data, move |change| {
        // Nobody puts it on an item from here on.
        change.conn().hold(Hold::ToDelete, "tags", id)?;
        Tag::visible(change.conn(), &scope, id)?;
        let tag = Tag::delete(change, id, version, seen)?;
        Ok(Done {
            location: format!("/tags?store={}", tag.store_id),
            notice: Notice::plain(format!("Tag “{}” is deleted.", tag.name))
                .with_link(format!("/tags/{id}/history"), "See its history"),
        })
    });
    match deleted.await {
        Err(AppError::Stale) => {
            confirmation(&db, &editor.scope, layout, id, StatusCode::CONFLICT, format::changed_meanwhile("tag")).await
        }
        answer => answer,
    }
}
