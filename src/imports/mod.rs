//! Imports: files of stores or items, taken in.
//!
//! The rows are checked one by one and staged in the database, then compared with what is there and
//! applied in whole statements: memory does not grow with the file.
mod columns; // which column fills which field
mod csv; // rows of a CSV file
mod file; // opening a file and telling its format
mod items; // comparing and applying staged items and their tags
mod json; // rows of a JSON file
mod lines; // where the rows of a CSV file begin
mod rows; // the cells of a row, checked by the forms
mod run; // one import, from the first row to the last statement
mod stores; // comparing and applying staged stores
mod summary; // what came of it

use std::path::Path;
use std::sync::mpsc::channel;

pub use columns::{Columns, Kind};
pub use file::Source;
pub use run::Event;
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

/// Why a file could not be imported. Nothing of it is written then.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read.
    #[error("{0}")]
    File(String),
    /// The columns do not fit.
    #[error("{0}")]
    Columns(String),
    /// The database, or this program, failed.
    #[error(transparent)]
    App(#[from] AppError),
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

/// How a run that shall not be kept leaves its transaction.
const TAKEN_BACK: &str = "an import is taken back";

impl Import {
    /// Imports the file as one change set, and tells `listener` what it meets.
    ///
    /// # Errors
    /// `File` if the file cannot be read to its end, `App` if the database fails. Rows that are refused are no error.
    pub fn run(
        self,
        db: &Db,
        actor: Actor,
        mut listener: impl FnMut(Event<'_>) + Send + 'static,
    ) -> Result<Summary, ImportError> {
        // A change set is rolled back when its work fails, and what is written of it is its error:
        // what became of an import that is not kept comes by another way.
        let (ended, ending) = channel();
        let written = db.write_now(actor, move |change| {
            let summary = match run::run(&self, change, &mut listener) {
                Ok(summary) if summary.is_written() => return Ok(summary),
                not_kept => not_kept,
            };
            let _ = ended.send(summary); // nobody listens: then nobody minds
            Err(AppError::Internal(TAKEN_BACK.to_owned()))
        });
        written.or_else(|error| ending.try_recv().unwrap_or(Err(error.into())))
    }
}
