//! Stores: the places that stock items.
pub(crate) mod api; // handlers that answer in JSON
mod bulk; // adding many at once
mod called; // which stores somebody means by what they type
mod deletion; // a store that goes with all that is in it
mod form; // what was typed, and how it is checked
mod model; // the table, and every query on it
mod names; // the names of stores and of their tags, remembered
mod pages; // handlers that answer in HTML
mod picker; // picking one store among many
mod totals; // how much there is, as triggers keep it

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use called::{ids_meant_by, is_meant_by};
pub use deletion::Deletion;
pub use form::StoreForm;
pub use model::{Store, StoreDraft, full_name, names_by};
pub use names::{Named, Names};
pub use picker::{STORE_DELETED, StoreOffer, StorePicker, none_fits};
pub use totals::Totals;

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/stores").get(pages::index).post(pages::create))
        .service(resource("/stores/new").get(pages::new))
        .service(resource("/stores/{id}").get(pages::show))
        .service(resource("/stores/{id}/edit").get(pages::edit).post(pages::update))
        .service(resource("/stores/{id}/deletion").get(pages::confirm).post(pages::delete));
}

/// The API of this slice.
pub fn api(cfg: &mut ServiceConfig) {
    cfg.service(crate::api::resource("/store", "GET, HEAD, OPTIONS, POST").get(api::index).post(api::create))
        .service(
            crate::api::resource("/store/{id}", "DELETE, GET, HEAD, OPTIONS, PATCH")
                .get(api::show)
                .patch(api::change)
                .delete(api::delete),
        )
        .service(
            crate::api::resource("/store/{id}/tag", "GET, HEAD, OPTIONS, POST").get(api::tags).post(api::create_tag),
        );
}
