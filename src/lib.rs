//! Stockroom keeps a company's stores and the items in them.
//!
//! A request comes in through `app`, is answered by the slice of its noun (`stores`, `items`, `tags`),
//! and every write goes through a change set in `db`, which the database journals.
pub mod api; // what the slices' JSON shares
pub mod app; // middleware and the route table
pub mod audit; // who came in, and what went out
pub mod bulk_edits; // one change to many items
pub mod cli; // one file a subcommand
pub mod config; // every setting
pub mod db; // the two databases
pub mod error; // the few ways to fail
pub mod fields; // what a single typed value may be
pub mod history; // what was done to what
pub mod imports; // files, taken in
pub mod invitations; // links with which somebody comes in
pub mod items; // the things in the stores
pub mod overview; // how much there is, and what changed last
pub mod samples; // a few stores to look around in
mod schema; // the tables, as Diesel sees them
pub mod second_factors; // codes from a phone
pub mod server; // connections, and how long they may take
pub mod sessions; // who is signed in, and where
pub mod stores; // the places that stock items
pub mod suggestions; // as somebody types
pub mod tags; // what a store calls its items by
pub mod tokens; // what programs show
pub mod users; // people, and what they may do
pub mod web; // what pages share

/// A list of items spends a fifth of its time on memory: with the C library's allocator, a page takes a tenth longer. It is
/// SQLite's, too: what a bulk edit needed goes back to the system.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
