//! Sample data: a few stores to look around in, gone with one click.
mod model; // adding and removing them
mod pages; // handlers that answer in HTML

use actix_web::web::{ServiceConfig, resource};

pub use model::{add, are_there};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/samples/deletion").post(pages::delete));
}
