use std::fs::File;
use std::io::ErrorKind;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use diesel::sqlite::Sqlite;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use super::Sql;
use super::conn::{Conn, Purpose, check_folder, check_writable};
use super::url::DatabaseUrl;
use crate::error::AppError;

const SQLITE: EmbeddedMigrations = embed_migrations!("migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("migrations/postgres");

/// Any fixed number will do: it keeps two processes from migrating one server at once.
const POSTGRES_LOCK: &str = "SET lock_timeout = 0; SELECT pg_advisory_lock(5706033)";

/// Brings the tables up to date and returns the names of the migrations applied.
/// One process at a time does so; an SQLite file with data in it is copied aside first.
///
/// # Errors
/// `Unavailable` if the database does not answer, `Refused` if it is another program's, or a newer one's, `Internal` with
/// the migration's error if one fails.
pub fn migrate(url: &DatabaseUrl) -> Result<Vec<String>, AppError> {
    let _turn = match url {
        DatabaseUrl::Sqlite(path) => {
            let turn = take_turn(path)?;
            check_own(url, path)?;
            Some(turn)
        }
        DatabaseUrl::Postgres(_) => None,
    };
    let mut conn = Conn::open(url, Purpose::Write)?;
    if is_up_to_date(&mut conn)? {
        return Ok(Vec::new());
    }
    if let Conn::Postgres(conn) = &mut conn {
        conn.batch_execute(POSTGRES_LOCK)?;
    }
    check_not_newer(&mut conn)?;
    if let DatabaseUrl::Sqlite(path) = url
        && has_tables(&mut conn, "name NOT LIKE 'sqlite%' AND name NOT LIKE '__diesel%'")?
    {
        let copy = free_name(path, &format!("before-{}", chrono::Utc::now().format("%Y%m%dT%H%M%S")));
        conn.copy_to(&copy)?;
        tracing::info!(copy = %copy.display(), "copied the database aside before changing its tables");
    }
    let applied = match &mut conn {
        Conn::Sqlite(conn) => names(conn.run_pending_migrations(SQLITE).map_err(failed)?),
        Conn::Postgres(conn) => names(conn.run_pending_migrations(POSTGRES).map_err(needs_more)?),
    };
    if conn.is_sqlite() && !applied.is_empty() {
        // Of indexes it knows nothing about SQLite thinks so well that it takes them before all others.
        conn.analyze()?;
    }
    Ok(applied)
}

/// Whether every migration this program knows has been applied, and no other.
///
/// # Errors
/// Those of the database.
pub fn is_up_to_date(conn: &mut Conn) -> Result<bool, AppError> {
    Ok(applied(conn)? == known(conn)?)
}

/// The migrations that were applied, in their order. Diesel's own way makes the table that it looks into, which not
/// everybody may do.
fn applied(conn: &mut Conn) -> Result<Vec<String>, AppError> {
    let there: bool = diesel::select(Sql::<Bool>::new("").either(
        "EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')",
        "to_regclass('__diesel_schema_migrations') IS NOT NULL",
    ))
    .get_result(conn)?;
    if !there {
        return Ok(Vec::new());
    }
    let mut applied: Vec<String> = Sql::<Text>::new("SELECT version FROM __diesel_schema_migrations").load(conn)?;
    applied.sort();
    Ok(applied)
}

/// The migrations that this program knows, in their order.
fn known(conn: &Conn) -> Result<Vec<String>, AppError> {
    match conn {
        Conn::Sqlite(_) => versions::<Sqlite>(&SQLITE),
        Conn::Postgres(_) => versions::<Pg>(&POSTGRES),
    }
}

fn versions<DB: Backend>(known: &EmbeddedMigrations) -> Result<Vec<String>, AppError> {
    let known: Vec<Box<dyn Migration<DB>>> = MigrationSource::<DB>::migrations(known).map_err(failed)?;
    let mut versions: Vec<_> = known.iter().map(|migration| migration.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}

/// Refuses a database that a newer program has migrated: this one would write what that one does not expect.
fn check_not_newer(conn: &mut Conn) -> Result<(), AppError> {
    let known = known(conn)?;
    match applied(conn)?.into_iter().rev().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(version) => Err(AppError::Refused(format!(
            "a newer Stockroom has changed this database (migration {version}). Use that one, or go back to a copy from before"
        ))),
    }
}

/// Refuses the file of another program, before anything in it is changed.
fn check_own(url: &DatabaseUrl, path: &Path) -> Result<(), AppError> {
    if !path.is_file() {
        return Ok(());
    }
    let mut conn = Conn::open(url, Purpose::Read)?;
    // Asked at once: this table is the first of ours.
    let foreign = "name NOT LIKE 'sqlite%'
        AND NOT EXISTS (SELECT 1 FROM sqlite_schema WHERE name = '__diesel_schema_migrations')";
    if !has_tables(&mut conn, foreign)? {
        return Ok(());
    }
    Err(AppError::Refused(format!("{} is a database of another program: name another file", path.display())))
}

fn has_tables(conn: &mut Conn, which: &'static str) -> QueryResult<bool> {
    let table: Sql<Text> = Sql::new("SELECT name FROM sqlite_schema WHERE type = 'table' AND ").sql(which);
    Ok(table.sql(" LIMIT 1").get_result::<String>(conn).optional()?.is_some())
}

fn failed(error: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    match error.downcast::<diesel::result::Error>() {
        Ok(error) => (*error).into(),
        Err(error) => AppError::Internal(format!("migration: {error}")),
    }
}

/// The error of a migration. One that needs what somebody else has to allow says what to do.
fn needs_more(error: Box<dyn std::error::Error + Send + Sync>) -> AppError {
    let said = error.to_string();
    if said.contains("permission denied for schema") || said.contains("read-only transaction") {
        return AppError::Refused(format!(
            "the tables have to be made, or brought up to date, and this user may not do that ({said}). Run `stockroom \
             migrate` as the owner of the database, or let the owner run GRANT CREATE ON SCHEMA public TO this user"
        ));
    }
    if !["pg_trgm", "gin_trgm_ops"].iter().any(|name| said.contains(name)) {
        return failed(error);
    }
    AppError::Unavailable(format!(
        "Searching needs PostgreSQL's extension pg_trgm, and it could not be created ({said}). Let the owner of the \
         database run CREATE EXTENSION pg_trgm in it, once; where the server does not have the extension, it comes with \
         the package postgresql-contrib."
    ))
}

fn names(applied: Vec<MigrationVersion<'_>>) -> Vec<String> {
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
        .mode(0o600) // whoever can open it could hold it, and keep the program from starting
        .open(&lock)
        .and_then(|file| file.lock().map(|()| file));
    taken.map_err(|error| match error.kind() {
        ErrorKind::PermissionDenied => AppError::Refused(format!(
            "{}: its folder may not be written. Change its permissions, or its owner",
            path.display()
        )),
        _ => AppError::Unavailable(format!("{}: {error}", lock.display())),
    })
}

/// A name beside the database for a copy: a program that was killed may have made one in the same second.
fn free_name(path: &Path, ending: &str) -> PathBuf {
    let is_free = |copy: &PathBuf| !copy.exists() && !beside(copy, "part").exists();
    let numbered = (2..).map(|number| beside(path, &format!("{ending}-{number}")));
    std::iter::once(beside(path, ending)).chain(numbered).find(is_free).unwrap_or_default()
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    name.into()
}
