use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest, HttpResponse};

use super::kept::Kept;
use super::model::{Found, Session, hash_of};
use super::{cookie, pages};
use crate::api;
use crate::db::{Db, Remembered, Stamp};
use crate::error::AppError;
use crate::users::{FirstRun, Person};
use crate::web::{FormData, page};

/// The page that makes the first administrator. While there is nobody, every other one leads to it.
const SETUP: &str = "/setup";
/// Pages that somebody sees who is not signed in. Every other one leads to the sign-in page.
const OPEN: [&str; 5] = [SETUP, "/session", "/session/new", "/session/second-factor", "/session/deletion"];

/// Finds out who sends a request, and lets nobody else than who is signed in see more than the open pages.
///
/// Programs that call the API are recognised by their token: a cookie opens no door there.
///
/// # Errors
/// Those of the page.
///
/// # Panics
/// If the database is not registered in app.rs.
pub async fn recognise(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let path = request.path();
    if is_for_everybody(path) {
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    // Taken before anything is read. What is made of it later asks for no newer one.
    let marks = request.app_data::<Db>().expect("Db is registered in app.rs").marks().await;
    let stamp = marks.as_ref().map(|marks| marks.access.clone());
    if let Some(marks) = marks {
        request.extensions_mut().insert(marks);
    }
    if api::is_at(request.match_info().as_str()) {
        match api::recognise(request.request(), stamp.as_ref()).await {
            Err(error) => return Ok(request.error_response(error)),
            Ok(person) => drop(person.map(|person| request.extensions_mut().insert(person))),
        }
        return Ok(next.call(request).await?.map_into_boxed_body());
    }
    match find(request.request(), stamp.as_ref()).await {
        Err(error) => return Ok(request.error_response(error)),
        Ok(Some(found)) if !found.session.awaits_factor => {
            request.extensions_mut().insert(found.person.clone());
        }
        Ok(_) if path == SETUP => {}
        // A program that has mistaken the path has no use for a page to sign in.
        Ok(_) if request.match_pattern().is_none() && api::bearer(request.headers()).is_some() => {}
        Ok(_) => match is_first_run(request.request()).await {
            Err(error) => return Ok(request.error_response(error)),
            Ok(true) => return Ok(request.into_response(page::redirect(SETUP))),
            Ok(false) if is_open(path) => {}
            Ok(false) => return Ok(turn_away(request).await),
        },
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

/// Whether who sends a request is let in now as they were when it began.
///
/// # Errors
/// Those of the database.
///
/// # Panics
/// If the database is not registered in app.rs.
pub async fn is_as_it_was(request: &HttpRequest) -> Result<bool, AppError> {
    let Some(then) = Person::of(request) else { return Ok(true) };
    let db = request.app_data::<Db>().expect("Db is registered in app.rs");
    let stamp = db.marks().await.map(|marks| marks.access);
    let now = if api::is_at(request.match_info().as_str()) {
        api::recognise(request, stamp.as_ref()).await?
    } else {
        find(request, stamp.as_ref()).await?.map(|found| found.person.clone())
    };
    Ok(now == Some(then))
}

/// What tells nothing about the stock and nobody.
fn is_for_everybody(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz") || path.starts_with("/static/") || path.starts_with("/swagger-ui")
}

fn is_open(path: &str) -> bool {
    OPEN.contains(&path) || (path.starts_with("/invitations/") && path.ends_with("/acceptance"))
}

async fn find(request: &HttpRequest, stamp: Option<&Stamp>) -> Result<Option<Arc<Found>>, AppError> {
    let Some(secret) = cookie::read(request) else { return Ok(None) };
    let db = request.app_data::<Db>().expect("Db is registered in app.rs");
    let known = request.app_data::<Remembered<String, Found>>().expect("it is registered in app.rs");
    let found = known.get(db, stamp, hash_of(&secret), move |conn| Session::find(conn, &secret)).await?;
    let found = found.filter(|found| !found.session.has_run_out());
    if let Some(found) = found.as_ref().filter(|found| found.session.is_to_be_noted()) {
        let id = found.session.id;
        db.note(("session", id), move |conn| Session::note(conn, id));
    }
    Ok(found)
}

async fn is_first_run(request: &HttpRequest) -> Result<bool, AppError> {
    let first_run = request.app_data::<Data<FirstRun>>().expect("it is registered in app.rs");
    first_run.is_pending(request.app_data::<Db>().expect("Db is registered in app.rs")).await
}

/// Leads to the sign-in page, and from there back; a form that was sent comes along.
async fn turn_away(request: ServiceRequest) -> ServiceResponse<BoxBody> {
    let (request, mut payload) = request.into_parts();
    let answer = async {
        if request.method().is_safe() {
            return Ok(pages::redirect(&Kept::page(&request)));
        }
        let data = FormData::from_request(&request, &mut payload).await?;
        pages::ask_again(&request, Kept::form(&request, &data))
    };
    let answer: Result<HttpResponse, AppError> = answer.await;
    ServiceResponse::new(request, answer.unwrap_or_else(HttpResponse::from_error))
}
