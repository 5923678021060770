use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::db::{Actor, Source};

impl FromRequest for Actor {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    /// Who sends a form. Nobody signs in yet, so it is whoever reaches the port.
    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self { name: "somebody".to_owned(), source: Source::Page }))
    }
}
