//! Suggestions: what somebody may mean who has typed this much.
mod model; // what to suggest
mod pages; // as a page, and as JSON for the script

use actix_web::web::ServiceConfig;

use crate::web::resource;

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/suggestions").get(pages::index));
}
