//! The one test program. It drives the real program from outside, and its database from underneath,
//! on SQLite and on PostgreSQL. Run it with `bin/test`, which brings the PostgreSQL.
#![allow(clippy::needless_pass_by_value)] // a test owns its site: what is left of it ends with the test

#[macro_use]
mod support;

mod accessibility;
mod api;
mod bounds;
mod bulk_edits;
mod change_sets;
mod conflicts;
mod errors;
mod forms;
mod freshness;
mod harness;
mod history;
mod items;
mod journal;
mod keys;
mod large_stores;
mod lists;
mod people;
mod picker;
mod roles;
mod schema;
mod search;
mod security;
mod seed;
mod serving;
mod settings;
mod sizes;
mod stores;
mod tags;
mod totals;
mod twice;
mod writing;
