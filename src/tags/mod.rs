//! Tags: words that a store puts on its items.
pub(crate) mod api; // handlers that answer in JSON
mod bulk; // adding many at once
mod form; // what was typed, and how it is checked
mod model; // the table, and every query on it
mod of_item; // the tags of an item, got with it
mod pages; // handlers that answer in HTML

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use form::{NAME_MAX, TagForm};
pub use model::{Tag, TagDraft, none_called};
pub use of_item::TagsOfItem;

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/tags").get(pages::index).post(pages::create))
        .service(resource("/tags/new").get(pages::new))
        .service(resource("/tags/{id}").get(pages::show))
        .service(resource("/tags/{id}/edit").get(pages::edit).post(pages::update))
        .service(resource("/tags/{id}/deletion").get(pages::confirm).post(pages::delete));
}

/// The API of this slice.
pub fn api(cfg: &mut ServiceConfig) {
    cfg.service(crate::api::resource("/tag/{id}", "DELETE, GET, HEAD, OPTIONS").get(api::show).delete(api::delete));
}
