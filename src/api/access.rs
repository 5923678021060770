use std::fmt;
use std::future::{Ready, ready};
use std::ops::Deref;
use std::str::FromStr;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use actix_web::{FromRequest, HttpRequest};

use crate::db::{Db, Remembered, Stamp};
use crate::error::AppError;
use crate::sessions::hash_of;
use crate::tokens::{Found, Token};
use crate::users::{Means, Person, Role, Scope};
use crate::web::Client;

/// Who may call the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Who sends a bearer token.
    #[default]
    Token,
    /// Everybody on this machine: for clients of the former service.
    Open,
    /// Everybody who reaches it: the same on a closed network.
    OpenToNetwork,
}

impl Access {
    /// Whether it asks for no token.
    #[must_use]
    pub fn is_open(self) -> bool {
        self != Self::Token
    }

    /// As the program was started.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        request.app_data().copied().unwrap_or_default()
    }
}

impl FromStr for Access {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "token" => Ok(Self::Token),
            "open" => Ok(Self::Open),
            _ => Err("give token or open".to_owned()),
        }
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Token => "token",
            Self::Open | Self::OpenToNetwork => "open",
        })
    }
}

/// A program that may call. This is the one place that decides so: a handler that takes no
/// `Caller` is open to everybody. Who only looks may send nothing but `GET`.
#[derive(Debug, Clone)]
pub struct Caller(Arc<Person>);

impl Deref for Caller {
    type Target = Person;

    fn deref(&self) -> &Person {
        &self.0
    }
}

impl FromRequest for Caller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(match Person::of(request) {
            None => Err(AppError::Unauthorized),
            Some(person) if !request.method().is_safe() && !person.may_edit() => Err(AppError::Forbidden),
            Some(person) => Ok(Self(person)),
        })
    }
}

/// Finds out who calls: before the path and the body are looked at, so that nobody learns from these what is there.
/// `stamp` is that of now.
///
/// # Errors
/// `OtherSite` if the page of another site may have led a browser of this machine here; those of the database.
///
/// # Panics
/// If the database is not registered in app.rs.
pub async fn recognise(request: &HttpRequest, stamp: Option<&Stamp>) -> Result<Option<Arc<Person>>, AppError> {
    match Access::of(request) {
        Access::Token => {}
        Access::Open if !Client::of(request).names_no_other_machine() => return Err(AppError::OtherSite),
        Access::Open | Access::OpenToNetwork => return Ok(Some(Arc::new(anybody()))),
    }
    let Some(secret) = bearer(request.headers()) else { return Ok(None) };
    let db = request.app_data::<Db>().expect("Db is registered in app.rs");
    let known = request.app_data::<Remembered<String, Found>>().expect("it is registered in app.rs");
    let found = known.get(db, stamp, hash_of(&secret), move |conn| Token::find(conn, &secret)).await?;
    let Some(found) = found.filter(|found| !found.token.has_run_out()) else { return Ok(None) };
    if found.token.is_to_be_noted() {
        let id = found.token.id;
        db.note(("token", id), move |conn| Token::note(conn, id));
    }
    Ok(Some(found.person.clone()))
}

/// The token that a request shows (RFC 6750, 2.1).
#[must_use]
pub fn bearer(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

/// Whoever calls an open API.
fn anybody() -> Person {
    Person {
        user_id: None,
        name: "a program".to_owned(),
        email: String::new(),
        role: Role::Editor,
        scope: Scope::All,
        means: Means::None,
    }
}
