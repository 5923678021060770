//! Stores: the places that stock items.
mod bulk; // adding many at once
mod form; // what was typed, and how it is checked
mod model; // the table, and every query on it
pub use form::StoreForm;
pub use model::{Store, StoreDraft};
