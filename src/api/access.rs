use std::fmt;
use std::future::{Ready, ready};
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::db::{Actor, Source};
use crate::error::AppError;

/// Who may call the API.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Access {
    /// Who sends a bearer token.
    #[default]
    Token,
    /// Everybody: for clients of the former service on a closed network.
    Open,
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
            Self::Open => "open",
        })
    }
}

/// A program that may call. This is the one place that decides so: a handler that takes no
/// `Caller` is open to everybody.
#[derive(Debug, Clone)]
pub struct Caller(Actor);

impl Caller {
    /// The name under which history shows what it does.
    #[must_use]
    pub fn actor(&self) -> Actor {
        self.0.clone()
    }
}

impl FromRequest for Caller {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let access = request.app_data::<Access>().copied().unwrap_or_default();
        ready(match access {
            Access::Open => Ok(Self(Actor { name: "a program".to_owned(), source: Source::Api })),
            // No token has been given out yet, so none can be right.
            Access::Token => Err(AppError::Unauthorized),
        })
    }
}
