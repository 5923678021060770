//! What tests need: a database, a site on it, a browser, and what pages say.
#![allow(dead_code, unused_imports)] // words for tests yet to be written

mod answer; // what came back
mod browser; // someone who visits the site
mod database; // a fresh database
mod deeds; // what people do on the pages
mod form; // a form on a page, filled in as a browser would
mod page; // a page, read by selectors
mod site; // the program, serving

pub use answer::Answer;
pub use browser::Browser;
pub use database::{Database, PASSWORD, add_user, somebody};
pub use form::Form;
pub use page::Page;
pub use site::{Site, program};

/// What a test is run on: made from a fresh database of either kind.
pub trait On {
    /// Makes it.
    fn on(database: Database) -> Self;
}

impl On for Database {
    fn on(database: Database) -> Self {
        database
    }
}

impl On for Site {
    fn on(database: Database) -> Self {
        Self::start(database)
    }
}

/// Makes tests of functions: each runs on a fresh SQLite file and on a fresh PostgreSQL database.
///
/// ```ignore
/// on_both!(a_refused_name_is_shown_again, a_deleted_store_is_gone);
///
/// fn a_refused_name_is_shown_again(site: Site) { … }
/// fn a_deleted_store_is_gone(site: Site) { … }
/// ```
///
/// A function that the list forgets is dead code, which clippy refuses.
macro_rules! on_both {
    ($($test:ident),+ $(,)?) => {$(
        mod $test {
            #[test]
            fn sqlite() {
                super::$test($crate::support::On::on($crate::support::Database::sqlite()));
            }

            #[test]
            fn postgres() {
                super::$test($crate::support::On::on($crate::support::Database::postgres()));
            }
        }
    )+};
}
