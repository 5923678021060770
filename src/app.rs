//! Middleware and the whole route table: one line a slice.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::{Compress, Next, from_fn};
use actix_web::web::{Data, PathConfig, ServiceConfig};
use actix_web::{App, Error};
use tracing_actix_web::TracingLogger;

use crate::api::Access;
use crate::db::{Count, Db, Remembered};
use crate::error::AppError;
use crate::users::FirstRun;
use crate::web::Proxies;
use crate::{
    api, audit, bulk_edits, history, invitations, items, overview, samples, second_factors, sessions, stores,
    suggestions, tags, tokens, users, web,
};

/// The application on this database.
#[must_use]
pub fn app(
    db: Db,
    access: Access,
    proxies: Proxies,
    first_run: Data<FirstRun>,
) -> App<
    impl ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<impl MessageBody>,
        Error = Error,
        InitError = (),
    >,
> {
    App::new()
        .app_data(db)
        .app_data(access)
        .app_data(proxies)
        .app_data(first_run)
        .app_data(Remembered::<String, sessions::Found>::at_most(1_000))
        .app_data(Remembered::<String, tokens::Found>::at_most(1_000))
        .app_data(Data::new(Remembered::<items::ItemFilter, Count>::at_most(1_000)))
        .app_data(Data::new(Remembered::<i64, items::ListedStore>::at_most(100)))
        .app_data(Data::new(Remembered::<stores::Named, String>::at_most(30_000)))
        .app_data(PathConfig::default().error_handler(|_, _| AppError::NotFound.into()))
        .configure(routes)
        // The last of these is the first to see a request.
        .wrap(from_fn(web::not_modified))
        .wrap(from_fn(sessions::recognise))
        .wrap(from_fn(web::refuse_other_sites))
        .wrap(from_fn(web::forget_notice))
        .wrap(from_fn(web::within_bounds))
        .wrap(from_fn(web::render_errors))
        .wrap(from_fn(web::with_headers))
        .wrap(Compress::default())
        .wrap(from_fn(web::in_some_encoding))
        .wrap(from_fn(web::with_id))
        .wrap(from_fn(head_as_get))
        .wrap(TracingLogger::<web::RequestLog>::new())
}

fn routes(cfg: &mut ServiceConfig) {
    // They are tried in this order, so what is asked for most comes first.
    cfg.configure(items::api)
        .configure(items::pages)
        .configure(stores::api)
        .configure(stores::pages)
        .configure(tags::api)
        .configure(tags::pages)
        .configure(overview::pages)
        .configure(web::health)
        .configure(web::assets::routes)
        .configure(suggestions::pages)
        .configure(history::pages)
        .configure(bulk_edits::pages)
        .configure(samples::pages)
        .configure(sessions::pages)
        .configure(second_factors::pages)
        .configure(tokens::pages)
        .configure(users::pages)
        .configure(invitations::pages)
        .configure(audit::pages)
        .configure(api::description);
}

/// `HEAD` is answered wherever `GET` is; the server leaves the body out.
async fn head_as_get(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}
