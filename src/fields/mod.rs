//! Fields: what a single typed value may be, whoever sends it: a form, the API, a file or the command line.
mod errors; // the faults found in a form, each under its field
mod gtin; // check digits of barcodes
mod labels; // what fields are called on pages
mod moment; // times, read and written without a pattern
mod money; // the currency, prices read and written
mod names; // lists of names in one line: "Vodka, Gin"
mod password; // how a password is kept from being guessed
mod text; // what text may hold, and how it is compared

pub use errors::FormErrors;
pub use gtin::{has_wrong_check_digit, with_check_digit};
pub use labels::label;
pub use moment::Moment;
pub use money::{Currency, Grouped, MINOR_MAX, Price, ungrouped};
pub use names::{join_names, split_names};
pub use password::{PASSWORD_MAX_BYTES, PASSWORD_MIN, check_password, normal_password};
pub use text::{KEY_RULES, SEARCH_MAX, fold, name_key, search_key, shown};
