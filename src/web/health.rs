use std::time::Duration;

use actix_web::rt::time::timeout;
use actix_web::web::ServiceConfig;
use actix_web::{HttpResponse, Responder};

use super::{Page, resource};
use crate::db::{Db, is_up_to_date};
use crate::error::AppError;

/// What watches the program asks here whether it lives, and whether it can work.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.service(resource("/healthz").get(alive)).service(resource("/readyz").get(ready));
}

async fn alive() -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

/// How long the database may take to say that it is there.
const PATIENCE: Duration = Duration::from_secs(5);

async fn ready(db: Db) -> Page {
    let is_up_to_date = timeout(PATIENCE, db.read(is_up_to_date)).await;
    if is_up_to_date.map_err(|_| AppError::Unavailable("it does not answer".to_owned()))?? {
        Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
    } else {
        Err(AppError::Unavailable("migrations are pending".to_owned()))
    }
}
