//! Sample data: a few stores to look around in, gone with one click.
mod catalogue; // one store or item after another, by chance
mod invention; // filling the database with them
mod model; // adding and removing them
mod pages; // handlers that answer in HTML
mod words; // what they are called

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use invention::Invention;
pub use model::{add, are_there};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/samples/deletion").post(pages::delete));
}
