//! The audit log: what was done about who may come in, and what went out.
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use model::{Event, record};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/audit").get(pages::index));
}
