//! The one test program. It drives the real program from outside, and its database from underneath,
//! on SQLite and on PostgreSQL. Run it with `bin/test`, which brings the PostgreSQL.
#![allow(clippy::needless_pass_by_value)] // a test owns its site: what is left of it ends with the test

#[macro_use]
mod support;

mod api;
mod harness;
mod items;
mod journal;
mod lists;
mod schema;
mod seed;
mod stores;
mod writing;
