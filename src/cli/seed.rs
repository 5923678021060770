use std::process::ExitCode;

use super::Ended;
use crate::db::Db;

#[derive(Debug, clap::Args)]
pub struct Options {}

pub fn run(_db: &Db, _options: &Options) -> Ended {
    Ok(ExitCode::SUCCESS)
}
