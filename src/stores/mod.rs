//! Stores: the places that stock items.
mod bulk; // adding many at once
mod form; // what was typed, and how it is checked
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML
mod picker; // picking one store among many

use actix_web::web::{ServiceConfig, resource};

pub use form::StoreForm;
pub use model::{Store, StoreDraft};
pub use picker::StorePicker;

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/stores").get(pages::index).post(pages::create))
        .service(resource("/stores/new").get(pages::new))
        .service(resource("/stores/{id}").get(pages::show))
        .service(resource("/stores/{id}/edit").get(pages::edit).post(pages::update))
        .service(resource("/stores/{id}/deletion").get(pages::confirm).post(pages::delete));
}
