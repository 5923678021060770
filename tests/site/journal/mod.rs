//! The journal: whatever is done, every earlier state can be read off it.
mod guards; // what the database refuses
mod history; // the property: walking back gives every earlier state
mod snapshot; // all four tables as JSON, and walking back from them
mod steps; // things that people and programs do

pub use snapshot::{Snapshot, journal, lines};
