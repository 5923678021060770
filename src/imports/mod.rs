//! Imports: files of stores or items, taken in.
//!
//! The rows are checked one by one and staged in the database, then compared with what is there and
//! applied in whole statements: memory does not grow with the file. Nobody waits while it is read and compared, and it is
//! written in pieces.
mod columns; // which column fills which field
mod csv; // rows of a CSV file
mod file; // opening a file and telling its format
mod items; // comparing and applying staged items and their tags
mod json; // rows of a JSON file
mod lines; // where the rows of a CSV file begin
mod reader; // from the file to the staged rows
mod rows; // the cells of a row, checked by the forms
mod run; // one import, from the first row to the last piece
mod spreadsheet; // what spreadsheets leave in cells
mod stage; // the staged rows, told and counted
mod stores; // comparing and applying staged stores
mod summary; // what came of it

use std::path::Path;

pub use columns::{Columns, Kind};
pub use file::Source;
pub use run::Event;
pub use spreadsheet::cell;
pub use summary::{Counts, Summary};

use crate::db::{Actor, Db};
use crate::error::AppError;

/// What to import, and how.
#[derive(Debug, Clone)]
pub struct Import {
    /// The file.
    pub source: Source,
    /// What it is called in the history.
    pub name: String,
    /// Which of its columns fills which field.
    pub columns: Columns,
    /// Whether nothing is written if a row is refused.
    pub strict: bool,
    /// Whether nothing is written at all.
    pub dry_run: bool,
}

/// Why a file could not be imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{0}")]
    File(String),
    /// The columns do not fit.
    #[error("{0}")]
    Columns(String),
    /// The database, or this program, failed, and nothing is written.
    #[error(transparent)]
    App(#[from] AppError),
    /// It failed when a part was written, which stays.
    #[error("{0}. What was written before that stays; run the same command again to do the rest")]
    Partly(AppError),
}

impl ImportError {
    fn in_file(self, path: &Path) -> Self {
        match self {
            Self::File(reason) if !reason.starts_with(&*path.to_string_lossy()) => {
                Self::File(format!("{}: {reason}", path.display()))
            }
            other => other,
        }
    }
}

impl From<diesel::result::Error> for ImportError {
    fn from(error: diesel::result::Error) -> Self {
        Self::App(error.into())
    }
}

impl Import {
    /// Imports the file as one change set, and tells `listener` what it meets. What is written is written piece by piece, and
    /// others save between the pieces; with `strict` or `dry_run`, all or nothing.
    ///
    /// # Errors
    /// `File` if the file cannot be read to its end; `App` or `Partly` if the database fails. Rows that are refused are no
    /// error.
    pub fn run(&self, db: &Db, actor: Actor, mut listener: impl FnMut(Event<'_>)) -> Result<Summary, ImportError> {
        run::run(self, db, actor, &mut listener)
    }

    /// Whether all of it is written in one transaction, to be taken back as a whole.
    fn is_whole(&self) -> bool {
        self.strict || self.dry_run
    }
}
