use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use diesel::prelude::*;
use diesel::sql_types::Text;

use super::Conn;
use super::conn::create_private;
use crate::error::AppError;

impl Conn {
    /// Copies an SQLite file as it is at this moment, with what is in its log. Others save meanwhile. The copy has its name
    /// once it is whole and on the disk.
    ///
    /// # Errors
    /// `Refused` if the database is a server's, or the copy cannot be written, or is there already; those of the database.
    pub fn copy_to(&mut self, copy: &Path) -> Result<(), AppError> {
        let Self::Sqlite(conn) = self else {
            let why =
                "this database is a PostgreSQL server's. Copy it with what comes with that: pg_dump --format=custom";
            return Err(AppError::Refused(why.to_owned()));
        };
        let unwritable = |error: std::io::Error| AppError::Refused(format!("{}: {error}", copy.display()));
        if copy.exists() {
            return Err(AppError::Refused(format!("{} is there already: name another file", copy.display())));
        }
        let Some(name) = copy.to_str() else {
            return Err(AppError::Refused(format!("{} cannot be a name here: give one in UTF-8", copy.display())));
        };
        let part = format!("{name}.part");
        create_private(Path::new(&part), true).map_err(|error| {
            AppError::Refused(match error.kind() {
                ErrorKind::AlreadyExists => {
                    format!(
                        "{part} is there: a copy that is being made, or was interrupted. Delete it if none is made now"
                    )
                }
                _ => format!("{part}: {error}"),
            })
        })?;
        let copied = diesel::sql_query("VACUUM INTO ?").bind::<Text, _>(&part).execute(conn);
        if let Err(error) = copied {
            let _ = fs::remove_file(&part);
            return Err(error.into());
        }
        File::open(&part).and_then(|file| file.sync_all()).and_then(|()| fs::rename(&part, copy)).map_err(unwritable)
    }
}
