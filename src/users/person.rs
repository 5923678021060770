use std::future::{Future, Ready, ready};
use std::ops::Deref;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::Either;

use super::{Role, Scope};
use crate::db::{Actor, Source};
use crate::error::AppError;
use crate::web::FormData;

/// Who sends a request, and what they may do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// The user, but for programs that call an open API.
    pub user_id: Option<i64>,
    /// The name that history shows.
    pub name: String,
    /// The address that they sign in with.
    pub email: String,
    /// What they may do.
    pub role: Role,
    /// Where they may do it.
    pub scope: Scope,
    /// How they showed who they are.
    pub means: Means,
}

/// How somebody showed who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Means {
    /// By a session of this id.
    Session(i64),
    /// By a token.
    Token {
        /// Its id.
        id: i64,
        /// What its owner calls it.
        name: String,
    },
    /// Not at all: the API is open.
    None,
}

impl Person {
    /// The same for the journal.
    #[must_use]
    pub fn actor(&self) -> Actor {
        let (name, source) = match &self.means {
            Means::Session(_) => (self.name.clone(), Source::Page),
            Means::Token { name, .. } => (format!("{} (token “{name}”)", self.name), Source::Api),
            Means::None => (self.name.clone(), Source::Api),
        };
        Actor { name, source, user_id: self.user_id }
    }

    /// The user who reads a page. Only programs are nobody, and they read none.
    #[must_use]
    pub fn user_id(&self) -> i64 {
        self.user_id.unwrap_or_default()
    }

    /// The session that the page is read in.
    #[must_use]
    pub fn session_id(&self) -> i64 {
        if let Means::Session(id) = self.means { id } else { 0 }
    }

    /// Whether they may change stores, items and tags.
    #[must_use]
    pub fn may_edit(&self) -> bool {
        self.role >= Role::Editor
    }

    /// Whether they may add and delete stores.
    #[must_use]
    pub fn may_add_stores(&self) -> bool {
        self.may_edit() && self.scope == Scope::All
    }

    /// Whether they may decide who comes in.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.role == Role::Administrator
    }

    /// Whoever sends this request, if that is known.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<Arc<Self>> {
        request.extensions().get::<Arc<Self>>().cloned()
    }
}

/// Declares an argument that only a person with this role can fill.
macro_rules! asks_for {
    ($(#[$doc:meta])* $name:ident, $role:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone)]
        pub struct $name(Arc<Person>);

        impl Deref for $name {
            type Target = Person;

            fn deref(&self) -> &Person {
                &self.0
            }
        }

        impl FromRequest for $name {
            type Error = AppError;
            type Future = Either<Ready<Result<Self, AppError>>, Pin<Box<dyn Future<Output = Result<Self, AppError>>>>>;

            fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
                Either::Left(ready(match Person::of(request) {
                    None => Err(AppError::Unauthorized),
                    Some(person) if person.role < $role => {
                        // Read all the same: the page that refuses a form shows what is typed in it.
                        let form = FormData::from_request(request, payload);
                        return Either::Right(Box::pin(async move {
                            let _ = form.await;
                            Err(AppError::Forbidden)
                        }));
                    }
                    Some(person) => Ok(Self(person)),
                }))
            }
        }
    };
}

asks_for!(
    /// Somebody who is signed in.
    Viewer,
    Role::Viewer
);
asks_for!(
    /// Somebody who may change stores, items and tags.
    Editor,
    Role::Editor
);
asks_for!(
    /// Somebody who may decide who comes in.
    Administrator,
    Role::Administrator
);
