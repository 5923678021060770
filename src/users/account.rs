use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use askama::Template;

use super::{Person, User, Viewer, password};
use crate::audit::{self, Event};
use crate::db::Db;
use crate::error::AppError;
use crate::fields::{FormErrors, check_password};
use crate::sessions::{Session, Tries};
use crate::stores::Store;
use crate::tokens::Token;
use crate::web::{Client, FormData, Layout, Notice, Page, claim_form, form_led, new_token, page};

/// What is said where the password typed once more is not the person's.
const WRONG: &str = "This is not your password.";

/// What is said where the form that changes the password is sent twice.
const CHANGED_BEFORE: &str = "Your password is changed. Nothing was done twice.";

#[derive(Template)]
#[template(path = "users/account.html")]
struct Account {
    layout: Layout,
    user: User,
    stores: Vec<Store>,
    sessions: Vec<Session>,
    /// The session that this page is read in.
    this: i64,
    tokens: Vec<Token>,
    /// Whether the box is ticked that revokes them with the password.
    revoke_tokens: bool,
    errors: FormErrors,
    token: String,
}

pub async fn show(viewer: Viewer, db: Db, layout: Layout) -> Page {
    page::ok(&Account::new(&viewer, &db, layout).await?)
}

impl Account {
    async fn new(viewer: &Person, db: &Db, layout: Layout) -> Result<Self, AppError> {
        let (user_id, scope, this) = (viewer.user_id(), viewer.scope.clone(), viewer.session_id());
        let (user, stores, sessions, tokens) = db
            .read(move |conn| {
                let stores = scope
                    .ids()
                    .unwrap_or_default()
                    .iter()
                    .map(|id| Store::find(conn, *id))
                    .collect::<Result<_, _>>()?;
                Ok((
                    User::find(conn, user_id)?,
                    stores,
                    Session::of_user(conn, user_id)?,
                    Token::of_user(conn, user_id)?,
                ))
            })
            .await?;
        let (revoke_tokens, errors, token) = (false, FormErrors::default(), new_token());
        Ok(Self { layout, user, stores, sessions, this, tokens, revoke_tokens, errors, token })
    }
}

pub async fn change_password(viewer: Viewer, request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let user_id = viewer.user_id();
    let mut form = data.token_alone(user_id);
    let sent = form.clone();
    let is_sent_before = match db.read(move |conn| Ok(form_led(conn, &sent))).await? {
        Ok(None) => false,
        Ok(Some(_)) => {
            let (tries, fits) = try_password(&db, &request, &viewer, data.text("new_password")).await?;
            if fits {
                db.keep(move |conn| tries.take_back(conn)).await?;
                return Ok(page::see_other("/account", &Notice::plain(CHANGED_BEFORE)));
            }
            true // they went back and typed another one
        }
        Err(AppError::AlreadySent { .. }) => true, // by somebody else, or another form: it tells nothing of this person's password
        Err(error) => return Err(error),
    };
    if is_sent_before {
        form = form.anew();
    }
    let mut errors = FormErrors::default();
    check_own_password(&db, &request, &viewer, &data, &mut errors).await?;
    let (chosen, revoke_tokens) = (data.text("new_password"), !data.text("revoke_tokens").is_empty());
    if let Err(fault) = check_password(&chosen, &[&viewer.name, &viewer.email]) {
        errors.add("new_password", fault);
    }
    if !errors.is_empty() {
        let again = Account { revoke_tokens, errors, ..Account::new(&viewer, &db, layout).await? };
        return page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &again);
    }
    let hash = password::hash(chosen).await?;
    let this = viewer.session_id();
    let (name, address) = (viewer.name.clone(), Client::of(&request).address.to_string());
    let changed = db
        .keep(move |conn| {
            if claim_form(conn, &form, "/account")?.is_some() {
                return Ok(None);
            }
            User::find(conn, user_id)?.set_password(conn, &hash, Some(this))?;
            audit::record(conn, &name, Event::PasswordChanged, "", &address)?;
            let revoked = if revoke_tokens { Token::revoke_all(conn, user_id)? } else { 0 };
            if revoked > 0 {
                audit::record(conn, &name, Event::TokenRevoked, &format!("all: {revoked}"), &address)?;
            }
            Ok(Some((revoked, Token::good(conn, user_id)?)))
        })
        .await?;
    let Some((revoked, good)) = changed else { return Ok(page::see_other("/account", &Notice::plain(CHANGED_BEFORE))) };
    let tokens = match (revoked, good) {
        (0, 0) => "",
        (0, _) => " Your API tokens are as good as before.",
        _ => " Your API tokens are revoked.",
    };
    let notice = format!("Your password is changed. Everywhere else you are signed out.{tokens}");
    Ok(page::see_other("/account", &Notice::plain(notice)))
}

/// Checks the password that a person types once more before something that a stranger at their desk must not do.
/// The fault is added to `errors`.
///
/// # Errors
/// `TooMany` if it was wrong too often; those of the database.
pub async fn check_own_password(
    db: &Db,
    request: &HttpRequest,
    viewer: &Person,
    data: &FormData,
    errors: &mut FormErrors,
) -> Result<(), AppError> {
    let user_id = viewer.user_id();
    match try_own_password(db, request, viewer, data).await {
        Err(AppError::Invalid(_)) => errors.add("password", WRONG),
        tried => {
            let tries = tried?;
            db.keep(move |conn| {
                // A right password alone forgives nothing where there is a second factor: codes can be guessed, too.
                let has_factor = User::find(conn, user_id)?.totp_secret.is_some();
                if has_factor { tries.take_back(conn) } else { tries.succeed(conn) }
            })
            .await?;
        }
    }
    Ok(())
}

/// The same for who shows more than the password: the attempt stays counted until all of it is right.
///
/// # Errors
/// `Invalid` if the password is wrong, `TooMany` if it was so too often; those of the database.
pub async fn try_own_password(
    db: &Db,
    request: &HttpRequest,
    viewer: &Person,
    data: &FormData,
) -> Result<Tries, AppError> {
    let (tries, fits) = try_password(db, request, viewer, data.text("password")).await?;
    if fits {
        return Ok(tries);
    }
    record_not_confirmed(db, request, viewer, "wrong password").await?;
    Err(FormErrors::one("password", WRONG).into())
}

/// Whether this is the person's password, and the attempt to type it, which stays counted.
async fn try_password(
    db: &Db,
    request: &HttpRequest,
    viewer: &Person,
    typed: String,
) -> Result<(Tries, bool), AppError> {
    let user_id = viewer.user_id();
    let tries = Tries::of(&viewer.email, Client::of(request).address);
    let begun = tries.clone();
    let hash = db
        .keep(move |conn| {
            begun.begin(conn)?;
            Ok(User::find(conn, user_id)?.password_hash)
        })
        .await?;
    match password::verify(typed, Some(hash)).await {
        // Nothing was compared: it is nobody's failure.
        Err(AppError::TooMany { retry_after_seconds }) => {
            db.keep(move |conn| tries.take_back(conn)).await?;
            Err(AppError::TooMany { retry_after_seconds })
        }
        fits => Ok((tries, fits?)),
    }
}

/// Notes that somebody in this person's session could not show that they are that person.
///
/// # Errors
/// Those of the database.
pub async fn record_not_confirmed(
    db: &Db,
    request: &HttpRequest,
    viewer: &Person,
    detail: &'static str,
) -> Result<(), AppError> {
    let (name, address) = (viewer.name.clone(), Client::of(request).address.to_string());
    db.keep(move |conn| audit::record(conn, &name, Event::NotConfirmed, detail, &address)).await
}

pub async fn end_session(viewer: Viewer, request: HttpRequest, db: Db, id: Path<i64>) -> Page {
    let (user_id, name, address) = (viewer.user_id(), viewer.name.clone(), Client::of(&request).address.to_string());
    let ended = db.keep(move |conn| {
        Session::end(conn, user_id, id.into_inner())?;
        audit::record(conn, &name, Event::SessionsEnded, "one session", &address)
    });
    let said = match ended.await.map(Some).or_else(AppError::none_if_missing)? {
        Some(()) => "You are signed out there.",
        None => "That session is over already.",
    };
    Ok(page::see_other("/account", &Notice::plain(said)))
}

pub async fn end_other_sessions(viewer: Viewer, request: HttpRequest, db: Db) -> Page {
    let (user_id, this) = (viewer.user_id(), viewer.session_id());
    let (name, address) = (viewer.name.clone(), Client::of(&request).address.to_string());
    db.keep(move |conn| {
        audit::record(conn, &name, Event::SessionsEnded, "all others", &address)?;
        Session::end_others(conn, user_id, this)
    })
    .await?;
    Ok(page::see_other("/account", &Notice::plain("You are signed out everywhere else.")))
}
