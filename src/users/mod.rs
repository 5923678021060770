//! Users: the people who may come in, and what each of them may do.
mod account; // a person's own page
mod first_run; // the first administrator
mod form; // who somebody is, as typed, and how it is checked
mod grant; // role and stores, as typed, and how they are checked
mod model; // the table, and every query on it
mod pages; // handlers that answer in HTML
pub mod password; // hashing, bounded
mod person; // who sends a request
mod role; // what somebody may do
mod same_user; // who runs what connects from this machine
mod scope; // which stores somebody sees

use actix_web::web::ServiceConfig;

pub use account::{check_own_password, record_not_confirmed, try_own_password};
pub use first_run::FirstRun;
pub use form::{UserDraft, UserForm};
pub use grant::{GrantForm, described, stores_meant};
pub use model::{User, check_email_free, check_name_free};
pub use person::{Administrator, Editor, Means, Person, Viewer};
pub use role::Role;
pub use scope::Scope;

use crate::web::{page, resource};

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/setup").get(first_run::new).post(first_run::create))
        .service(resource("/account").get(account::show))
        .service(resource("/account/password").get(page::form_at("/account")).post(account::change_password))
        .service(resource("/account/sessions/deletion").post(account::end_other_sessions))
        .service(resource("/account/sessions/{id}/deletion").post(account::end_session))
        .service(resource("/users").get(pages::index))
        .service(resource("/users/{id}").get(pages::edit).post(pages::update))
        .service(resource("/users/{id}/disablement").post(pages::disable))
        .service(resource("/users/{id}/disablement/deletion").post(pages::enable))
        .service(resource("/users/{id}/second-factor/deletion").post(pages::turn_off_second_factor));
}
