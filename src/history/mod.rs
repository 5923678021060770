//! History: what the journal tells about each record.
mod model; // reading the journal
mod pages; // handlers that answer in HTML

use actix_web::web::{ServiceConfig, resource};

pub use model::{Deed, Record, Summary, last_saved_by, recent};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/{table:stores|items|tags}/{id}/history").get(pages::index));
}
