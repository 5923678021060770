use actix_web::HttpRequest;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};

use super::model::ABSOLUTE_DAYS;
use crate::web::Client;

/// The cookie's name; over https it has the prefix that keeps other hosts of the domain from setting it (RFC 6265bis, 4.1.3.2).
const NAME: &str = "session";
const SECURE_NAME: &str = "__Host-session";
/// The cookies that hold a session.
pub const SESSION_COOKIES: [&str; 2] = [NAME, SECURE_NAME];

/// The secret in the cookie that a request carries.
#[must_use]
pub fn read(request: &HttpRequest) -> Option<String> {
    let name = if Client::of(request).is_https { SECURE_NAME } else { NAME };
    request.cookie(name).map(|cookie| cookie.value().to_owned()).filter(|secret| !secret.is_empty())
}

/// The cookie that carries this secret from now on.
#[must_use]
pub fn write(request: &HttpRequest, secret: &str) -> Cookie<'static> {
    let secure = Client::of(request).is_https;
    Cookie::build(if secure { SECURE_NAME } else { NAME }, secret.to_owned())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(secure)
        .max_age(Duration::days(ABSOLUTE_DAYS))
        .finish()
}

/// The cookie that makes the browser forget it.
#[must_use]
pub fn forget(request: &HttpRequest) -> Cookie<'static> {
    let mut cookie = write(request, "");
    cookie.make_removal();
    cookie
}
