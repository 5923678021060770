//! History: what the journal tells about each record.
mod change_sets; // what was done, one line each
mod former; // what a record was in an earlier version
mod model; // what the journal tells about one record
mod names; // what stores and tags were called at a time
mod pages; // handlers that answer in HTML
mod reach; // who was and is told of a record
mod touched; // the records that a change set touched
mod walker; // from what a record is back to what it was

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use change_sets::Summary;
pub use former::Former;
pub use model::{Deed, LastSave, Record, last_save};
pub use touched::Touched;

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/history").get(pages::change_sets))
        .service(resource("/history/{id}").get(pages::change_set))
        .service(resource("/{table:stores|items|tags}/{id}/history").get(pages::index));
}
