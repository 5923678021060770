//! What pages share: answers, forms, lists, errors, assets.
pub mod assets; // the files in static/
mod bounds; // how long and how large a request may be
mod client; // who is at the other end
mod conflict; // two versions of one record, to choose from
mod encoding; // who takes no encoding
mod error_page; // every error as a page of the site
mod form_data; // a form as it was sent
pub mod format; // how values are written for people
mod freshness; // a page that the browser has already
mod headers; // what every answer says
mod health; // /healthz and /readyz
mod layout; // what every page has
pub mod listing; // lists: their state in the URL, their pages
mod notice; // what is said once, on the next page
mod once; // a form sent twice does its thing once
mod origin; // who may send unsafe requests, and what leads elsewhere
pub mod page; // answers in HTML
mod read_body; // the body of a request, bounded
mod request_log; // one line a request, with an id
mod resource; // a path, and what answers each of its methods
mod saving; // an edit saved over what is there, merged, or corrected

pub use bounds::{bare_error, within_bounds};
pub use client::{Client, Proxies};
pub use conflict::{Choice, Conflict, TagTick};
pub use encoding::in_some_encoding;
pub use error_page::render as render_errors;
pub use form_data::{FormData, new_token};
pub use freshness::not_modified;
pub use headers::with_headers;
pub use health::routes as health;
pub use layout::Layout;
pub use notice::{Notice, forget as forget_notice};
pub use once::{Done, Once, Sending, claim_form, form_led, now_or_before, once};
pub use origin::{is_of_this_site, refuse_other_sites};
pub use read_body::{check_sender, read_body};
pub use request_log::{RequestLog, with_id};
pub use resource::{Resource, resource};
pub use saving::{Saving, save_or_merge};

/// What a page answers.
pub type Page = Result<actix_web::HttpResponse, crate::error::AppError>;
