use std::fmt::Write;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage, ResponseError};
use askama::Template;
use tracing_actix_web::RequestId;

use super::headers::HEADERS;
use super::{FormData, Layout, format};
use crate::api;
use crate::error::AppError;

/// Where the pages of records are.
const RECORDS: [&str; 3] = ["stores", "items", "tags"];

#[derive(Template)]
#[template(path = "web/error.html")]
struct ErrorPage {
    layout: Layout,
    title: &'static str,
    advice: &'static str,
    request_id: Option<String>,
    /// How long nothing more is taken, if that is so.
    wait: Option<String>,
    /// Where to see what became of a record that is not there.
    history: Option<String>,
    /// The form that could not be taken, if it was one of the catalogue.
    form: FormData,
}

impl ResponseError for AppError {
    fn status_code(&self) -> StatusCode {
        self.status()
    }
}

/// Gives every error that has no page yet one of the site. It says what to do and no internals:
/// those are in the log, under the request's id.
///
/// # Errors
/// Those of the page.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let in_json = api::answers(request.match_info().as_str(), request.headers());
    let history = history_of(request.path());
    let part = request.path().split('/').nth(1).unwrap_or_default();
    let is_of_catalogue = RECORDS.contains(&part) || part == "bulk-edits";
    let request_id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let response = next.call(request).await?.map_into_boxed_body();
    let status = response.status();
    let has_page = response.response().error().is_none() && response.headers().contains_key(CONTENT_TYPE);
    if has_page || !(status.is_client_error() || status.is_server_error()) {
        return Ok(response);
    }
    let error = response.response().error().and_then(|error| error.as_error::<AppError>());
    let retry_after_seconds = match error {
        Some(AppError::TooMany { retry_after_seconds }) => Some(*retry_after_seconds),
        _ if status == StatusCode::SERVICE_UNAVAILABLE => Some(5),
        _ => None,
    };
    let (content_type, body) = if in_json {
        ("application/json", api::error_body(status, error).to_string())
    } else {
        let layout = Layout::of(response.request());
        let error = response.response().error().and_then(|error| error.as_error::<AppError>());
        let (title, advice) = words(status, error);
        let request_id = request_id.filter(|_| status == StatusCode::INTERNAL_SERVER_ERROR);
        let history = history.filter(|_| status == StatusCode::NOT_FOUND);
        let form =
            response.request().extensions().get::<FormData>().filter(|_| is_of_catalogue).cloned().unwrap_or_default();
        let wait = retry_after_seconds.filter(|_| status == StatusCode::TOO_MANY_REQUESTS).map(format::wait);
        let page = ErrorPage { layout, title, advice, request_id, wait, history, form };
        ("text/html; charset=utf-8", page.render().unwrap_or_else(|_| title.to_owned()))
    };
    let mut response = response.map_body(|_, _| BoxBody::new(body));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    if status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    if let Some(seconds) = retry_after_seconds {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    Ok(response)
}

/// A whole answer, for when there is no request that could be answered.
#[must_use]
pub(super) fn whole(status: u16, in_json: bool) -> Option<Vec<u8>> {
    let status = StatusCode::from_u16(status).ok()?;
    let (content_type, body) = if in_json {
        let error = match status.as_u16() {
            408 => AppError::TooSlow,
            414 => AppError::TooLong,
            431 => AppError::TooManyHeaders,
            _ => AppError::BadRequest(String::new()),
        };
        ("application/json", api::error_body(status, Some(&error)).to_string())
    } else {
        let (title, advice) = words(status, None);
        let (layout, form) = (Layout::default(), FormData::default());
        let page = ErrorPage { layout, title, advice, request_id: None, wait: None, history: None, form };
        ("text/html; charset=utf-8", page.render().ok()?)
    };
    let date = actix_web::http::header::HttpDate::from(std::time::SystemTime::now());
    let mut head = format!("HTTP/1.1 {status}\r\ndate: {date}\r\nconnection: close\r\n");
    for (name, value) in HEADERS {
        let _ = write!(head, "{name}: {value}\r\n");
    }
    let _ = write!(head, "content-type: {content_type}\r\ncontent-length: {}\r\n\r\n", body.len());
    Some((head + &body).into_bytes())
}

/// The history of the record that a path is about; but not for the history itself.
fn history_of(path: &str) -> Option<String> {
    let mut parts = path.split('/').skip(1);
    let (table, id) = (parts.next()?, parts.next()?.parse::<i64>().ok()?);
    (RECORDS.contains(&table) && parts.next() != Some("history")).then(|| format!("/{table}/{id}/history"))
}

fn words(status: StatusCode, error: Option<&AppError>) -> (&'static str, &'static str) {
    match status.as_u16() {
        403 if matches!(error, Some(AppError::Forbidden)) => {
            ("Not allowed", "Your role does not reach so far, and nothing was done. An administrator can change that.")
        }
        403 => (
            "Not allowed",
            "The request came from a page of another site, so nothing was done. Go to the page here and do it from there.",
        ),
        404 => ("Page not found", "The address may be mistyped, or what was here has been deleted."),
        405 => (
            "This page cannot do that",
            "The address is right, but not for this kind of request. Use the site's own links and buttons.",
        ),
        408 => (
            "That took too long",
            "What was sent came too slowly, and nothing was saved. Go back and try again; with a better connection if you can.",
        ),
        409 => (
            "Saved by somebody else",
            "What you were looking at has changed meanwhile. Open it again to see it as it is now.",
        ),
        413 => (
            "Too much at once",
            "What was sent is larger than this page takes. Nothing was saved. Go back, shorten it and send it again.",
        ),
        414 => (
            "Too long",
            "The address, or what is searched for in it, is longer than this site takes. Search for fewer words.",
        ),
        422 => (
            "That cannot be taken",
            "Something in what was sent does not fit. Nothing was saved. Go back and check it.",
        ),
        429 => (
            "Too many tries",
            "This was tried too often in a short time, and nothing was done. Wait, then go back and try again.",
        ),
        431 => (
            "Too much beside the request",
            "Your browser sent more along with the request than this site takes. Delete this site's cookies and try again.",
        ),
        503 if matches!(error, Some(AppError::Busy(_))) => (
            "Somebody else is saving this",
            "They have not come to an end yet, and nothing of yours was saved. Go back and try again in a few seconds.",
        ),
        503 => (
            "The database is away",
            "It does not answer at the moment, and what was sent may not have been saved. Go back and send it again in a few \
             seconds: nothing is done twice.",
        ),
        507 => (
            "No space is left",
            "The disk of the server is full, so nothing was saved. What is there can still be looked at. Tell whoever looks \
             after this Stockroom, keep this page open, and go back and send it again once there is space.",
        ),
        400..=499 => ("That request is not clear", "It could not be read. Nothing was saved. Go back and try again."),
        _ => (
            "Something went wrong here",
            "Nothing was saved. It is not your fault, and the log has the details. Go back and try again; if it happens again, pass on the number below.",
        ),
    }
}
