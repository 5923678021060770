use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HOST, HeaderMap, ORIGIN};
use actix_web::middleware::Next;

use crate::error::AppError;

/// Refuses requests that change something and that a page of another site sent, with 403.
///
/// Browsers say where a request comes from in `Sec-Fetch-Site`; older ones at least name the
/// `Origin`. What sends neither is no browser, and has no cookies that another site could abuse.
///
/// # Errors
/// Those of the page.
pub async fn refuse_other_sites(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.method().is_safe() || is_same_origin(request.headers()) {
        Ok(next.call(request).await?.map_into_boxed_body())
    } else {
        Ok(request.error_response(AppError::OtherSite))
    }
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let value = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    match (value("sec-fetch-site"), value(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => {
            let host = origin.split_once("://").map_or("", |(_, host)| host);
            value(HOST.as_str()).is_some_and(|own| own.eq_ignore_ascii_case(host))
        }
        (None, None) => true,
    }
}
