use actix_web::{HttpResponse, Responder, web};

use super::Page;
use crate::db::{Db, is_up_to_date};
use crate::error::AppError;

/// What watches the program asks here whether it lives, and whether it can work.
pub fn routes(cfg: &mut web::ServiceConfig) {
    cfg.service(web::resource("/healthz").get(alive)).service(web::resource("/readyz").get(ready));
}

async fn alive() -> impl Responder {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

async fn ready(db: Db) -> Page {
    if db.read(is_up_to_date).await? {
        Ok(HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("ready\n"))
    } else {
        Err(AppError::Unavailable("migrations are pending".to_owned()))
    }
}
