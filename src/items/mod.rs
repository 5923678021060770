//! Items: what stores have in stock.
pub(crate) mod api; // handlers that answer in JSON
mod bulk; // adding many at once
mod filter; // which items a list shows, and how to ask for them in SQL
mod form; // what was typed, and how it is checked
mod list; // a page of items, as the lists of items and of a store show it
mod model; // the table: one item found, added, saved, deleted
mod pages; // handlers that answer in HTML
#[cfg(test)]
mod plans; // which index SQLite reads a query off
mod ranges; // from what price and quantity to what, as typed
mod rows; // the items that pass a filter, in order, a page at a time
mod search; // looking for items, by the way that costs least
mod tagging; // which tags an item has
mod ways; // how a filtered list is counted and read
mod whole; // an item with its store and its tags

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use filter::ItemFilter;
pub use form::{ItemForm, TAGS_MAX};
pub use list::{ItemList, ListedStore};
pub use model::{Item, ItemDraft, Plain, Whose};
pub use ranges::Ranges;
pub use rows::{BY_ID, Counts, ItemRow, SORTS};
pub use search::{About, BEST, Bounds, Comparison, Found, LookedAt, Query, Term};
pub use tagging::TagChoice;
pub use whole::WholeItem;

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/items").get(pages::index).post(pages::create))
        .service(resource("/items/new").get(pages::new))
        .service(resource("/items/{id}").get(pages::show))
        .service(resource("/items/{id}/edit").get(pages::edit).post(pages::update))
        .service(resource("/items/{id}/deletion").get(pages::confirm).post(pages::delete));
}

/// The API of this slice.
pub fn api(cfg: &mut ServiceConfig) {
    cfg.service(crate::api::resource("/item", "GET, HEAD, OPTIONS, POST").get(api::index).post(api::create))
        .service(
            crate::api::resource("/item/{id}", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT")
                .get(api::show)
                .put(api::replace)
                .patch(api::change)
                .delete(api::delete),
        )
        .service(
            crate::api::resource("/item/{id}/tag/{tag_id}", "DELETE, OPTIONS, POST")
                .post(api::link)
                .delete(api::unlink),
        );
}
