//! The JSON API: what the slices' `api.rs` share. Its contract is older than this program:
//! paths, words and even full stops are those of the service that it took over from.
mod access; // who may call
mod body; // JSON as sent, and how it is taken apart
mod conditions; // ETag, If-Match, If-None-Match
mod error_body; // errors as JSON
mod id; // ids in paths
mod idempotency; // a POST sent twice does its thing once
mod number; // numbers, as programs write them
mod openapi; // the description of it all
pub mod params; // what calls take beside a body
mod query; // parameters of lists
mod reply; // answers
mod resource; // a path with its methods
mod rules; // what fields may hold, for the description
pub mod schema; // the objects, as they are sent
mod stream; // long lists, in constant memory

pub use access::{Access, Caller, bearer, recognise};
pub use body::{Body, unused_body};
pub use conditions::Conditions;
use conditions::etag;
pub use error_body::{answers, error_body, is_at};
pub use id::{CHOSEN_ID_MAX, Id};
pub use idempotency::{Post, post, post_and_read};
pub use openapi::routes as description;
pub use query::{ApiQuery, BATCH};
pub use reply::{Reply, etag_of, reply, reply_read, to_text};
pub use resource::resource;
pub use stream::{Sink, stream_list};
