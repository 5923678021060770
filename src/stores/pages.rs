use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::model::{Contents, SORTS};
use super::{Deletion, Store, StoreDraft, StoreForm, Totals};
use crate::db::{Conn, Db};
use crate::error::AppError;
use crate::fields::{Currency, FormErrors};
use crate::history::Record;
use crate::items::{Counts, ItemFilter, ItemList, Ranges};
use crate::users::{Editor, Scope, Viewer};
use crate::web::listing::{Heading, ListQuery, Pager};
use crate::web::{
    Conflict, Done, FormData, Layout, Notice, Page, Saving, format, new_token, once, page, save_or_merge,
};

#[derive(Template)]
#[template(path = "stores/index.html")]
struct Index {
    layout: Layout,
    words: String,
    sort: String,
    stores: Vec<Store>,
    headings: [Heading; 2],
    pager: Pager,
}

pub async fn index(viewer: Viewer, db: Db, layout: Layout, query: ListQuery) -> Page {
    page::read(&db, move |conn| {
        let (keyset, words) = (query.keyset(&SORTS), query.words());
        let (found, count) = Store::search(conn, &words, &viewer.scope, &keyset)?;
        let headings =
            [query.heading(&keyset, "name", "Name"), query.heading(&keyset, "updated_at", "Last change (UTC)")];
        let pager = query.pager(&found, count, "store");
        Ok(Index { layout, words, sort: query.get("sort").to_owned(), stores: found.rows, headings, pager })
    })
    .await
}

#[derive(Template)]
#[template(path = "stores/show.html")]
struct Show {
    layout: Layout,
    store: Store,
    totals: Totals,
    currency: Currency,
    list: ItemList,
}

pub async fn show(viewer: Viewer, db: Db, layout: Layout, id: Path<i64>, query: ListQuery, counts: Counts) -> Page {
    page::read(&db, move |conn| {
        let id = id.into_inner();
        let (store, totals) = (Store::visible(conn, &viewer.scope, id)?, Totals::of_store(conn, id)?);
        let (words, scope) = (query.words(), viewer.scope.clone());
        let filter = ItemFilter { words, scope, store_id: Some(id), ..Ranges::read(&query).filter() };
        let list = ItemList::load(conn, &query, &filter, &counts)?;
        Ok(Show { layout, store, totals, currency: Currency::installed(), list })
    })
    .await
}

/// The form of a store: a new one, or one that is there.
#[derive(Template)]
#[template(path = "stores/form.html")]
struct Edit {
    layout: Layout,
    /// The store that is edited: its id, its name and the version shown.
    store: Option<(i64, String, i64)>,
    form: StoreForm,
    errors: FormErrors,
    message: String,
    token: String,
}

impl Edit {
    fn new(layout: Layout, form: StoreForm) -> Self {
        let (errors, message, token) = (FormErrors::default(), String::new(), new_token());
        Self { layout, store: None, form, errors, message, token }
    }
}

pub async fn new(editor: Editor, layout: Layout) -> Page {
    editor.scope.check_all()?;
    page::ok(&Edit::new(layout, StoreForm::default()))
}

pub async fn create(editor: Editor, db: Db, layout: Layout, data: FormData) -> Page {
    editor.scope.check_all()?;
    let form = StoreForm::read(|field| data.text(field));
    if data.is_only_shown() {
        return page::ok(&Edit { token: data.token(), message: data.told(), ..Edit::new(layout, form) });
    }
    let typed = form.clone();
    let saved = once(&db, editor.actor(), &data, move |change| {
        let draft = check(change.conn(), &typed, None)?;
        let store = Store::create(change, &draft)?;
        Ok(Done {
            location: format!("/stores/{}", store.id),
            notice: Notice::plain(format!("Store “{}” is added.", store.name))
                .with_link(format!("/items/new?store={}", store.id), "Add its first item"),
        })
    });
    match saved.await {
        Err(AppError::Invalid(errors)) => {
            let again = Edit { errors, token: data.token(), ..Edit::new(layout, form) };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::AlreadySent { location, .. }) => {
            let again = Edit { message: format::already_sent(&location), ..Edit::new(layout, form) };
            page::with_status(StatusCode::CONFLICT, &again)
        }
        answer => answer,
    }
}

/// The store that was typed, the one of this `id` if it has one. Whether it clashes with others is looked up only to tell all
/// faults at once: who saves it finds that out.
fn check(conn: &mut Conn, form: &StoreForm, id: Option<i64>) -> Result<StoreDraft, AppError> {
    let mut errors = FormErrors::default();
    let draft = form.check(&mut errors);
    if !errors.is_empty() {
        draft.check_fits(conn, id, &mut errors)?;
    }
    Ok(errors.in_order(&StoreForm::FIELDS).or(draft)?)
}

pub async fn edit(editor: Editor, db: Db, layout: Layout, id: Path<i64>) -> Page {
    let store = db.read(move |conn| Store::visible(conn, &editor.scope, id.into_inner())).await?;
    let form = StoreForm::from(&store);
    page::ok(&Edit { store: Some((store.id, store.name, store.version)), ..Edit::new(layout, form) })
}

pub async fn update(editor: Editor, db: Db, layout: Layout, id: Path<i64>, data: FormData) -> Page {
    let id = id.into_inner();
    editor.scope.check(id)?;
    let version = data.version()?;
    let form = StoreForm::read(|field| data.text(field));
    if data.is_only_shown() {
        let found = db.read(move |conn| Store::find(conn, id)).await.map(Some);
        let Some(store) = found.or_else(AppError::none_if_missing)? else { return deleted(layout, id, form) };
        let store = Some((id, store.name, version));
        return page::ok(&Edit { store, token: data.token(), message: data.told(), ..Edit::new(layout, form) });
    }
    let (saved, saving) = save_or_merge(
        Saving::new(version, form),
        |form| StoreForm::read(|field| form.text(field)),
        async |saving| save(&db, &editor, &data, id, saving).await,
        async |saving| conflict(&db, layout.clone(), id, saving.clone()).await,
    )
    .await;
    let token = saving.token(&data);
    let Saving { version, form, said, .. } = saving;
    match saved {
        Err(AppError::Invalid(errors)) => {
            let store = Some((id, saved_name(&db, id).await?, version));
            let again = Edit { store, errors, message: format::escaped(&said), token, ..Edit::new(layout, form) };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::NotFound) => deleted(layout, id, form),
        answer => answer,
    }
}

async fn save(db: &Db, editor: &Editor, data: &FormData, id: i64, saving: Saving<StoreForm>) -> Page {
    let sending = saving.sending(data);
    let Saving { version, form, said, .. } = saving;
    let saved = once(db, editor.actor(), sending, move |change| {
        let draft = check(change.conn(), &form, Some(id))?;
        let store = Store::update(change, id, version, &draft)?;
        Ok(Done::saved(&format!("Store “{}”", store.name), format!("/stores/{id}"), &said))
    });
    saved.await
}

/// The form of a store that was deleted meanwhile: what was typed can still become a store.
fn deleted(layout: Layout, id: i64, form: StoreForm) -> Page {
    let again = Edit { message: format::deleted_meanwhile("store", id), ..Edit::new(layout, form) };
    page::with_status(StatusCode::CONFLICT, &again)
}

/// What the store is called until a form for it is saved.
async fn saved_name(db: &Db, id: i64) -> Result<String, AppError> {
    match db.read(move |conn| Store::find(conn, id)).await {
        Ok(store) => Ok(store.name),
        Err(AppError::NotFound) => Ok("Deleted".to_owned()),
        Err(error) => Err(error),
    }
}

/// What was sent beside what is there.
async fn conflict(db: &Db, layout: Layout, id: i64, saving: Saving<StoreForm>) -> Result<Conflict, AppError> {
    let form = saving.form.clone();
    let (store, before, last_save) = db
        .read(move |conn| {
            let store = Store::find(conn, id)?;
            let (before, last_save) = saving.between(conn, Record::Store(id), &store, [], &Scope::All)?;
            Ok((store, before, last_save))
        })
        .await?;
    let action = format!("/stores/{id}/edit");
    let theirs = StoreForm::from(&store);
    let mut conflict = Conflict::new(layout, store.name, action, store.version, last_save);
    let before = before.map(|before| StoreForm::from(&before.row));
    conflict.fields(form.fields(), theirs.fields(), before.as_ref().map(StoreForm::fields));
    Ok(conflict)
}

#[derive(Template)]
#[template(path = "stores/deletion.html")]
struct Confirmation {
    layout: Layout,
    store: Store,
    contents: Contents,
    message: String,
    token: String,
}

pub async fn confirm(editor: Editor, db: Db, layout: Layout, id: Path<i64>) -> Page {
    editor.scope.check(*id)?;
    editor.scope.check_all()?;
    confirmation(&db, layout, id.into_inner(), StatusCode::OK, String::new()).await
}

async fn confirmation(db: &Db, layout: Layout, id: i64, status: StatusCode, message: String) -> Page {
    let (store, contents) = db
        .read(move |conn| {
            let store = Store::find(conn, id)?;
            let contents = store.contents(conn)?;
            Ok((store, contents))
        })
        .await?;
    page::with_status(status, &Confirmation { layout, store, contents, message, token: new_token() })
}

pub async fn delete(editor: Editor, db: Db, layout: Layout, id: Path<i64>, data: FormData) -> Page {
    let id = id.into_inner();
    editor.scope.check(id)?;
    editor.scope.check_all()?;
    let deletion = Deletion::as_seen(id, data.version()?, [data.number("items")?, data.number("tags")?]);
    let end = async move |db: &Db, actor, deletion: Deletion| {
        let done = once(db, actor, &data, move |change| {
            let store = deletion.finish(change)?;
            Ok(Done {
                location: "/stores".to_owned(),
                notice: Notice::plain(format!("Store “{}” is deleted.", store.name))
                    .with_link(format!("/stores/{id}/history"), "See its history"),
            })
        });
        done.await
    };
    let (status, message) = match deletion.run(&db, editor.actor(), end).await {
        (0, Err(AppError::Stale)) => (StatusCode::CONFLICT, format::changed_meanwhile("store")),
        (gone @ 1.., Err(error)) => {
            let (status, why) = match error {
                AppError::Stale => (StatusCode::CONFLICT, format::changed_meanwhile("store")),
                _ => (StatusCode::SERVICE_UNAVAILABLE, "This did not come to its end. Try it again.".to_owned()),
            };
            (status, format!("{why} {} of it went already.", format::exact(gone, "item")))
        }
        (_, answer) => return answer,
    };
    confirmation(&db, layout, id, status, message).await
}
