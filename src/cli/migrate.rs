use std::process::ExitCode;

use super::{Ended, search_keys};
use crate::config::Config;
use crate::db::{self, Db};

#[derive(Debug, clap::Args)]
pub struct Options {
    /// Also make every key anew by which things are found, as after an older program wrote here
    #[arg(long)]
    search_keys: bool,
}

pub fn run(config: &Config, options: &Options) -> Ended {
    let applied = db::migrate(&config.database_url)?;
    search_keys::renew(&Db::open(&config.database_url)?, options.search_keys)?;
    for name in &applied {
        eprintln!("applied {name}");
    }
    eprintln!("{} is up to date", config.database_url);
    Ok(ExitCode::SUCCESS)
}
