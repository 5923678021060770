use std::fs::File;
use std::mem::ManuallyDrop;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::conn::{Conn, Purpose};
use super::url::DatabaseUrl;
use crate::error::AppError;

/// How many pages of the log may wait to be written back: a page that many commits write is then written back once.
pub(super) const WAITING_MAX: i32 = 8_192;
/// When no more than so many are left, the writer does those: nobody writes then, so the log begins anew, in its place.
const REST_MAX: i32 = 1_024;
/// So few are not worth another pass. One takes in what was written during the last.
const REST_MIN: i32 = 64;
/// A log this long is written back to its end by the writer, within the commit, whatever that takes: 256 MiB.
const LOG_MAX: i32 = 65_536;
/// How long a log that begins anew stays as a file: writing over it is cheaper than making it longer. 64 MiB.
const FILE_MAX: i32 = 67_108_864;
/// How many pages a transaction may change before some go to the log early, perhaps to be read and changed again: 64 MiB.
const CHANGED_MAX: i32 = 16_384;

/// How long a writer waits before it looks again whether another process still writes. One that does long work leaves the file
/// to others between its pieces, but not for longer than it has to.
pub(super) const TURN_TIMEOUT_MS: u32 = 2;

/// Writes the log of an SQLite file back into it, beside the writer: nobody who saves waits for that.
pub struct Checkpoints {
    wake: SyncSender<()>,
    /// Whether there is little left to write back.
    rest: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

#[derive(QueryableByName)]
struct Log {
    /// How many pages it has.
    #[diesel(sql_type = Integer)]
    log: i32,
    /// How many of them are written back.
    #[diesel(sql_type = Integer)]
    checkpointed: i32,
}

impl Log {
    /// How many pages are left to write back.
    fn rest(&self) -> i32 {
        self.log - self.checkpointed
    }
}

impl Checkpoints {
    /// Starts the thread that does it. It opens its connection when something has been written.
    pub fn start(url: &DatabaseUrl) -> Result<Self, AppError> {
        let url = url.clone();
        let (wake, calls) = sync_channel(1);
        let rest = Arc::new(AtomicBool::new(false));
        let found = rest.clone();
        let thread = std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || run(&url, &calls, &found))
            .map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(Self { wake, rest, thread })
    }

    /// Lets it look whether there is enough to do.
    pub fn wake(&self) {
        let _ = self.wake.try_send(()); // one call that waits is enough
    }

    /// Writes back the rest on the writer's connection, where little of the log is left.
    pub fn finish(&self, writer: &mut Conn) {
        if self.rest.swap(false, Ordering::Relaxed) {
            warn(checkpoint(writer, "PASSIVE").map(drop).map_err(AppError::from));
        }
    }

    /// Waits until it has ended.
    pub fn stop(self) {
        drop(self.wake);
        let _ = self.thread.join();
    }
}

/// Opens the connection of a writer that leaves the log to [`Checkpoints`], as long as they keep up with it.
pub fn open_writer(url: &DatabaseUrl) -> Result<Conn, AppError> {
    let mut conn = Conn::open(url, Purpose::Write)?;
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {TURN_TIMEOUT_MS};
         PRAGMA wal_autocheckpoint = {LOG_MAX}; PRAGMA journal_size_limit = {FILE_MAX}; PRAGMA cache_spill = {CHANGED_MAX};"
    ))?;
    Ok(conn)
}

fn run(url: &DatabaseUrl, calls: &Receiver<()>, rest: &AtomicBool) {
    let mut open = None;
    while calls.recv().is_ok() {
        let written_back = match open.take().map_or_else(|| Open::new(url), Ok) {
            Ok(new) => open.insert(new).write_back(),
            Err(error) => Err(error),
        };
        warn(written_back.map(|is_little| rest.store(is_little, Ordering::Relaxed)));
    }
}

struct Open {
    conn: Conn,
    /// The file itself. Never closed: that would take SQLite's locks on it from every connection of this program
    /// (<https://sqlite.org/howtocorrupt.html>, 2.2).
    file: ManuallyDrop<File>,
}

impl Open {
    fn new(url: &DatabaseUrl) -> Result<Self, AppError> {
        let DatabaseUrl::Sqlite(path) = url else {
            return Err(AppError::Internal("only a file has a log to write back".to_owned()));
        };
        let conn = Conn::open(url, Purpose::Write)?;
        let file = File::open(path).map_err(|error| AppError::Unavailable(error.to_string()))?;
        Ok(Self { conn, file: ManuallyDrop::new(file) })
    }

    /// Writes the log back if it is worth it, pass after pass as long as less is left after each. Says whether little is left.
    fn write_back(&mut self) -> Result<bool, AppError> {
        let found = checkpoint(&mut self.conn, "NOOP")?;
        // Beyond its length the turn is the writer's, which would not get it while this goes on.
        if !(WAITING_MAX..LOG_MAX).contains(&found.log) {
            return Ok(false);
        }
        let (mut before, mut rest) = (i32::MAX, found.rest());
        while rest > REST_MIN && rest < before / 2 {
            checkpoint(&mut self.conn, "PASSIVE")?;
            // SQLite does so only at the end of the log, and there the writer would wait for all of it.
            self.file.sync_data().map_err(|error| AppError::Unavailable(error.to_string()))?;
            // More was written meanwhile.
            (before, rest) = (rest, checkpoint(&mut self.conn, "NOOP")?.rest());
        }
        Ok(rest <= REST_MAX)
    }
}

fn warn(written_back: Result<(), AppError>) {
    if let Err(error) = written_back {
        tracing::warn!(%error, "the write-ahead log is not written back");
    }
}

fn checkpoint(conn: &mut Conn, mode: &str) -> QueryResult<Log> {
    diesel::sql_query(format!("PRAGMA wal_checkpoint({mode})")).get_result(conn)
}
