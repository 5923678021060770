use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, CLEAR_SITE_DATA, RETRY_AFTER, USER_AGENT, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use diesel::Connection;

use super::kept::Kept;
use super::model::{Found, Session};
use super::{Tries, cookie};
use crate::audit::{self, Event};
use crate::db::{Conn, Db};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::second_factors::{self, Accepted};
use crate::users::{User, password};
use crate::web::listing::ListQuery;
use crate::web::{Client, FormData, Layout, Notice, Page, format, page};

/// What is said where address and password do not fit: the same whether there is such an account or not.
const WRONG: &str = "No account has this address and this password. Check both, and try again.";
/// What is said where a code is wrong.
const WRONG_CODE: &str = "This code is not right any more, or not at all. Type the newest one that your phone shows.";

#[derive(Template)]
#[template(path = "sessions/new.html")]
struct SignIn {
    layout: Layout,
    kept: Kept,
    email: String,
    message: String,
}

#[derive(Template)]
#[template(path = "sessions/second_factor.html")]
struct SecondFactor {
    layout: Layout,
    kept: Kept,
    message: String,
}

/// Leads back to a form with what was typed in it.
#[derive(Template)]
#[template(path = "sessions/resumption.html")]
struct Resumption {
    layout: Layout,
    path: String,
    fields: Vec<(String, String)>,
}

/// Leads to the sign-in page, and from there to where somebody wanted to go.
pub fn redirect(kept: &Kept) -> HttpResponse {
    let query = serde_urlencoded::to_string([("next", &kept.next)]).unwrap_or_default();
    let location = if kept.next.is_empty() { "/session/new".to_owned() } else { format!("/session/new?{query}") };
    page::redirect(&location)
}

/// The sign-in page in answer to a form whose sender is not signed in any more.
pub fn ask_again(request: &HttpRequest, kept: Kept) -> Page {
    let message = if kept.path.is_empty() {
        "You have been signed out meanwhile, and nothing was done. Sign in, and do it again."
    } else {
        "You have been signed out meanwhile. Sign in, and go on where you were: what you typed is still there."
    };
    signed_out(request, kept, message)
}

fn signed_out(request: &HttpRequest, kept: Kept, message: &str) -> Page {
    let page = SignIn { layout: Layout::of(request), kept, email: String::new(), message: message.to_owned() };
    let mut answer = page::with_status(StatusCode::UNAUTHORIZED, &page)?;
    // RFC 9110 asks for a challenge, and knows none for a form.
    answer.headers_mut().insert(WWW_AUTHENTICATE, "Form".parse().map_err(|_| AppError::NotFound)?);
    Ok(answer)
}

pub async fn new(layout: Layout, query: ListQuery) -> Page {
    let kept = Kept { next: query.get("next").to_owned(), ..Kept::default() }.checked();
    page::ok(&SignIn { layout, kept, email: String::new(), message: String::new() })
}

pub async fn create(request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let (email, typed, kept) = (data.text("email"), data.text("password"), Kept::read(&data));
    let address = Client::of(&request).address;
    let tries = Tries::of(&email, address);
    let again = |status, mut message: String| {
        if !kept.path.is_empty() {
            message.push_str(" What you typed before you were signed out is still there.");
        }
        let page = SignIn { layout: layout.clone(), kept: kept.clone(), email: email.clone(), message };
        page::with_status(status, &page)
    };
    let begun = {
        let tries = tries.clone();
        db.keep(move |conn| {
            tries.begin(conn)?;
            User::by_email(conn, tries.email_key()).map(Some).or_else(AppError::none_if_missing)
        })
        .await
    };
    let user = match begun {
        Err(AppError::TooMany { retry_after_seconds }) => return too_many(again, retry_after_seconds),
        begun => begun?.filter(|user| user.disabled_at.is_none()),
    };
    let hash = user.as_ref().map(|user| user.password_hash.clone());
    let fits = match password::verify(typed.clone(), hash).await {
        // Nothing was compared: it is nobody's failure.
        Err(AppError::TooMany { retry_after_seconds }) => {
            db.keep(move |conn| tries.take_back(conn)).await?;
            return too_many(again, retry_after_seconds);
        }
        fits => fits?,
    };
    let Some(user) = user.filter(|_| fits) else {
        let address = address.to_string();
        // What is no address may be a password in the wrong field: it must not stand where others read it.
        let mut faults = FormErrors::default();
        faults.email("email", &email);
        let who = if faults.is_empty() { tries.email_key().to_owned() } else { "no address".to_owned() };
        db.keep(move |conn| audit::record(conn, &who, Event::SignInFailed, "", &address)).await?;
        return again(StatusCode::UNPROCESSABLE_ENTITY, WRONG.to_owned());
    };
    let rehashed = if password::is_outdated(&user.password_hash) { Some(password::hash(typed).await?) } else { None };
    let awaits_factor = user.totp_secret.is_some();
    let visitor = Visitor::of(&request);
    let secret = db
        .keep(move |conn| {
            // While the password was compared, it may have been changed, or the person disabled.
            if !user.is_as_it_was(conn)? {
                return Ok(None);
            }
            if let Some(hash) = rehashed {
                user.rehash(conn, &hash)?;
            }
            // A right password alone forgives nothing where a code is still to come: codes can be guessed, too.
            if !awaits_factor {
                tries.succeed(conn)?;
            }
            visitor.sign_in(conn, &user, awaits_factor).map(Some)
        })
        .await?;
    let Some(secret) = secret else { return again(StatusCode::UNPROCESSABLE_ENTITY, WRONG.to_owned()) };
    if !awaits_factor {
        return go_on(&request, &secret, kept);
    }
    let mut answer = page::ok(&SecondFactor { layout, kept, message: String::new() })?;
    answer.add_cookie(&cookie::write(&request, &secret)).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(answer)
}

/// The sign-in page in answer to a code whose sign-in is over.
fn too_late(request: &HttpRequest, kept: Kept) -> Page {
    let still_there =
        if kept.path.is_empty() { "" } else { " What you typed before you were signed out is still there." };
    let message =
        format!("That took too long, or was sent twice. Sign in once more, and type a new code.{still_there}");
    signed_out(request, kept, &message)
}

pub async fn second_factor(request: HttpRequest, db: Db, layout: Layout, data: FormData) -> Page {
    let (code, kept) = (data.text("code"), Kept::read(&data));
    let Some(old) = cookie::read(&request) else { return too_late(&request, kept) };
    let present = old.clone();
    let (address, visitor) = (Client::of(&request).address, Visitor::of(&request));
    let done = db
        .keep(move |conn| {
            let Some(Found { session, person }) = Session::find(conn, &old)? else { return Ok(Outcome::TooLate) };
            if !session.awaits_factor {
                return Ok(Outcome::InAlready);
            }
            let tries = Tries::of(&person.email, address);
            // Both or neither: what has to wait is not counted.
            let begun = conn.transaction(|conn| {
                tries.begin_code(conn)?;
                tries.begin(conn)
            });
            match begun {
                Err(AppError::TooMany { retry_after_seconds }) => return Ok(Outcome::Wait(retry_after_seconds)),
                begun => begun?,
            }
            let user = User::find(conn, session.user_id)?;
            // Turned off meanwhile, by an administrator for who has lost the phone: the password is enough then.
            let accepted = match user.totp_secret {
                None => Some(Accepted::Code),
                Some(_) => second_factors::accept(conn, &user, &code)?,
            };
            match accepted {
                None => {
                    audit::record(conn, &person.name, Event::SignInFailed, "wrong code", &address.to_string())?;
                    return Ok(Outcome::Wrong);
                }
                Some(Accepted::RecoveryCode { left }) => {
                    let detail = format!("{left} left");
                    audit::record(conn, &person.name, Event::RecoveryCodeUsed, &detail, &address.to_string())?;
                }
                Some(Accepted::Code) => {}
            }
            tries.succeed(conn)?;
            Session::end(conn, user.id, session.id)?;
            Ok(Outcome::In(Visitor { old: None, ..visitor }.sign_in(conn, &user, false)?))
        })
        .await?;
    match done {
        Outcome::In(secret) => go_on(&request, &secret, kept),
        Outcome::InAlready => go_on(&request, &present, kept),
        Outcome::TooLate => too_late(&request, kept),
        Outcome::Wrong => {
            let page = SecondFactor { layout, kept, message: WRONG_CODE.to_owned() };
            page::with_status(StatusCode::UNPROCESSABLE_ENTITY, &page)
        }
        Outcome::Wait(seconds) => {
            too_many(|status, message| page::with_status(status, &SecondFactor { layout, kept, message }), seconds)
        }
    }
}

enum Outcome {
    In(String),
    /// In another tab of the same browser.
    InAlready,
    TooLate,
    Wrong,
    Wait(u64),
}

pub async fn delete(request: HttpRequest, db: Db) -> Page {
    if let Some(secret) = cookie::read(&request) {
        let address = Client::of(&request).address.to_string();
        db.keep(move |conn| {
            if let Some(found) = Session::find(conn, &secret)? {
                audit::record(conn, &found.person.name, Event::SignedOut, "", &address)?;
            }
            Session::end_of(conn, &secret)
        })
        .await?;
    }
    let mut answer = page::see_other("/session/new", &Notice::plain("You are signed out."));
    answer.add_cookie(&cookie::forget(&request)).map_err(|error| AppError::Internal(error.to_string()))?;
    // Nobody who sits down here next leafs back to what was on the screen.
    answer.headers_mut().insert(CLEAR_SITE_DATA, "\"cache\"".parse().map_err(|_| AppError::NotFound)?);
    Ok(answer)
}

/// Signs in who has shown in another way that they may come in, and leads to `location`.
///
/// # Errors
/// Those of the database.
pub async fn sign_in_as(request: &HttpRequest, db: &Db, user: User, location: &str, notice: &Notice) -> Page {
    let visitor = Visitor::of(request);
    let secret = db.keep(move |conn| visitor.sign_in(conn, &user, false)).await?;
    let mut answer = page::see_other(location, notice);
    answer.add_cookie(&cookie::write(request, &secret)).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(answer)
}

/// Who is about to be signed in: where from, with which browser, and with which session until now.
struct Visitor {
    address: String,
    browser: String,
    old: Option<String>,
}

impl Visitor {
    fn of(request: &HttpRequest) -> Self {
        let browser = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            address: Client::of(request).address.to_string(),
            browser: browser.to_owned(),
            old: cookie::read(request),
        }
    }

    /// Begins a new session. The one before ends: whoever planted it holds nothing then.
    fn sign_in(self, conn: &mut Conn, user: &User, awaits_factor: bool) -> Result<String, AppError> {
        if let Some(old) = &self.old {
            Session::end_of(conn, old)?;
        }
        if !awaits_factor {
            audit::record(conn, &user.name, Event::SignedIn, "", &self.address)?;
        }
        Session::start(conn, user.id, awaits_factor, &self.address, &self.browser)
    }
}

/// Leads to where somebody wanted to go, signed in.
fn go_on(request: &HttpRequest, secret: &str, kept: Kept) -> Page {
    let mut answer = if kept.path.is_empty() {
        let location = if kept.next.is_empty() { "/" } else { &kept.next };
        page::redirect(location)
    } else {
        let fields = kept.fields();
        page::ok(&Resumption { layout: Layout::of(request), path: kept.path, fields })?
    };
    answer.add_cookie(&cookie::write(request, secret)).map_err(|error| AppError::Internal(error.to_string()))?;
    answer.headers_mut().insert(CACHE_CONTROL, "no-store".parse().map_err(|_| AppError::NotFound)?);
    Ok(answer)
}

fn too_many(page: impl FnOnce(StatusCode, String) -> Page, seconds: u64) -> Page {
    let wait = format::wait(seconds);
    let message = format!("There were too many attempts that failed. Wait {wait}, and try again.");
    let mut answer = page(StatusCode::TOO_MANY_REQUESTS, message)?;
    answer.headers_mut().insert(RETRY_AFTER, seconds.into());
    Ok(answer)
}
