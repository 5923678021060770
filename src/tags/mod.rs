//! Tags: words that a store puts on its items.
mod bulk; // adding many at once
mod form; // what was typed, and how it is checked
mod model; // the table, and every query on it
pub use form::{NAME_MAX, TagForm};
pub use model::{Tag, TagDraft};
