use std::collections::HashSet;
use std::future::{Ready, ready};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use diesel::Connection;
use diesel::r2d2::{ManageConnection, Pool, R2D2Connection};

use super::change_set::{Actor, ChangeSet};
use super::conn::{Conn, Purpose};
use super::pieces::TURN;
use super::same_file::SameFile;
use super::stamp::{Marks, Stamps};
use super::threads::Threads;
use super::url::DatabaseUrl;
use super::writer::Writer;
use crate::error::AppError;

/// How long to wait for a connection before answering that the database is away.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(5);
/// More of them only wake each other up: with 8, two cores answered no more, and took half as much memory again.
const SQLITE_READERS: usize = 4;
/// With 16, an item took a fifth longer and the slowest answers twice as long.
const POSTGRES_READERS: usize = 6;
/// Threads of their own, since who saves may wait for a row that somebody else is saving.
const POSTGRES_SAVERS: usize = 8;
/// How many threads that have no need of a reader can read at once.
const POOLED: u32 = 8;

/// The database: read with [`read`](Self::read), write with [`write`](Self::write).
#[derive(Clone)]
pub struct Db(Arc<Inner>);

struct Inner {
    url: DatabaseUrl,
    /// For those who have a thread of their own to read on.
    pool: Pool<Manager>,
    readers: Threads,
    /// SQLite takes one writer.
    writer: Option<Writer>,
    /// Those who write to PostgreSQL.
    savers: Threads,
    stamps: Stamps,
    /// What is being noted.
    noting: Mutex<HashSet<(&'static str, i64)>>,
}

struct Manager(DatabaseUrl, SameFile);

impl ManageConnection for Manager {
    type Connection = Conn;
    type Error = AppError;

    fn connect(&self) -> Result<Conn, AppError> {
        self.1.open(&self.0, Purpose::Read)
    }

    fn is_valid(&self, conn: &mut Conn) -> Result<(), AppError> {
        Ok(conn.ping()?)
    }

    fn has_broken(&self, conn: &mut Conn) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

impl Db {
    /// Opens the database. Its tables must be there: see [`migrate`](super::migrate).
    ///
    /// # Errors
    /// `Unavailable` if it does not answer.
    pub fn open(url: &DatabaseUrl) -> Result<Self, AppError> {
        let sqlite = matches!(url, DatabaseUrl::Sqlite(_));
        let writer = if sqlite { Some(Writer::start(url)?) } else { None };
        let pool = Pool::builder()
            .max_size(POOLED)
            .min_idle(Some(0))
            .connection_timeout(CONNECTION_TIMEOUT)
            .test_on_check_out(!sqlite) // a file does not go away; a server may
            .error_handler(Box::new(LogPoolErrors))
            .build_unchecked(Manager(url.clone(), SameFile::at(url)));
        let readers = Threads::new(url, "reader", if sqlite { SQLITE_READERS } else { POSTGRES_READERS });
        let savers = Threads::new(url, "saver", POSTGRES_SAVERS);
        Ok(Self(Arc::new(Inner {
            url: url.clone(),
            pool,
            readers,
            writer,
            savers,
            stamps: Stamps::of(url),
            noting: Mutex::default(),
        })))
    }

    /// Which database this is.
    #[must_use]
    pub fn url(&self) -> &DatabaseUrl {
        &self.0.url
    }

    /// Finishes what is being written and, for SQLite, writes the log back into the file. No write is taken after it.
    pub fn close(&self) {
        if let Some(writer) = &self.0.writer {
            writer.stop();
        }
    }

    /// Marks of what is committed now: as long as one stays the same, so does everything it stands for that was read after
    /// it was taken. Take them before reading what is to be kept, and compare them with new ones before using that again.
    /// They are cheap enough for every request. None if the database does not answer; then nothing can be used again.
    pub async fn marks(&self) -> Option<Marks> {
        self.0.stamps.take().await
    }

    /// Runs queries away from the threads that answer requests.
    ///
    /// # Errors
    /// Those of `query`; `Unavailable` if the database does not answer.
    pub async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.0.readers.run(query).await
    }

    /// Runs queries on this thread.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub fn read_now<T>(&self, query: impl FnOnce(&mut Conn) -> Result<T, AppError>) -> Result<T, AppError> {
        let mut conn = self.0.pool.get().map_err(|error| AppError::Unavailable(error.to_string()))?;
        query(&mut conn)
    }

    /// Runs `work` as one change set in one transaction, and returns when it is on the disk.
    ///
    /// # Errors
    /// Those of `work`, and then nothing is written; `Unavailable` if the database does not answer.
    pub async fn write<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        match &self.0.writer {
            Some(writer) => writer.submit(actor, work)?.await.unwrap_or_else(|_| Err(writer_gone())),
            None => self.0.savers.run(move |conn| ChangeSet::run(conn, &actor, work)).await,
        }
    }

    /// Runs `work` in one transaction, and returns when it is on the disk: for what is no record of the catalogue,
    /// such as sessions and tokens. The journal knows nothing of it, and lets no record be written.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub async fn keep<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        match &self.0.writer {
            Some(writer) => writer.submit_aside(work)?.await.unwrap_or_else(|_| Err(writer_gone())),
            None => self.0.savers.run(move |conn| conn.transaction(work)).await,
        }
    }

    /// Does as [`keep`](Self::keep), but nobody waits for it: who only reads shall not wait for who writes, nor mind that
    /// there is no space left. What is being noted already, by this name and number, is not noted once more.
    pub fn note(
        &self,
        what: (&'static str, i64),
        work: impl FnOnce(&mut Conn) -> Result<(), AppError> + Send + 'static,
    ) {
        if self.noting().insert(what) {
            let db = self.clone();
            actix_web::rt::spawn(async move {
                let noted = db.keep(work).await;
                db.noting().remove(&what);
                if let Err(error) = noted {
                    tracing::warn!(%error, what = what.0, "it is not noted");
                }
            });
        }
    }

    fn noting(&self) -> MutexGuard<'_, HashSet<(&'static str, i64)>> {
        self.0.noting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// [`keep`](Self::keep) on this thread; not to be called by a thread that answers requests.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn keep_now<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        match &self.0.writer {
            Some(writer) => writer.submit_aside(work)?.blocking_recv().unwrap_or_else(|_| Err(writer_gone())),
            None => self.read_now(|conn| conn.transaction(work)),
        }
    }

    /// Runs `work` as one change set on this thread; not to be called by a thread that answers requests.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_now<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        match &self.0.writer {
            Some(writer) => writer.submit(actor, work)?.blocking_recv().unwrap_or_else(|_| Err(writer_gone())),
            None => self.read_now(|conn| ChangeSet::run(conn, &actor, work)),
        }
    }

    /// Runs a piece of work that is much too long for one transaction, as [`write_now`](Self::write_now) does. Saves that
    /// wait meanwhile come before the next piece. See [`ChangeSet::go_on_with`] for a change set of many pieces.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_piece_now<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        match &self.0.writer {
            Some(writer) => writer.submit_piece(actor, work)?.blocking_recv().unwrap_or_else(|_| Err(writer_gone())),
            None => self.read_now(|conn| ChangeSet::run(conn, &actor, work)),
        }
    }

    /// Lets the database look at its tables anew, after so much was written that it knows them no more. If that fails,
    /// what was written stands all the same.
    pub fn analyze_now(&self) {
        let looked = match &self.0.writer {
            Some(_) => self.analyze_by_indexes(),
            None => self.read_now(|conn| Ok(conn.analyze()?)),
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "the planner goes by what it knew before");
        }
    }

    /// One index of an SQLite file at a time, so that nobody waits to save until all are read.
    fn analyze_by_indexes(&self) -> Result<(), AppError> {
        for index in self.read_now(|conn| Ok(conn.indexes()?))? {
            self.keep_now(move |conn| Ok(conn.analyze_index(&index)?))?;
            thread::sleep(TURN);
        }
        Ok(())
    }

    /// Whether somebody who saves may be waiting for the piece of work that is being done.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        // To a server everybody writes at once; who waits there waits for a row.
        self.0.writer.as_ref().is_none_or(Writer::is_awaited)
    }
}

fn writer_gone() -> AppError {
    AppError::Unavailable("the file could not be written".to_owned())
}

impl FromRequest for Db {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(request.app_data::<Self>().expect("Db is registered in app.rs").clone()))
    }
}

#[derive(Debug)]
struct LogPoolErrors;

impl diesel::r2d2::HandleError<AppError> for LogPoolErrors {
    fn handle_error(&self, error: AppError) {
        tracing::warn!(%error, "no connection to the database");
    }
}
