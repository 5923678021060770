use std::future::{Ready, ready};

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{CACHE_CONTROL, ContentType, HeaderName, HeaderValue, LOCATION, SET_COOKIE, VARY};
use askama::Template;

use super::{Notice, Page};
use crate::db::{Conn, Db};
use crate::error::AppError;

/// What every page says about being kept: by its browser alone, which asks each time whether it is still so.
pub(super) const PRIVATE: [(HeaderName, &str); 2] = [(CACHE_CONTROL, "private, no-cache"), (VARY, "Cookie")];

/// Nearly every page fits in so many bytes: it need not be moved while it grows.
const PAGE_SIZE: usize = 32 * 1024;

/// The page, with 200.
///
/// # Errors
/// `Internal` if it cannot be rendered.
pub fn ok(page: &impl Template) -> Page {
    with_status(StatusCode::OK, page)
}

/// The page of what is read, with 200. The thread that reads it renders it: texts that one thread makes and another throws
/// away cost a fifth of a list.
///
/// # Errors
/// Those of `read`; `Internal` if it cannot be rendered.
pub async fn read<T: Template>(db: &Db, read: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static) -> Page {
    let html = db.read(move |conn| render(&read(conn)?)).await?;
    Ok(of_html(StatusCode::OK, html))
}

/// The page, with another status.
///
/// # Errors
/// `Internal` if it cannot be rendered.
pub fn with_status(status: StatusCode, page: &impl Template) -> Page {
    Ok(of_html(status, render(page)?))
}

fn render(page: &impl Template) -> Result<String, AppError> {
    let mut html = String::with_capacity(PAGE_SIZE);
    page.render_into(&mut html).map_err(|error| AppError::Internal(error.to_string()))?;
    Ok(html)
}

fn of_html(status: StatusCode, html: String) -> HttpResponse {
    HttpResponse::build(status)
        .content_type(ContentType::html())
        .insert_header(PRIVATE[0].clone())
        .insert_header(PRIVATE[1].clone())
        .body(html)
}

/// A page with a secret on it, with 200: nothing keeps it.
///
/// # Errors
/// `Internal` if it cannot be rendered.
pub fn secret(page: &impl Template) -> Page {
    secret_with_status(StatusCode::OK, page)
}

/// A page with a secret on it, with another status.
///
/// # Errors
/// `Internal` if it cannot be rendered.
pub fn secret_with_status(status: StatusCode, page: &impl Template) -> Page {
    let mut answer = with_status(status, page)?;
    answer.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    Ok(answer)
}

/// Leads to the form at `path` who comes by a link to where it is sent: a form that is refused leaves that address in the
/// browser, to be loaded again from there.
pub fn form_at(path: &'static str) -> impl Fn() -> Ready<HttpResponse> + Clone {
    move || ready(redirect(path))
}

/// Sends the browser on to another page.
#[must_use]
pub fn redirect(location: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, location)).finish()
}

/// Sends the browser on from the list of a store that is not there any more: to the same list of all stores.
///
/// # Errors
/// Those of the list, but for that.
pub fn or_of_all_stores(list: Page, of_all_stores: Option<String>) -> Page {
    match (list, of_all_stores) {
        (Err(AppError::NotFound), Some(url)) => {
            let notice = "The store whose list this was is not there any more. This list is of all stores.";
            Ok(see_other(&url, &Notice::plain(notice)))
        }
        (list, _) => list,
    }
}

/// Sends the browser on to the page that shows what was done.
#[must_use]
pub fn see_other(location: &str, notice: &Notice) -> HttpResponse {
    // Encoded: a name may hold anything, and actix decodes cookies but does not encode them.
    let cookie = notice.cookie().encoded().to_string();
    HttpResponse::SeeOther().insert_header((LOCATION, location)).insert_header((SET_COOKIE, cookie)).finish()
}
