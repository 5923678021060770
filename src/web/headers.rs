use actix_http::ConnectionType;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;

use super::Client;

/// What every answer says, unless it says otherwise itself.
///
/// The policy lets pages load from here and send forms here, and stand in no frame; `X-Frame-Options` is older browsers'
/// word for that.
pub(super) const HEADERS: [(&str, &str); 8] = [
    (
        "content-security-policy",
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    ),
    ("x-frame-options", "DENY"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    (
        "permissions-policy",
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), hid=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), screen-wake-lock=(), serial=(), usb=(), xr-spatial-tracking=()",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "private, no-cache"),
];

/// Two years, as browsers keep it. Not for the subdomains, which are others' to decide about.
const HTTPS_ONLY: &str = "max-age=63072000";

/// Adds what every answer says.
///
/// # Errors
/// Those of the page.
pub async fn with_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let is_https = Client::of(request.request()).is_https;
    let asks_to_upgrade = request.head().upgrade();
    let mut response = next.call(request).await?;
    if asks_to_upgrade {
        // To whoever offers another protocol, as Java's client does, the server says it would take that, and hangs up.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    let headers = response.headers_mut();
    let https_only = is_https.then_some(("strict-transport-security", HTTPS_ONLY));
    for (name, value) in HEADERS.into_iter().chain(https_only) {
        if !headers.contains_key(name) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
    }
    Ok(response)
}
