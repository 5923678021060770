//! Invitations: links with which somebody new can come in, once.
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML

use actix_web::web::ServiceConfig;

pub use model::Invitation;

use crate::web::{page, resource};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/invitations").get(page::form_at("/invitations/new")).post(pages::create))
        .service(resource("/invitations/new").get(pages::new))
        .service(resource("/invitations/{id}/deletion").post(pages::delete))
        .service(resource("/invitations/{secret}/acceptance").get(pages::show).post(pages::accept));
}
