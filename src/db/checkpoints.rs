use std::fs::File;
use std::mem::ManuallyDrop;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Integer;

use super::conn::{Conn, Purpose};
use super::same_file::SameFile;
use super::url::DatabaseUrl;
use crate::error::AppError;

/// So many pages of the log may wait to be written back, however small the file is: 32 MiB.
pub(super) const WAITING: i32 = 8_192;
/// While saves follow each other, as many as the file has, and no more than this: a page that many commits write is then written
/// back once, and the log takes no more of the disk than it has to. 128 MiB.
const WAITING_MAX: i32 = 32_768;
/// How long nobody has saved when there is peace, and how many pages may wait then: 8 MiB.
const PEACE: Duration = Duration::from_millis(250);
const WAITING_IN_PEACE: i32 = 2_048;
/// How long to wait in peace for a reader who keeps the log from being written back.
const PAUSE: Duration = Duration::from_secs(5);
/// How many bytes a page has.
const PAGE: u64 = 4_096;
/// When no more than so many are left, the writer does those: nobody writes then, so the log begins anew, in its place.
const REST_MAX: i32 = 1_024;
/// So few are not worth another pass, which would write back what was written during the one before.
const REST_MIN: i32 = 64;
/// A log this long is written back to its end by the writer, within the commit, whatever that takes: 512 MiB.
const LOG_MAX: i32 = 131_072;
/// How long a log that begins anew stays as a file: writing over it is cheaper than making it longer. 256 MiB: it grows while
/// it is written back.
const FILE_MAX: i32 = 268_435_456;
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
        let (url, same) = (url.clone(), SameFile::at(url));
        let (wake, calls) = sync_channel(1);
        let rest = Arc::new(AtomicBool::new(false));
        let found = rest.clone();
        let thread = std::thread::Builder::new()
            .name("checkpoints".to_owned())
            .spawn(move || run(&url, same, &calls, &found))
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

fn run(url: &DatabaseUrl, same: SameFile, calls: &Receiver<()>, rest: &AtomicBool) {
    let DatabaseUrl::Sqlite(path) = url else { return };
    let (mut open, mut file) = (None, None);
    // Says whether some of it is left.
    let mut look = |worth_it: Range<i32>| {
        let written_back = match open.take().map_or_else(|| same.open(url, Purpose::Write), Ok) {
            Ok(conn) => write_back(open.insert(conn), &worth_it, || sync(path, &mut file)),
            Err(error) => Err(error),
        };
        let left = *written_back.as_ref().unwrap_or(&0);
        rest.store((1..=REST_MAX).contains(&left), Ordering::Relaxed);
        warn(written_back.map(drop));
        left > 0
    };
    // Beyond its length the turn is the writer's, which would not get it while this goes on.
    let busy = || waiting_max(path)..LOG_MAX;
    let mut wait = None;
    loop {
        let call = match wait {
            Some(wait) => calls.recv_timeout(wait),
            None => calls.recv().map_err(RecvTimeoutError::from),
        };
        wait = match call {
            Ok(()) => {
                look(busy());
                Some(PEACE)
            }
            Err(RecvTimeoutError::Timeout) => look(WAITING_IN_PEACE..i32::MAX).then_some(PAUSE),
            Err(RecvTimeoutError::Disconnected) => return,
        };
    }
}

fn waiting_max(path: &Path) -> i32 {
    let pages = std::fs::metadata(path).map_or(0, |file| file.len() / PAGE);
    i32::try_from(pages).unwrap_or(i32::MAX).clamp(WAITING, WAITING_MAX)
}

/// Writes the log back if it is so long that it is worth it, pass after pass as long as each leaves less than half. Gives how many
/// pages are left then; none, if it was not worth it.
fn write_back(
    conn: &mut Conn,
    worth_it: &Range<i32>,
    mut sync: impl FnMut() -> Result<(), AppError>,
) -> Result<i32, AppError> {
    let (mut before, mut found) = (i32::MAX, checkpoint(conn, "NOOP")?);
    while worth_it.contains(&found.log) && found.rest() > REST_MIN && found.rest() < before / 2 {
        before = found.rest();
        let reached = found.checkpointed;
        checkpoint(conn, "PASSIVE")?;
        found = checkpoint(conn, "NOOP")?; // more may have been written meanwhile
        // At the end of the log SQLite has done so itself.
        if found.checkpointed > reached && found.rest() > 0 {
            sync()?;
            found = checkpoint(conn, "NOOP")?;
        }
    }
    Ok(if worth_it.contains(&found.log) { found.rest() } else { 0 })
}

/// Has what was written to the file on the disk. SQLite does that at the end of the log alone, and there the writer would wait
/// for all of it. The file is never closed: that would take SQLite's locks on it from every connection of this program
/// (<https://sqlite.org/howtocorrupt.html>, 2.2).
fn sync(path: &Path, file: &mut Option<ManuallyDrop<File>>) -> Result<(), AppError> {
    let unavailable = |error: std::io::Error| AppError::Unavailable(error.to_string());
    let file = match file {
        Some(file) => file,
        None => file.insert(ManuallyDrop::new(File::open(path).map_err(unavailable)?)),
    };
    file.sync_data().map_err(unavailable)
}

fn warn(written_back: Result<(), AppError>) {
    if let Err(error) = written_back {
        tracing::warn!(%error, "the write-ahead log is not written back");
    }
}

fn checkpoint(conn: &mut Conn, mode: &str) -> QueryResult<Log> {
    diesel::sql_query(format!("PRAGMA wal_checkpoint({mode})")).get_result(conn)
}
