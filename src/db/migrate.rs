use std::fs::File;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::conn::{Conn, Purpose, check_folder, check_writable};
use super::url::DatabaseUrl;
use crate::error::AppError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any fixed number will do: it keeps two processes from migrating one server at once.
const POSTGRES_LOCK: &str = "SELECT pg_advisory_lock(5706033)";

/// Brings the tables up to date and returns the names of the migrations applied.
/// One process at a time does so; an SQLite file with data in it is copied aside first.
///
/// # Errors
/// `Unavailable` if the database does not answer, `Internal` with the migration's error if one fails.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, AppError> {
    let _turn = match url {
        DatabaseUrl::Sqlite(path) => Some(take_turn(path)?),
        DatabaseUrl::Postgres(_) => None,
    };
    let mut conn = Conn::open(url, Purpose::Write)?;
    let applied = match (&mut conn, url) {
        (Conn::Sqlite(conn), DatabaseUrl::Sqlite(path)) => {
            if conn.has_pending_migration(SQLITE).map_err(failed)? {
                copy_aside(conn, path)?;
            }
            names(conn.run_pending_migrations(SQLITE).map_err(failed)?)
        }
        (Conn::Postgres(conn), _) => {
            conn.batch_execute(POSTGRES_LOCK)?;
            names(conn.run_pending_migrations(POSTGRES).map_err(needs_trigrams)?)
        }
        _ => unreachable!("Conn::open answers the kind it is asked for"),
    };
    if conn.is_sqlite() && !applied.is_empty() {
        // Of indexes it knows nothing about SQLite thinks so well that it takes them before all others.
        conn.analyze()?;
    }
    Ok(applied)
}

/// Whether every migration this program knows has been applied.
///
/// # Errors
/// Those of the database.
pub fn is_up_to_date(conn: &mut Conn) -> Result<bool, AppError> {
    let pending = match conn {
        Conn::Sqlite(conn) => conn.has_pending_migration(SQLITE),
        Conn::Postgres(conn) => conn.has_pending_migration(POSTGRES),
    };
    pending.map(|pending| !pending).map_err(failed)
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => (*error).into(),
        Err(error) => AppError::Internal(format!("migration: {error}")),
    }
}

/// The error of a migration. The one that needs more than the tables of its own says what to do.
fn needs_trigrams(error: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    let said = error.to_string();
    if !["pg_trgm", "gin_trgm_ops"].iter().any(|name| said.contains(name)) {
        return failed(error);
    }
    AppError::Unavailable(format!(
        "Searching needs PostgreSQL's extension pg_trgm, and it could not be created ({said}). Let the owner of the \
         database run CREATE EXTENSION pg_trgm in it, once; where the server does not have the extension, it comes with \
         the package postgresql-contrib."
    ))
}

fn names(applied: Vec<diesel::migration::MigrationVersion<'_>>) -> Vec<String> {
    applied.into_iter().map(|version| version.to_string()).collect()
}

/// Holds a lock file beside the database until dropped.
fn take_turn(path: &Path) -> Result<File, AppError> {
    check_folder(path)?;
    let lock = beside(path, "migrating");
    check_writable(path).and_then(|()| check_writable(&lock))?;
    let taken = File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(&lock)
        .and_then(|file| file.lock().map(|()| file));
    taken.map_err(|error| AppError::Unavailable(format!("{}: {error}", lock.display())))
}

fn copy_aside(conn: &mut SqliteConnection, path: &Path) -> Result<(), AppError> {
    let tables: i64 = diesel::dsl::sql::<diesel::sql_types::BigInt>(
        "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '__diesel%'",
    )
    .get_result(conn)?;
    if tables == 0 {
        return Ok(());
    }
    let copy = beside(path, &format!("before-{}", chrono::Utc::now().format("%Y%m%dT%H%M%S")));
    diesel::sql_query("VACUUM INTO ?").bind::<diesel::sql_types::Text, _>(copy.to_string_lossy()).execute(conn)?;
    tracing::info!(copy = %copy.display(), "copied the database aside before changing its tables");
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
