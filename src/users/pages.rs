use std::collections::HashMap;

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::{Administrator, GrantForm, Role, User, described};
use crate::audit::{self, Event};
use crate::db::{Conn, Db};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::invitations::Invitation;
use crate::second_factors;
use crate::web::{Client, FormData, Layout, Notice, Page, format, new_token, page};

#[derive(Template)]
#[template(path = "users/index.html")]
struct Index {
    layout: Layout,
    users: Vec<User>,
    store_names: HashMap<i64, Vec<String>>,
    invitations: Vec<Invitation>,
    invited_to: HashMap<i64, Vec<String>>,
}

impl Index {
    fn stores(&self, user: &User) -> String {
        in_words(user.all_stores, self.store_names.get(&user.id))
    }

    fn invited_to(&self, invitation: &Invitation) -> String {
        in_words(invitation.all_stores, self.invited_to.get(&invitation.id))
    }
}

/// How many stores of a person are named in the list of people: there may be hundreds.
const NAMED: usize = 5;

fn in_words(all: bool, names: Option<&Vec<String>>) -> String {
    match names.map(Vec::as_slice) {
        _ if all => "all".to_owned(),
        None => "none".to_owned(),
        Some(names) if names.len() <= NAMED => names.join(", "),
        Some(names) => format!("{} and {} more", names[..NAMED].join(", "), names.len() - NAMED),
    }
}

pub async fn index(_: Administrator, db: Db, layout: Layout) -> Page {
    page::read(&db, move |conn| {
        let (users, store_names) = (User::all(conn)?, User::store_names(conn)?);
        let (invitations, invited_to) = (Invitation::open(conn)?, Invitation::store_names(conn)?);
        Ok(Index { layout, users, store_names, invitations, invited_to })
    })
    .await
}

#[derive(Template)]
#[template(path = "users/edit.html")]
struct Edit {
    layout: Layout,
    user: User,
    version: i64,
    form: GrantForm,
    /// Whether it is the reader's own.
    is_own: bool,
    errors: FormErrors,
    message: String,
    token: String,
}

pub async fn edit(_: Administrator, db: Db, layout: Layout, id: Path<i64>) -> Page {
    let (user, form) = db.read(move |conn| as_it_is(conn, id.into_inner())).await?;
    show(layout, StatusCode::OK, user, form, FormErrors::default(), String::new())
}

/// The page again, as it is, with the reason why something was not done.
async fn refused(db: &Db, layout: Layout, id: i64, message: String) -> Page {
    let (user, form) = db.read(move |conn| as_it_is(conn, id)).await?;
    show(layout, StatusCode::UNPROCESSABLE_ENTITY, user, form, FormErrors::default(), message)
}

fn as_it_is(conn: &mut Conn, id: i64) -> Result<(User, GrantForm), AppError> {
    let user = User::find(conn, id)?;
    let scope = user.scope(conn)?;
    let form = GrantForm::of(conn, user.role(), &scope)?;
    Ok((user, form))
}

fn show(layout: Layout, status: StatusCode, user: User, form: GrantForm, errors: FormErrors, message: String) -> Page {
    let version = user.version;
    let is_own = layout.person.as_ref().is_some_and(|person| person.user_id == Some(user.id));
    page::with_status(status, &Edit { layout, user, version, form, is_own, errors, message, token: new_token() })
}

pub async fn update(
    administrator: Administrator,
    request: HttpRequest,
    db: Db,
    layout: Layout,
    id: Path<i64>,
    data: FormData,
) -> Page {
    let (id, version, form) = (id.into_inner(), data.version()?, GrantForm::read(&data));
    let (who, address, typed) = (administrator.name.clone(), Client::of(&request).address.to_string(), form.clone());
    let saved = db.keep(move |conn| {
        let user = User::find(conn, id)?;
        let mut errors = FormErrors::default();
        let (role, scope) = typed.check(conn, &mut errors)?;
        errors.or(())?;
        let (former_role, former_scope) = (user.role(), user.scope(conn)?);
        if (former_role, &former_scope) == (role, &scope) {
            return Ok(format!("Nothing is changed: that is what {} may do.", user.name));
        }
        let former = described(conn, former_role, &former_scope)?;
        user.grant(conn, version, role, &scope)?;
        let granted = format!("{}: {}, before: {former}", user.email, described(conn, role, &scope)?);
        audit::record(conn, &who, Event::RoleChanged, &granted, &address)?;
        Ok(format!("What {} may do is changed.", user.name))
    });
    let (errors, message) = match saved.await {
        Ok(said) => return Ok(page::see_other("/users", &Notice::plain(said))),
        Err(AppError::Invalid(errors)) => (errors, String::new()),
        Err(AppError::Refused(message)) => (FormErrors::default(), message),
        Err(AppError::Stale) => {
            let (user, now) = db
                .read(move |conn| {
                    let user = User::find(conn, id)?;
                    let scope = user.scope(conn)?;
                    let now = described(conn, user.role(), &scope)?;
                    Ok((user, now))
                })
                .await?;
            let message = format!(
                "This was changed meanwhile, by somebody else or from another page of yours: it is “{now}” now. Save \
                 again if it is to be as it is here."
            );
            return show(layout, StatusCode::CONFLICT, user, form, FormErrors::default(), format::escaped(&message));
        }
        Err(error) => return Err(error),
    };
    let user = db.read(move |conn| User::find(conn, id)).await?;
    show(layout, StatusCode::UNPROCESSABLE_ENTITY, user.in_version(version), form, errors, message)
}

pub async fn disable(
    administrator: Administrator,
    request: HttpRequest,
    db: Db,
    layout: Layout,
    id: Path<i64>,
) -> Page {
    let id = id.into_inner();
    let disabled = on_user(&administrator, &request, &db, id, Event::UserDisabled, User::disable).await;
    match disabled {
        Ok(name) => {
            let notice = format!("{name} cannot sign in any more, and is signed out everywhere.");
            Ok(page::see_other("/users", &Notice::plain(notice)))
        }
        Err(AppError::Refused(message)) => refused(&db, layout, id, message).await,
        Err(error) => Err(error),
    }
}

pub async fn enable(administrator: Administrator, request: HttpRequest, db: Db, id: Path<i64>) -> Page {
    let name = on_user(&administrator, &request, &db, id.into_inner(), Event::UserEnabled, User::enable).await?;
    Ok(page::see_other("/users", &Notice::plain(format!("{name} can sign in again."))))
}

/// For who has lost the phone, and the recovery codes with it. One's own is turned off with a code of it.
pub async fn turn_off_second_factor(
    administrator: Administrator,
    request: HttpRequest,
    db: Db,
    layout: Layout,
    id: Path<i64>,
) -> Page {
    let id = id.into_inner();
    if administrator.user_id == Some(id) {
        let message =
            "Turn your own second factor off on the page of your account, or let another administrator do it.";
        return refused(&db, layout, id, message.to_owned()).await;
    }
    let turn_off = |user: &User, conn: &mut Conn| second_factors::turn_off(conn, user.id);
    let name = on_user(&administrator, &request, &db, id, Event::SecondFactorOff, turn_off).await?;
    Ok(page::see_other("/users", &Notice::plain(format!("{name} needs no second factor any more."))))
}

/// Does something to a user, keeps it in the audit log, and gives the user's name.
async fn on_user(
    administrator: &Administrator,
    request: &HttpRequest,
    db: &Db,
    id: i64,
    event: Event,
    work: impl FnOnce(&User, &mut Conn) -> Result<(), AppError> + Send + 'static,
) -> Result<String, AppError> {
    let (who, address) = (administrator.name.clone(), Client::of(request).address.to_string());
    db.keep(move |conn| {
        let user = User::find(conn, id)?;
        work(&user, conn)?;
        audit::record(conn, &who, event, &user.email, &address)?;
        Ok(user.name)
    })
    .await
}
