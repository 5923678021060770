use std::process::ExitCode;

use super::{Ended, search_keys};
use crate::config::Config;
use crate::db::{self, Db};

pub fn run(config: &Config) -> Ended {
    let applied = db::migrate(&config.database_url)?;
    search_keys::renew(&Db::open(&config.database_url)?)?;
    for name in &applied {
        eprintln!("applied {name}");
    }
    eprintln!("{} is up to date", config.database_url);
    Ok(ExitCode::SUCCESS)
}
