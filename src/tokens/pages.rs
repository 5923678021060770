use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::model::{Token, TokenDraft};
use crate::audit::{self, Event};
use crate::db::Db;
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::users::{Role, User, Viewer};
use crate::web::{Client, FormData, Layout, Notice, Page, claim_form, new_token, page};

/// How long a token is good for, in days, and what that is called.
const LIFETIMES: [(&str, &str); 4] =
    [("30", "30 days"), ("90", "90 days"), ("365", "a year"), ("", "until it is revoked")];

#[derive(Template)]
#[template(path = "tokens/new.html")]
struct New {
    layout: Layout,
    name: String,
    role: String,
    days: String,
    roles: Vec<Role>,
    errors: FormErrors,
    message: String,
    token: String,
}

impl New {
    fn with(layout: Layout, viewer: &Viewer, data: &FormData, errors: FormErrors, message: &str) -> Self {
        let roles = Role::ALL.into_iter().filter(|role| *role <= viewer.role).collect();
        Self {
            layout,
            name: data.text("name"),
            role: data.text("role"),
            days: data.text("days"),
            roles,
            errors,
            message: message.to_owned(),
            token: new_token(),
        }
    }
}

#[derive(Template)]
#[template(path = "tokens/show.html")]
struct Show {
    layout: Layout,
    name: String,
    secret: String,
}

pub async fn new(viewer: Viewer, layout: Layout) -> Page {
    let mut page = New::with(layout, &viewer, &FormData::default(), FormErrors::default(), "");
    (page.role, page.days) = (Role::Viewer.name().to_owned(), "90".to_owned());
    page::ok(&page)
}

pub async fn create(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let mut errors = FormErrors::default();
    let name = errors.text("name", &data.text("name"), 1..=100);
    let role = data.text("role").parse::<Role>().unwrap_or_else(|_| {
        errors.add("role", "Pick what the program may do.");
        Role::Viewer
    });
    if role > viewer.role {
        return Err(AppError::Forbidden);
    }
    let days = data.text("days");
    if !LIFETIMES.iter().any(|(value, _)| *value == days) {
        errors.add("days", "Pick how long it is good for.");
    }
    if !errors.is_empty() {
        return page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &New::with(layout, &viewer, &data, errors, ""));
    }
    let draft = TokenDraft { name: name.clone(), role, days: days.parse().ok() };
    let (form, user_id, address) = (data.clone(), viewer.user_id(), Client::of(&request).address.to_string());
    let secret = db
        .keep(move |conn| {
            if claim_form(conn, &form, "/account")?.is_some() {
                return Ok(None);
            }
            let user = User::find(conn, user_id)?;
            let secret = Token::create(conn, &user, &draft)?;
            let detail = format!("“{}”, {}", draft.name, draft.role);
            audit::record(conn, &user.name, Event::TokenMade, &detail, &address)?;
            Ok(Some(secret))
        })
        .await;
    match secret {
        Ok(Some(secret)) => page::secret(&Show { layout, name, secret }),
        Ok(None) => {
            let notice = "This token was made already, and is shown once only. If you did not see it, revoke it and make another.";
            Ok(page::see_other("/account", &Notice::plain(notice)))
        }
        Err(AppError::Refused(message)) => {
            let again = New::with(layout, &viewer, &data, FormErrors::default(), &message);
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again)
        }
        Err(AppError::AlreadySent { .. }) => {
            let message =
                "A token was made by this form already. What you see here is typed since: make it, and there are two.";
            let again = New::with(layout, &viewer, &data, FormErrors::default(), message);
            page::with_status(StatusCode::CONFLICT, &again)
        }
        Err(error) => Err(error),
    }
}

#[derive(Template)]
#[template(path = "tokens/deletion.html")]
struct Deletion {
    layout: Layout,
    id: i64,
    name: String,
}

pub async fn confirm(viewer: Viewer, db: Db, layout: Layout, id: Path<i64>) -> Page {
    let (id, user_id) = (id.into_inner(), viewer.user_id());
    let name = db.read(move |conn| Token::name_of(conn, user_id, id)).await?;
    page::ok(&Deletion { layout, id, name })
}

pub async fn delete(viewer: Viewer, request: HttpRequest, db: Db, id: Path<i64>) -> Page {
    let (user_id, name, address) = (viewer.user_id(), viewer.name.clone(), Client::of(&request).address.to_string());
    let revoked = db
        .keep(move |conn| {
            let token = Token::revoke(conn, user_id, id.into_inner())?;
            audit::record(conn, &name, Event::TokenRevoked, &format!("“{token}”"), &address)?;
            Ok(token)
        })
        .await;
    let said = match revoked.map(Some).or_else(AppError::none_if_missing)? {
        Some(token) => format!("The token “{token}” lets nobody in any more."),
        None => "That token is not there any more, and lets nobody in.".to_owned(),
    };
    Ok(page::see_other("/account", &Notice::plain(said)))
}
