//! Tokens: what programs show to call the API, in place of a password.
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML

use actix_web::web::ServiceConfig;

pub use model::{Found, Token, TokenDraft};

use crate::web::{page, resource};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/account/tokens/new").get(pages::new))
        .service(resource("/account/tokens").get(page::form_at("/account/tokens/new")).post(pages::create))
        .service(resource("/account/tokens/{id}/deletion").get(pages::confirm).post(pages::delete));
}
