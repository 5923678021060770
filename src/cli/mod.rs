//! The command line: one file a subcommand.
mod backup;
mod batches; // reading a table or the journal in order, piece by piece
mod check;
mod currency; // what prices are in
mod export;
mod import;
mod migrate;
mod progress;
mod search_keys; // by which things are found and compared: made anew when the rules for them change
mod seed;
mod serve;
mod token;
mod user;

use std::io::{Write, stderr};
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue};
use clap::{Parser, Subcommand};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Config, ServeConfig, load_environment};
use crate::db::{self, DatabaseUrl, Db};
use crate::error::AppError;

/// Keeps a company's stores and the items in them.
///
/// Without a subcommand it serves the pages and the API.
#[derive(Debug, Parser)]
#[command(name = "stockroom", version, after_help = EXIT_CODES)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    config: Config,
    #[command(flatten)]
    serve: ServeConfig,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the pages and the API (the default)
    Serve,
    /// Bring the tables up to date
    Migrate(migrate::Options),
    /// Take in stores or items from a CSV or JSON file
    Import(import::Options),
    /// Write the catalogue to standard output
    Export(export::Options),
    /// Copy an SQLite file as it is now, while people use it
    Backup(backup::Options),
    /// Fill the database with believable data, to try things on
    Seed(seed::Options),
    /// Look for damage in the database and its journal
    Check,
    /// Tell what prices are in, or put it right
    Currency(currency::Options),
    /// Decide who may sign in
    #[command(subcommand)]
    User(user::Command),
    /// Make tokens with which programs call the API
    #[command(subcommand)]
    Token(token::Command),
}

const EXIT_CODES: &str =
    "Exit codes: 0 done, 1 not done, 2 wrong arguments or settings, 3 done but for what was refused";

/// How a subcommand ended, if it did not fail.
type Ended = Result<ExitCode, AppError>;

/// Exit code 3: done, but something was refused or found wrong.
const PARTLY: u8 = 3;

/// Runs the program with the arguments of this process.
#[must_use]
pub fn run() -> ExitCode {
    if let Err(fault) = load_environment() {
        eprintln!("error: {fault}");
        return ExitCode::from(2);
    }
    let arguments = Arguments::try_parse().unwrap_or_else(|error| without_password(error).exit());
    let lines = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(std::io::IsTerminal::is_terminal(&std::io::stderr()))
        // A line that cannot be written is lost. To say so where it could not be written is a panic.
        .log_internal_errors(false);
    tracing_subscriber::registry().with(lines.with_filter(arguments.config.log.clone())).init();
    let config = &arguments.config;
    let ended = match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(config, &arguments.serve),
        Command::Migrate(options) => migrate::run(config, &options),
        Command::Import(options) => open_to_fill(config).and_then(|db| import::run(&db, &options)),
        Command::Export(options) => {
            check_present(config).and_then(|()| open(config)).and_then(|db| export::run(&db, &options))
        }
        Command::Backup(options) => check_present(config).and_then(|()| backup::run(&config.database_url, &options)),
        Command::Seed(options) => open_to_fill(config).and_then(|db| seed::run(&db, &options)),
        Command::Currency(options) => open_present(config).and_then(|db| currency::run(&db, &options)),
        Command::Check => check_present(config).and_then(|()| check::run(&config.database_url, || open_tables(config))),
        Command::User(command @ user::Command::Add { .. }) => {
            open_tables(config).and_then(|db| user::run(&db, command))
        }
        Command::User(command) => open_present(config).and_then(|db| user::run(&db, command)),
        Command::Token(command) => open_present(config).and_then(|db| token::run(&db, command)),
    };
    ended.unwrap_or_else(|error| {
        // Nobody may be reading it.
        let _ = match error {
            AppError::Refused(reason) => writeln!(stderr(), "error: {reason}"),
            error => writeln!(stderr(), "error: {error}"),
        };
        ExitCode::FAILURE
    })
}

/// The error, without the URL that it may quote: there may be a password in it.
fn without_password(mut error: clap::Error) -> clap::Error {
    let is_secret = |value: &ContextValue| [":/", "@", "password"].iter().any(|sign| value.to_string().contains(sign));
    if error.get(ContextKind::InvalidValue).is_some_and(is_secret) {
        error.insert(ContextKind::InvalidValue, ContextValue::String("…".to_owned()));
    }
    error
}

/// Finds that there is no database. Then its name is mistyped: nothing would be wrong with an empty one, nor would anything
/// be exported.
fn check_present(config: &Config) -> Result<(), AppError> {
    match &config.database_url {
        DatabaseUrl::Sqlite(path) if !path.exists() => {
            Err(AppError::Refused(format!("there is no database {}: look at DATABASE_URL", path.display())))
        }
        DatabaseUrl::Sqlite(path) if path.metadata().is_ok_and(|file| file.is_file() && file.len() == 0) => {
            Err(AppError::Refused(format!("{} is an empty file, and no database", path.display())))
        }
        _ => Ok(()),
    }
}

/// Opens a database to which prices are added.
fn open_to_fill(config: &Config) -> Result<Db, AppError> {
    let db = open(config)?;
    currency::keep(&db)?;
    Ok(db)
}

/// Opens the database, and finds out what its prices are in.
fn open(config: &Config) -> Result<Db, AppError> {
    let db = open_tables(config)?;
    currency::of(&db, config.currency)?.install();
    Ok(db)
}

/// Opens a database that is there, for what has nothing to do with prices.
fn open_present(config: &Config) -> Result<Db, AppError> {
    check_present(config).and_then(|()| open_tables(config))
}

/// Opens the database with its tables up to date.
fn open_tables(config: &Config) -> Result<Db, AppError> {
    db::migrate(&config.database_url)?;
    let db = Db::open(&config.database_url)?;
    search_keys::renew(&db, false)?;
    Ok(db)
}
