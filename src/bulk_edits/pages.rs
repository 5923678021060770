use std::sync::{Arc, OnceLock};
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::rt::time::timeout;
use actix_web::web::{self, Path};
use askama::Template;

use super::example::Example;
use super::form::OPERATIONS;
use super::{BulkEdit, BulkEditDraft, BulkEditForm, LeftAlone, Operation, Rounding, State, Verdict, run, selection};
use crate::audit::{self, Event};
use crate::db::{Conn, Count, Db};
use crate::error::AppError;
use crate::fields::{Currency, FormErrors};
use crate::items::{Item, ItemFilter, ItemList, Ranges};
use crate::stores::{Store, StorePicker};
use crate::users::{Editor, Person, Scope, Viewer};
use crate::web::listing::ListQuery;
use crate::web::{Client, Done, FormData, Layout, Notice, Once, Page, format, new_token, now_or_before, page};

/// How many examples a preview shows, of those it changes and of those it cannot.
const EXAMPLES: i64 = 10;
/// Of how many items it is looked at each what would become of it, where some have changed since the preview.
const COUNTED_MAX: i64 = 100_000;
/// How many items that were left alone are listed.
const LEFT_ALONE: i64 = 100;
/// How long an answer waits for the end: most bulk edits are done by then.
const PATIENCE: Duration = Duration::from_secs(1);

/// The form of a bulk edit.
#[derive(Template)]
#[template(path = "bulk_edits/new.html")]
struct New {
    layout: Layout,
    /// What can be done, and where it is chosen.
    operations: Vec<(&'static str, &'static str, String)>,
    form: BulkEditForm,
    picker: StorePicker,
    /// The list as in its URL, behind `/items`.
    list: String,
    filter: String,
    count: Count,
    errors: FormErrors,
    message: String,
    token: String,
    currency: Currency,
}

impl New {
    async fn new(
        db: &Db,
        scope: &Scope,
        layout: Layout,
        query: &ListQuery,
        form: BulkEditForm,
        picker: StorePicker,
    ) -> Result<Self, AppError> {
        let wanted = ItemFilter { scope: scope.clone(), ..ItemList::filter(query) };
        let (picker, filter, count) = db
            .read(move |conn| {
                let filter = selection::described(conn, &wanted)?;
                Ok((picker.offer(conn)?, filter, Item::count_matching(conn, &wanted)?))
            })
            .await?;
        let chosen_at = query.at("/bulk-edits/new");
        let url = |name: &str| chosen_at.url_with(&[("operation", name)]);
        Ok(Self {
            layout,
            operations: OPERATIONS.iter().map(|(name, title)| (*name, *title, url(name))).collect(),
            form,
            picker,
            list: list(query),
            filter,
            count,
            errors: FormErrors::default(),
            message: String::new(),
            token: new_token(),
            currency: Currency::installed(),
        })
    }

    fn is_chosen(&self, name: &str) -> bool {
        self.form.operation == name
    }
}

/// The list that a bulk edit is made from, as in its URL, behind `/items`.
fn list(query: &ListQuery) -> String {
    query.at("").url_with(&[("operation", ""), ("sort", "")])
}

pub async fn new(editor: Editor, db: Db, layout: Layout, query: ListQuery) -> Page {
    let form = BulkEditForm::of(query.get("operation"));
    let picker = StorePicker::with(None, &editor.scope);
    page::ok(&New::new(&db, &editor.scope, layout, &query, form, picker).await?)
}

pub async fn create(editor: Editor, db: Db, layout: Layout, data: FormData) -> Page {
    let (form, picker) = (BulkEditForm::read(&data), StorePicker::read(&data, &editor.scope));
    let query = ListQuery::parse("/items", data.text("list").trim_start_matches('?'));
    if data.is_only_shown() {
        return page::ok(&New {
            token: data.token(),
            message: data.told(),
            ..New::new(&db, &editor.scope, layout, &query, form, picker).await?
        });
    }
    let previewed = match preview(&db, &editor, &data, &query, &form, &picker).await {
        // Somebody went back and chose something else. A preview changes nothing, so this is one more.
        Err(AppError::AlreadySent { .. }) => preview(&db, &editor, &data.anew(), &query, &form, &picker).await,
        previewed => previewed,
    };
    match previewed {
        Err(AppError::Invalid(errors)) => {
            let again = New {
                errors,
                token: data.token(),
                ..New::new(&db, &editor.scope, layout, &query, form, picker).await?
            };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        answer => answer,
    }
}

async fn preview(
    db: &Db,
    editor: &Editor,
    data: &FormData,
    query: &ListQuery,
    form: &BulkEditForm,
    picker: &StorePicker,
) -> Page {
    // The list leaves out what it cannot read, and so shows more than was meant.
    let unread = [
        (!Ranges::read(query).errors.is_empty(), "a price or quantity in its filters that is none"),
        (!query.get("store_name").trim().is_empty(), "a store in its filters that is not picked yet"),
    ];
    if let Some((_, unread)) = unread.iter().find(|(is_there, _)| *is_there) {
        let fault = format!("The list has {unread}. Go back to it and correct that first.");
        return Err(FormErrors::one("operation", fault).into());
    }
    let filter = ItemFilter { scope: editor.scope.clone(), ..ItemList::filter(query) };
    let (list, form, picker) = (list(query), form.clone(), picker.clone());
    let (draft, items) = db
        .read(move |conn| {
            let mut errors = FormErrors::default();
            let mut store = (0, String::new());
            if form.operation == "move" {
                store.0 = picker.resolve(conn, &mut errors)?;
            }
            let operation = form.check(store, &mut errors);
            errors.or(())?;
            let operation = match operation {
                Operation::Move { store_id, .. } => {
                    Operation::Move { store_id, store: Store::find(conn, store_id)?.to_string() }
                }
                other => other,
            };
            let items = Item::versions(conn, &filter)?;
            if items.is_empty() {
                return Err(FormErrors::one(
                    "operation",
                    "No item fits the list. Go back to it, and choose what more fits.",
                )
                .into());
            }
            let filter = selection::described(conn, &filter)?;
            Ok((BulkEditDraft { list, filter, operation, matched: items.len() }, items))
        })
        .await?;
    let created = Arc::new(OnceLock::new());
    let (actor, id) = (editor.actor(), created.clone());
    let sent = now_or_before(db, editor.actor(), data, move |change| {
        let new = BulkEdit::create(change, &actor, &draft)?;
        let _ = id.set(new);
        Ok(Done { location: format!("/bulk-edits/{new}"), notice: Notice::plain("Nothing is changed yet.") })
    })
    .await?;
    // Not when the form was sent before: then this is noted already.
    if let (Once::Now(_), Some(id)) = (&sent, created.get().copied()) {
        let db = db.clone();
        let frozen = web::block(move || run::freeze(&db, id, &items)).await;
        frozen.map_err(|error| AppError::Internal(error.to_string()))??;
    }
    Ok(match sent {
        Once::Now(_) => sent.answer(),
        Once::Before(done) => page::see_other(
            &done.location,
            &Notice::plain("Nothing is changed yet. This is the preview that was made before."),
        ),
    })
}

/// What a bulk edit would do.
#[derive(Template)]
#[template(path = "bulk_edits/preview.html")]
struct Preview {
    layout: Layout,
    edit: BulkEdit,
    examples: Vec<Example>,
    refused: Vec<LeftAlone>,
    changed_since: Count,
    /// How many would cost nothing, that cost something now.
    made_free: Count,
    /// How many it would change; at most, if some of very many have changed since.
    to_change: i64,
    is_at_most: bool,
    /// Whether the store that the items would move to is deleted.
    is_store_gone: bool,
    token: String,
}

impl Preview {
    fn of(conn: &mut Conn, scope: &Scope, layout: Layout, edit: BulkEdit) -> Result<Self, AppError> {
        let mut examples = Vec::new();
        for id in edit.accepted(conn, EXAMPLES)? {
            match Example::of(conn, &edit.operation, id) {
                // It, or the store it would move to, was deleted at this moment.
                Err(AppError::NotFound) => {}
                example => examples.push(example?),
            }
        }
        let refused = if edit.refused > 0 { edit.refused(conn, scope, EXAMPLES)? } else { Vec::new() };
        let (changed_since, made_free) = (edit.changed_since(conn)?, edit.made_free(conn)?);
        let is_at_most = !changed_since.is_zero() && edit.matched > COUNTED_MAX;
        let to_change = if changed_since.is_zero() || is_at_most {
            edit.matched - edit.unchanged - edit.refused
        } else {
            edit.count_accepted(conn)?
        };
        let is_store_gone = match edit.operation {
            Operation::Move { store_id, .. } => {
                Store::find(conn, store_id).map(Some).or_else(AppError::none_if_missing)?.is_none()
            }
            _ => false,
        };
        let token = new_token();
        Ok(Self {
            layout,
            edit,
            examples,
            refused,
            changed_since,
            made_free,
            to_change,
            is_at_most,
            is_store_gone,
            token,
        })
    }
}

/// A bulk edit under way: noting its items, or changing them.
#[derive(Template)]
#[template(path = "bulk_edits/progress.html")]
struct Progress {
    layout: Layout,
    edit: BulkEdit,
    percent: i64,
    waits_for_space: bool,
    token: String,
}

impl Progress {
    /// How many items it is about: those that it would change, once they are known.
    fn count(&self) -> i64 {
        let BulkEdit { matched, unchanged, refused, state, .. } = self.edit;
        if state == State::Freezing { matched } else { matched - unchanged - refused }
    }

    fn is(&self, state: State) -> bool {
        self.edit.state == state
    }
}

/// What a bulk edit has done.
#[derive(Template)]
#[template(path = "bulk_edits/outcome.html")]
struct Outcome {
    layout: Layout,
    edit: BulkEdit,
    counts: Vec<(Verdict, i64)>,
    left_alone: Vec<LeftAlone>,
}

impl Outcome {
    fn left_alone_count(&self) -> i64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

pub async fn show(viewer: Viewer, db: Db, layout: Layout, id: Path<i64>) -> Page {
    let id = id.into_inner();
    let edit = db.read(move |conn| BulkEdit::find(conn, id)).await?;
    // Nobody else needs to know of what somebody only thinks of doing.
    if !edit.is_shown_to(&viewer) {
        return Err(AppError::NotFound);
    }
    match edit.state {
        State::Previewed => {
            page::read(&db, move |conn| {
                // Its maker may see fewer stores than then, and it shows what is in them now.
                check_within(conn, &viewer, &edit)?;
                Preview::of(conn, &viewer.scope, layout, edit)
            })
            .await
        }
        State::Applied => {
            page::read(&db, move |conn| {
                let counts = edit.counts_left_alone(conn)?;
                let left_alone = edit.left_alone(conn, &viewer.scope, LEFT_ALONE)?;
                Ok(Outcome { layout, edit, counts, left_alone })
            })
            .await
        }
        State::Freezing | State::Applying | State::Stopped => {
            page::read(&db, move |conn| {
                let percent = edit.progress(conn)?;
                let waits_for_space = run::waits_for_space(id);
                Ok(Progress { layout, edit, percent, waits_for_space, token: new_token() })
            })
            .await
        }
    }
}

pub async fn apply(editor: Editor, request: HttpRequest, db: Db, id: Path<i64>) -> Page {
    let id = id.into_inner();
    let address = Client::of(&request).address.to_string();
    // The edit itself remembers that it was begun: sent again, by whatever form, this does nothing.
    let begun = db
        .keep(move |conn| {
            let edit = shown_within(conn, &editor, id)?;
            let is_begun = BulkEdit::begin(conn, id)?;
            // The history goes on under the name of who made it.
            if is_begun && edit.user_id != editor.user_id {
                let which = format!("number {id}, made by {}", edit.who);
                audit::record(conn, &editor.name, Event::BulkEditTakenOver, &which, &address)?;
            }
            Ok(is_begun.then_some(edit))
        })
        .await?;
    let notice = match begun {
        None => Notice::plain("This was begun before. Nothing is done twice."),
        Some(edit) => {
            // Whether it ends in time or not, the page shows how far it is.
            let _ = timeout(PATIENCE, run::start(&db, edit)).await;
            let edit = db.read(move |conn| BulkEdit::find(conn, id)).await?;
            Notice::plain(match edit.state {
                State::Applied => format!("{}.", edit.operation.done_to(edit.changed)),
                State::Stopped => "It has stopped.".to_owned(),
                _ => "It is under way.".to_owned(),
            })
        }
    };
    Ok(page::see_other(&format!("/bulk-edits/{id}"), &notice))
}

pub async fn stop(editor: Editor, db: Db, id: Path<i64>) -> Page {
    let id = id.into_inner();
    let stopped = db
        .keep(move |conn| {
            shown_within(conn, &editor, id)?;
            BulkEdit::stop(conn, id)
        })
        .await?;
    let notice = if stopped { "It is stopped." } else { "It was not under way any more." };
    Ok(page::see_other(&format!("/bulk-edits/{id}"), &Notice::plain(notice)))
}

/// A bulk edit that somebody may apply or stop.
fn shown_within(conn: &mut Conn, editor: &Editor, id: i64) -> Result<BulkEdit, AppError> {
    let edit = BulkEdit::find(conn, id)?;
    if !edit.is_shown_to(editor) {
        return Err(AppError::NotFound);
    }
    check_within(conn, editor, &edit)?;
    Ok(edit)
}

fn check_within(conn: &mut Conn, person: &Person, edit: &BulkEdit) -> Result<(), AppError> {
    if edit.is_within(conn, &person.scope)? { Ok(()) } else { Err(AppError::Forbidden) }
}
