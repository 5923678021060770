//! Bulk edits: one change to all the items of a list, previewed, frozen at the preview, and applied under one change set.
mod example; // an item before and after
mod finding; // what is found about its items
mod form; // what was typed, and how it is checked
mod judgement; // which items are left alone, and why
mod model; // the tables, and every query on them
mod operation; // what is done to each item
mod pages; // handlers that answer in HTML
mod price; // prices by a rule, and how they are rounded
mod run; // all of it in pieces, while others save
mod selection; // which items, in words
mod step; // the next few of the items
mod verdict; // why an item is left alone
mod work; // what is done, in SQL

use actix_web::web::ServiceConfig;

pub use finding::LeftAlone;
pub use form::BulkEditForm;
pub use model::{BulkEdit, BulkEditDraft, State};
pub use operation::Operation;
pub use price::{By, PriceChange, Rounding};
pub use run::{resume, watch};
pub use verdict::Verdict;

use crate::web::{page, resource};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/bulk-edits").get(page::form_at("/items")).post(pages::create))
        .service(resource("/bulk-edits/new").get(pages::new))
        .service(resource("/bulk-edits/{id}").get(pages::show))
        .service(resource("/bulk-edits/{id}/application").post(pages::apply))
        .service(resource("/bulk-edits/{id}/stop").post(pages::stop));
}
