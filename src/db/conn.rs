use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::prelude::*;

use super::DatabaseUrl;
use crate::error::{AppError, in_one_line};

/// A connection to either database: a query is written once.
#[derive(diesel::MultiConnection)]
pub enum Conn {
    /// An SQLite file.
    Sqlite(SqliteConnection),
    /// A PostgreSQL server.
    Postgres(PgConnection),
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reading only: SQLite opens the file so that it cannot be written.
    Read,
    /// Writing, and making the file if there is none.
    Write,
}

/// How long SQLite waits for another process that writes.
pub(super) const BUSY_TIMEOUT_MS: u32 = 5_000;
/// How long somebody who writes tries to begin when another process holds the file.
const LOCKED_TIMEOUT: Duration = Duration::from_secs(60);
/// How long somebody who saves waits for a row of PostgreSQL's that somebody else holds.
const ROW_TIMEOUT_MS: u32 = 30_000;
/// How much of an SQLite file somebody who writes it keeps in memory: 10 MiB, as SQLite counts them.
pub(super) const CACHE_SIZE: i32 = -10_240;
/// How much of it while long work is done piece by piece: 96 MiB.
pub(super) const PIECES_CACHE_SIZE: i32 = -98_304;

impl Conn {
    /// Opens a connection.
    ///
    /// # Errors
    /// `Unavailable`, with the reason in the database's words.
    pub fn open(url: &DatabaseUrl, purpose: Purpose) -> Result<Self, AppError> {
        match url {
            DatabaseUrl::Sqlite(path) => open_sqlite(path, purpose).map(Self::Sqlite),
            DatabaseUrl::Postgres(url) => open_postgres(url).map(Self::Postgres).map_err(|error| reason(&error)),
        }
    }

    /// Begins a transaction that is sure to be able to write, once nobody else does.
    pub(super) fn begin_write(&mut self) -> Result<(), AppError> {
        let started = Instant::now();
        loop {
            let begun = match self {
                // A deferred transaction that turns to writing fails when another did so first.
                Self::Sqlite(conn) => AnsiTransactionManager::begin_transaction_sql(conn, "BEGIN IMMEDIATE"),
                Self::Postgres(conn) => return Ok(AnsiTransactionManager::begin_transaction(conn)?),
            };
            match begun.map_err(AppError::from) {
                Err(AppError::Unavailable(reason))
                    if reason.contains("locked") && started.elapsed() < LOCKED_TIMEOUT => {}
                done => return done,
            }
        }
    }

    /// Commits what [`begin_write`](Self::begin_write) began.
    pub(super) fn commit_write(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::commit_transaction(conn),
            Self::Postgres(conn) => AnsiTransactionManager::commit_transaction(conn),
        }
    }

    /// Takes back what was done since [`begin_write`](Self::begin_write).
    pub(super) fn roll_back_write(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => AnsiTransactionManager::rollback_transaction(conn),
            Self::Postgres(conn) => AnsiTransactionManager::rollback_transaction(conn),
        }
    }

    /// Reads everything in `work` as it stands now, whoever writes meanwhile.
    ///
    /// # Errors
    /// Those of `work`, and of the database.
    pub fn snapshot<T, E: From<diesel::result::Error>>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, E>,
    ) -> Result<T, E> {
        self.transaction(|conn| {
            if let Self::Postgres(conn) = conn {
                conn.batch_execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
            }
            work(conn)
        })
    }

    /// Whether this is an SQLite file.
    #[must_use]
    pub fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_))
    }
}

/// How the library begins what it says of an address that it cannot read: it quotes it, and there may be a password in it.
const QUOTING: [&str; 10] = [
    "end of string",
    "extra key",
    "forbidden value",
    "invalid URI",
    "invalid integer",
    "invalid percent",
    "invalid port number",
    "missing key",
    "unexpected character",
    "unexpected spaces",
];

/// Why a server's connection could not be opened, in one line.
fn reason(error: &ConnectionError) -> AppError {
    let said = in_one_line(&error.to_string());
    if QUOTING.iter().any(|beginning| said.starts_with(beginning)) {
        return AppError::Refused(
            "the address of the database cannot be read: in its user and password write % as %25, / as %2F, @ as %40, \
             : as %3A, # as %23, ? as %3F and a space as %20"
                .to_owned(),
        );
    }
    AppError::Unavailable(said)
}

/// The address with how long to wait for a server that says nothing, as one behind a firewall does, where it does not say that.
fn with_timeouts(url: &str) -> String {
    let timeouts = ["connect_timeout=10", "tcp_user_timeout=20000", "keepalives_idle=20"];
    // What stands before the last @ may be a password.
    let said = url.rsplit('@').next().and_then(|place| place.split_once('?')).map(|(_, said)| said);
    let is_said =
        |timeout: &str| timeout.split_once('=').is_some_and(|(name, _)| said.unwrap_or_default().contains(name));
    let more: Vec<&str> = timeouts.into_iter().filter(|timeout| !is_said(timeout)).collect();
    let mark = match said {
        _ if more.is_empty() => "",
        None => "?",
        Some("") => "",
        Some(_) => "&",
    };
    format!("{url}{mark}{}", more.join("&"))
}

fn open_postgres(url: &str) -> ConnectionResult<PgConnection> {
    let mut conn = PgConnection::establish(&with_timeouts(url))?;
    // A plan is kept while the table grows. One made while the journal was short read all of it for each save, until the
    // server next looked at the table. What makes that plan dear would have others compiled, which takes longer than they do.
    // Nobody waits for ever for a row that somebody else holds, unless whoever runs the server has set another limit.
    conn.batch_execute(&format!(
        "SET enable_seqscan = off; SET jit = off;
         SELECT set_config('lock_timeout', '{ROW_TIMEOUT_MS}', false) WHERE current_setting('lock_timeout') = '0'"
    ))
    .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

fn open_sqlite(path: &Path, purpose: Purpose) -> Result<SqliteConnection, AppError> {
    let unavailable = |error: String| AppError::Unavailable(format!("{}: {error}", path.display()));
    if purpose == Purpose::Write {
        check_folder(path)?;
        // What SQLite cannot make either it says by itself.
        if !path.exists() {
            let _ = create_private(path, false); // where a link leads, too
        }
    } else if path.exists() && beside(path, "-journal").exists() {
        // A file that was not in WAL mode yet when somebody who wrote it ended: who only reads cannot take that back.
        open_sqlite(path, Purpose::Write)?;
    }
    let mode = match purpose {
        Purpose::Read => "ro",
        Purpose::Write => "rwc",
    };
    let mut conn = SqliteConnection::establish(&format!("file:{}?mode={mode}", uri_path(path)))
        .map_err(|error| unavailable(error.to_string()))?;
    conn.batch_execute(&format!(
        // Recursive triggers, so that a row which REPLACE deletes is journalled too.
        "PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}; PRAGMA foreign_keys = ON; PRAGMA recursive_triggers = ON;"
    ))
    .map_err(|error| unavailable(error.to_string()))?;
    if purpose == Purpose::Read {
        // Sorting stays in memory. Not so for writers: an import stages a whole file.
        conn.batch_execute("PRAGMA temp_store = MEMORY;").map_err(|error| unavailable(error.to_string()))?;
    } else {
        // FULL: an answered save is on the disk.
        conn.batch_execute(&format!(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA cache_size = {CACHE_SIZE};"
        ))
        .map_err(|error| unavailable(error.to_string()))?;
    }
    Ok(conn)
}

/// Makes a file that nobody else on this machine may read: there are hashes of passwords in it. SQLite's own files beside it
/// follow it.
pub(super) fn create_private(path: &Path, is_new: bool) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(false).create_new(is_new).mode(0o600).open(path).map(drop)
}

/// The path of a file that SQLite keeps beside another.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Finds that the folder of a file to be made is not there.
pub(super) fn check_folder(path: &Path) -> Result<(), AppError> {
    if path.parent().is_some_and(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
        return Err(AppError::Unavailable(format!("{}: its folder does not exist", path.display())));
    }
    Ok(())
}

/// Finds that a file cannot be written. SQLite would open it for reading, and tell at the first save.
pub(super) fn check_writable(path: &Path) -> Result<(), AppError> {
    let fault = if path.is_dir() {
        "this is a folder. Give the name of a file in it"
    } else if path.exists() && rustix::fs::access(path, rustix::fs::Access::WRITE_OK).is_err() {
        "this file may not be written. Change its permissions, or its owner"
    } else {
        return Ok(());
    };
    Err(AppError::Refused(format!("{}: {fault}", path.display())))
}

/// The path as SQLite's URI file names want it (<https://sqlite.org/uri.html>).
fn uri_path(path: &Path) -> String {
    path.to_string_lossy().replace('%', "%25").replace('?', "%3f").replace('#', "%23")
}

#[cfg(test)]
mod tests {
    use super::with_timeouts;

    #[test]
    fn an_address_gets_the_timeouts_that_it_does_not_say() {
        let all = "connect_timeout=10&tcp_user_timeout=20000&keepalives_idle=20";
        let rest = "tcp_user_timeout=20000&keepalives_idle=20";
        for (url, expected) in [
            ("postgres://h/db", format!("postgres://h/db?{all}")),
            ("postgres://u:a?b@h/db", format!("postgres://u:a?b@h/db?{all}")),
            ("postgres:///db?host=/tmp", format!("postgres:///db?host=/tmp&{all}")),
            ("postgres://h/db?", format!("postgres://h/db?{all}")),
            ("postgres://h/db?connect_timeout=2", format!("postgres://h/db?connect_timeout=2&{rest}")),
            ("postgres://connect_timeout@h/db", format!("postgres://connect_timeout@h/db?{all}")),
        ] {
            assert_eq!(with_timeouts(url), expected);
        }
    }
}
