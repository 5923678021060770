//! Sessions: where people are signed in, and how they come in.
mod browser; // what a browser is called
mod cookie; // what the browser carries
mod kept; // what was typed while the session ran out
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML
mod recognise; // who sends a request
mod throttle; // how often somebody may try

use actix_web::web::ServiceConfig;

pub use cookie::SESSION_COOKIES;
pub use kept::Kept;
pub use model::{Found, Session, hash_of, new_secret};
pub use pages::sign_in_as;
pub use recognise::{is_as_it_was, recognise};
pub use throttle::Tries;

use crate::web::{page, resource};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/session/new").get(pages::new))
        .service(resource("/session").get(page::form_at("/session/new")).post(pages::create))
        .service(resource("/session/second-factor").get(page::form_at("/session/new")).post(pages::second_factor))
        .service(resource("/session/deletion").post(pages::delete));
}
