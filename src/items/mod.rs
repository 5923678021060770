//! Items: what stores have in stock.
mod bulk; // adding many at once
mod form; // what was typed, and how it is checked
mod list; // a page of items, as the lists of items and of a store show it
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML

use actix_web::web::{ServiceConfig, resource};

pub use form::ItemForm;
pub use list::ItemList;
pub use model::{Item, ItemDraft, ItemFilter, TagChoice};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/items").get(pages::index).post(pages::create))
        .service(resource("/items/new").get(pages::new))
        .service(resource("/items/{id}").get(pages::show))
        .service(resource("/items/{id}/edit").get(pages::edit).post(pages::update))
        .service(resource("/items/{id}/deletion").get(pages::confirm).post(pages::delete));
}
