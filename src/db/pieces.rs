use std::thread;
use std::time::{Duration, Instant};

use diesel::Connection;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::change_set::{Actor, ChangeSet};
use super::checkpoints::{WAITING, open_writer};
use super::conn::{CACHE_SIZE, Conn, PIECES_CACHE_SIZE, Purpose};
use super::url::DatabaseUrl;
use crate::error::AppError;
use crate::schema::change_sets;

/// How often a piece is tried that meets somebody else's save, and how long to wait before the next time.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// How long an SQLite file is left to other processes between two pieces: longer than they wait before they look again.
pub(super) const TURN: Duration = Duration::from_millis(5);

/// Work too long for one transaction, on a connection of its own: what is in temporary tables stays from one piece of it to
/// the next. The pieces share a change set, and who saves does so between them.
pub struct Pieces {
    conn: Conn,
    actor: Actor,
    change_set: Option<i64>,
    took: Duration,
    is_whole: bool,
}

impl Pieces {
    /// Opens the connection.
    ///
    /// # Errors
    /// `Unavailable` if the database does not answer.
    pub fn open(url: &DatabaseUrl, actor: Actor) -> Result<Self, AppError> {
        let conn = match url {
            DatabaseUrl::Sqlite(_) => {
                let mut conn = open_writer(url)?;
                // What these pieces write to the log is written back between them, so that no save has to do it.
                conn.batch_execute(&format!(
                    "PRAGMA cache_size = {PIECES_CACHE_SIZE}; PRAGMA temp.cache_size = {CACHE_SIZE};
                     PRAGMA wal_autocheckpoint = {WAITING};"
                ))?;
                conn
            }
            DatabaseUrl::Postgres(_) => Conn::open(url, Purpose::Write)?,
        };
        Ok(Self { conn, actor, change_set: None, took: Duration::ZERO, is_whole: false })
    }

    /// The connection, for temporary tables and for reading. Others write meanwhile.
    pub fn conn(&mut self) -> &mut Conn {
        &mut self.conn
    }

    /// The change set, once something was written.
    #[must_use]
    pub fn change_set(&self) -> Option<i64> {
        self.change_set
    }

    /// How long the last piece kept others waiting.
    #[must_use]
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Begins one transaction for all pieces that follow, so that nothing is written unless all is: others wait until
    /// [`end_whole`](Self::end_whole).
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin_whole(&mut self) -> Result<(), AppError> {
        self.conn.begin_write()?;
        self.is_whole = true;
        Ok(())
    }

    /// Ends the transaction of [`begin_whole`](Self::begin_whole), if there is one, and keeps what was written in it or not.
    ///
    /// # Errors
    /// Those of the database.
    pub fn end_whole(&mut self, keep: bool) -> Result<(), AppError> {
        if std::mem::take(&mut self.is_whole) {
            if keep { self.conn.commit_write()? } else { self.conn.roll_back_write()? }
        }
        Ok(())
    }

    /// Does a piece in a transaction, under the change set of those before it. What fails because somebody else saved the
    /// same thing at that moment is done once more.
    ///
    /// # Errors
    /// Those of `work`, and of the database. The pieces before it stay.
    pub fn write<T>(&mut self, mut work: impl FnMut(&mut ChangeSet<'_>) -> Result<T, AppError>) -> Result<T, AppError> {
        let mut failures = 0;
        let (id, done) = loop {
            match self.try_once(&mut work) {
                Err(error) if failures + 1 < TRIES && self.met_another(&error) => {
                    failures += 1;
                    tracing::info!(%error, failures, "a piece is done once more");
                    thread::sleep(PAUSE);
                }
                done => break done?,
            }
        };
        // One under which nothing was written is not kept.
        if self.change_set.is_none() {
            self.change_set = change_sets::table.find(id).select(change_sets::id).first(&mut self.conn).optional()?;
        }
        if self.conn.is_sqlite() && !self.is_whole {
            thread::sleep(TURN);
        }
        Ok(done)
    }

    fn try_once<T>(
        &mut self,
        work: &mut impl FnMut(&mut ChangeSet<'_>) -> Result<T, AppError>,
    ) -> Result<(i64, T), AppError> {
        let Self { conn, actor, change_set, took, is_whole } = self;
        let mut in_change_set = |conn: &mut Conn| {
            ChangeSet::within(conn, actor, |change| {
                if let Some(id) = *change_set {
                    change.go_on_with(id)?;
                }
                let done = work(change)?;
                Ok((change.id(), done))
            })
        };
        if *is_whole {
            return conn.transaction(in_change_set);
        }
        conn.begin_write()?;
        let begun = Instant::now();
        let done = in_change_set(conn);
        if done.is_ok() {
            conn.commit_write()?;
        } else if let Err(error) = conn.roll_back_write() {
            tracing::warn!(%error, "a piece that failed is not taken back"); // SQLite may have done so already
        }
        *took = begun.elapsed();
        done
    }

    /// Whether it was somebody else's save that stood in the way: a row that is there now, or gone, or held for long, or a
    /// wait for each other; these two take back all of a transaction.
    fn met_another(&self, error: &AppError) -> bool {
        match error {
            AppError::Invalid(_) | AppError::Stale | AppError::NotFound => true,
            AppError::Busy(_) => !self.is_whole,
            _ => false,
        }
    }
}
