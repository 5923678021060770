use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::http::header::{HeaderMap, IF_MATCH, IF_NONE_MATCH};
use actix_web::{FromRequest, HttpRequest};
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::error::AppError;

/// The `ETag` of an object: a hash of all that is sent of it, so that it is never wrong.
#[must_use]
pub fn etag(body: &[u8]) -> String {
    let digest = Sha256::digest(body);
    format!("\"{}\"", HEXLOWER.encode(&digest[..16]))
}

/// What a request says about the version that it knows (RFC 9110, section 13).
#[derive(Debug, Clone, Default)]
pub struct Conditions {
    if_match: Option<String>,
    if_none_match: Option<String>,
}

impl Conditions {
    /// Whether there is a condition to hold against the object that is to be changed.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        self.if_match.is_some() || self.if_none_match.is_some()
    }

    /// Refuses to change an object that is not as the caller knows it; `None` is no object.
    ///
    /// # Errors
    /// `Precondition`.
    pub fn guard(&self, etag: Option<&str>) -> Result<(), AppError> {
        let is_matched = match (&self.if_match, etag) {
            (None, _) => true,
            (Some(list), Some(etag)) => names(list, etag),
            (Some(_), None) => false,
        };
        // `If-None-Match: *` adds, and overwrites nothing.
        if is_matched && !etag.is_some_and(|etag| self.has(etag)) { Ok(()) } else { Err(AppError::Precondition) }
    }

    /// Whether the caller has this version already.
    #[must_use]
    pub fn has(&self, etag: &str) -> bool {
        // Compared weakly: RFC 9110, section 13.1.2.
        self.if_none_match.as_deref().is_some_and(|list| names(&list.replace("W/", ""), etag))
    }
}

fn names(list: &str, etag: &str) -> bool {
    list.split(',').map(str::trim).any(|named| named == "*" || named == etag)
}

impl FromRequest for Conditions {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let list = |headers: &HeaderMap, name| {
            // What cannot be read matches nothing, but a condition it is.
            let values: Vec<&str> = headers.get_all(name).map(|value| value.to_str().unwrap_or_default()).collect();
            (!values.is_empty()).then(|| values.join(","))
        };
        let headers = request.headers();
        ready(Ok(Self { if_match: list(headers, IF_MATCH), if_none_match: list(headers, IF_NONE_MATCH) }))
    }
}
