use std::os::unix::fs::MetadataExt;

use super::conn::{Conn, Purpose};
use super::url::DatabaseUrl;
use crate::error::AppError;

/// Which file an SQLite path leads to, by its device and its number there; nothing for a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SameFile(Option<(u64, u64)>);

impl SameFile {
    /// The one that is there now.
    pub(super) fn at(url: &DatabaseUrl) -> Self {
        let DatabaseUrl::Sqlite(path) = url else { return Self(None) };
        Self(std::fs::metadata(path).ok().map(|file| (file.dev(), file.ino())))
    }

    /// Whether it still is.
    pub(super) fn is_there(self, url: &DatabaseUrl) -> bool {
        Self::at(url) == self
    }

    /// Opens one more connection to it. Another file in its place would be read with this one's log.
    ///
    /// # Errors
    /// `Unavailable` if it was replaced or deleted, or as [`Conn::open`] says.
    pub(super) fn open(self, url: &DatabaseUrl, purpose: Purpose) -> Result<Conn, AppError> {
        if self.is_there(url) {
            Conn::open(url, purpose)
        } else {
            Err(AppError::Unavailable("the database file was replaced or deleted".to_owned()))
        }
    }
}
