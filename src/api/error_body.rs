use actix_web::http::StatusCode;
use actix_web::http::header::{ACCEPT, HeaderMap};
use serde_json::{Value, json};

use super::bearer;
use crate::error::AppError;

/// Whether an error at this path, decoded, is answered in JSON: to programs.
#[must_use]
pub fn answers(path: &str, headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    is_at(path) || accepted.starts_with("application/json") || bearer(headers).is_some()
}

/// Whether this path, decoded, is the API's.
#[must_use]
pub fn is_at(path: &str) -> bool {
    // Another case leads nowhere either, but whoever asks for it is a program.
    let first = path.split('/').nth(1).unwrap_or_default().to_ascii_lowercase();
    matches!(first.as_str(), "store" | "item" | "tag" | "openapi.json")
}

/// An error as the former service wrote it.
#[must_use]
pub fn error_body(status: StatusCode, error: Option<&AppError>) -> Value {
    let code = status.as_u16();
    let phrase = status.canonical_reason().unwrap_or("Error");
    let message = match error {
        Some(AppError::Fields { place, faults }) => {
            return json!({"code": code, "errors": {*place: faults}, "status": phrase});
        }
        Some(AppError::BadJson) => {
            return json!({"code": code, "errors": {"json": ["Invalid JSON body."]}, "status": phrase});
        }
        Some(AppError::Refused(message)) => message.as_str(),
        Some(AppError::Unauthorized) => "Send a token that is good: Authorization: Bearer …",
        Some(AppError::Precondition) => "It has changed since. Get it again, and decide again.",
        Some(AppError::OtherSite) => "A request from a page of another site.",
        Some(AppError::Forbidden) => "This token may not do that.",
        Some(AppError::TooLarge) => "The body is larger than 1 MB.",
        Some(AppError::TooLong) => "The address, or what is searched for, is too long.",
        Some(AppError::TooManyHeaders) => "There are too many headers, or too long ones.",
        Some(AppError::TooSlow) => "The body came too slowly. Nothing was saved.",
        Some(AppError::TooMany { .. }) => "Too many tries. Try again after the seconds in Retry-After.",
        Some(AppError::Stale | AppError::AlreadySent { .. }) => "It was changed at the same moment. Send it again.",
        Some(AppError::BadRequest(_)) => "The request cannot be read.",
        Some(AppError::DiskFull) => "No space is left on the server's disk, so nothing was saved.",
        Some(AppError::Busy(_)) => "Somebody else is changing this. Try again in a few seconds.",
        Some(AppError::Unavailable(_)) => "The database does not answer. Try again in a few seconds.",
        Some(AppError::Database(_) | AppError::Internal(_) | AppError::Invalid(_)) => {
            "Something went wrong here. The log has the details under this answer's X-Request-Id."
        }
        Some(AppError::NotFound | AppError::MethodNotAllowed) | None => return json!({"code": code, "status": phrase}),
    };
    json!({"code": code, "message": message, "status": phrase})
}
