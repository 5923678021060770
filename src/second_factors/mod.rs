//! Second factors: codes from a phone, and recovery codes for the day that it is lost.
mod model; // the secret, the codes, what is accepted
mod pages; // handlers that answer in HTML

use actix_web::web::ServiceConfig;

use crate::web::resource;

pub use model::{Accepted, accept, turn_off};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/account/second-factor").get(pages::new).post(pages::create))
        .service(resource("/account/second-factor/deletion").post(pages::delete))
        .service(resource("/account/recovery-codes").post(pages::recovery_codes));
}
