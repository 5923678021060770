use std::fmt::Display;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Text};
use tokio::sync::oneshot;

use super::conn::{Conn, Purpose};
use super::url::DatabaseUrl;
use crate::error::AppError;

/// A mark of what is committed, or of a part of it. Two stamps are equal only if nothing of that was committed between them, by
/// this process or any other, so what was read after the first was taken is still so when the second was. They may differ
/// without cause.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Stamp(Arc<str>);

/// The stamps of one moment.
#[derive(Debug, Clone)]
pub struct Marks {
    /// Of all that is committed.
    pub all: Stamp,
    /// Of who is who and may do what: it stays the same when other things are saved.
    pub access: Stamp,
    /// Of the stores and tags themselves, the items in them left out.
    pub stores: Stamp,
}

impl Marks {
    fn new(connection: u64, state: impl Display, access: impl Display, stores: impl Display) -> Self {
        let stamp = |of: &dyn Display| Stamp(format!("{connection:x}-{of}").into());
        Self { all: stamp(&state), access: stamp(&access), stores: stamp(&stores) }
    }
}

/// How long a database that gave no stamp is left alone.
const PAUSE: Duration = Duration::from_secs(1);

/// Where stamps are taken.
pub enum Stamps {
    /// From an SQLite file, on the spot: it takes a microsecond or two, and ten after a save.
    Here(Mutex<Marker>),
    /// From a server, by a thread of its own: whoever asks while it waits for an answer shares the next one.
    Asked(Mutex<Sender<oneshot::Sender<Option<Marks>>>>),
}

impl Stamps {
    /// Opens nothing yet.
    pub fn of(url: &DatabaseUrl) -> Self {
        let marker = Marker { url: url.clone(), open: None, failed: None };
        match url {
            DatabaseUrl::Sqlite(_) => Self::Here(Mutex::new(marker)),
            DatabaseUrl::Postgres(_) => {
                let (sender, asked) = channel();
                // Without the thread the channel is closed, and there are no stamps.
                let _ = std::thread::Builder::new().name("stamps".to_owned()).spawn(move || answer(marker, &asked));
                Self::Asked(Mutex::new(sender))
            }
        }
    }

    /// The stamps of now: whatever was committed before this was called is in them. None if the database does not answer.
    pub async fn take(&self) -> Option<Marks> {
        match self {
            Self::Here(marker) => marker.lock().unwrap_or_else(PoisonError::into_inner).take(),
            Self::Asked(sender) => {
                let (reply, marks) = oneshot::channel();
                sender.lock().unwrap_or_else(PoisonError::into_inner).send(reply).ok()?;
                marks.await.ok().flatten()
            }
        }
    }
}

fn answer(mut marker: Marker, asked: &Receiver<oneshot::Sender<Option<Marks>>>) {
    while let Ok(first) = asked.recv() {
        // All of these asked before the query begins, so its answer holds for each of them.
        let waiting: Vec<_> = std::iter::once(first).chain(asked.try_iter()).collect();
        let marks = marker.take();
        for reply in waiting {
            let _ = reply.send(marks.clone());
        }
    }
}

/// A connection that does nothing but take stamps.
pub struct Marker {
    url: DatabaseUrl,
    open: Option<Open>,
    failed: Option<Instant>,
}

struct Open {
    conn: Conn,
    /// What another connection counted says nothing about what this one counts, so each has a number of its own.
    number: u64,
    /// The stamps of an SQLite file, in the state that it had last.
    last: Option<(i64, Marks)>,
}

impl Marker {
    fn take(&mut self) -> Option<Marks> {
        if self.failed.is_some_and(|failed| failed.elapsed() < PAUSE) {
            return None;
        }
        let marks = self.try_take();
        self.failed = marks.is_err().then(Instant::now);
        marks.inspect_err(|error| tracing::warn!(%error, "nothing is kept for later: the database gives no stamp")).ok()
    }

    fn try_take(&mut self) -> Result<Marks, AppError> {
        let mut open = match self.open.take() {
            Some(open) => open,
            None => Open { conn: Conn::open(&self.url, Purpose::Read)?, number: rand::random(), last: None },
        };
        let marks = match &mut open.conn {
            Conn::Sqlite(conn) => {
                let version = DataVersion.get_result::<i64>(conn)?;
                match &open.last {
                    Some((last, marks)) if *last == version => marks.clone(),
                    _ => {
                        let (access, stores) = KeptMarks.get_result::<(i64, i64)>(conn)?;
                        let marks = Marks::new(open.number, version, access, stores);
                        open.last = Some((version, marks.clone()));
                        marks
                    }
                }
            }
            Conn::Postgres(conn) => {
                let (snapshot, access, stores) = Snapshot.get_result::<(String, String, String)>(conn)?;
                Marks::new(open.number, snapshot, access, stores)
            }
        };
        self.open = Some(open); // not after an error: then the next one opens another
        Ok(marks)
    }
}

/// Another number after every commit by another connection (<https://sqlite.org/pragma.html#pragma_data_version>).
#[derive(QueryId)]
struct DataVersion;

/// The marks that are kept in tables. Asked after [`DataVersion`]: what is committed in between makes that another one again.
#[derive(QueryId)]
struct KeptMarks;

/// Which transactions are visible, and the parts of the kept marks in these. Not a highest id or a sequence: transactions
/// commit in another order than they begin.
#[derive(QueryId)]
struct Snapshot;

/// A query without parameters, kept prepared.
macro_rules! fixed_query {
    ($query:ty, $backend:ty, $conn:ty, $sql_type:ty, $sql:literal) => {
        impl Query for $query {
            type SqlType = $sql_type;
        }
        impl RunQueryDsl<$conn> for $query {}
        impl QueryFragment<$backend> for $query {
            fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, $backend>) -> QueryResult<()> {
                out.push_sql($sql);
                Ok(())
            }
        }
    };
}

fixed_query!(DataVersion, diesel::sqlite::Sqlite, SqliteConnection, BigInt, "PRAGMA data_version");
fixed_query!(
    KeptMarks,
    diesel::sqlite::Sqlite,
    SqliteConnection,
    (BigInt, BigInt),
    "SELECT (SELECT mark FROM access_marks), (SELECT mark FROM store_marks)"
);
fixed_query!(
    Snapshot,
    diesel::pg::Pg,
    PgConnection,
    (Text, Text, Text),
    "SELECT CAST(pg_current_snapshot() AS TEXT), \
        (SELECT coalesce(string_agg(CAST(mark AS TEXT), ' ' ORDER BY id), '') FROM access_marks), \
        (SELECT coalesce(string_agg(CAST(mark AS TEXT), ' ' ORDER BY id), '') FROM store_marks)"
);
