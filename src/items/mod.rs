//! Items: what stores have in stock.
mod bulk; // adding many at once
mod form; // what was typed, and how it is checked
mod model; // the table, and every query on it
pub use form::ItemForm;
pub use model::{Item, ItemDraft, ItemFilter, TagChoice};
