use std::path::PathBuf;
use std::process::ExitCode;

use super::Ended;
use crate::db::{Conn, DatabaseUrl, Purpose};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Options {
    /// The file to write, which must not be there yet
    file: PathBuf,
}

const HELP: &str = "\
Everything is in the copy: stores, items, tags, their history, people. It is as things are at this moment; people go on \
working meanwhile. To go back to it, end the program, move the file that it serves away together with those beside it that \
end in -wal and -shm, and put the copy in its place. Copied with cp, a file lacks what was saved last and is still in -wal.

A PostgreSQL server has its own: pg_dump --format=custom, and pg_restore.";

/// Copies the database as it is, tables of an older program included.
pub fn run(url: &DatabaseUrl, options: &Options) -> Ended {
    Conn::open(url, Purpose::Read)?.copy_to(&options.file)?;
    Ok(ExitCode::SUCCESS)
}
