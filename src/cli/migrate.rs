use std::process::ExitCode;

use super::Ended;
use crate::config::Config;
use crate::db;

pub fn run(config: &Config) -> Ended {
    let applied = db::migrate(&config.database_url)?;
    for name in &applied {
        eprintln!("applied {name}");
    }
    eprintln!("{} is up to date", config.database_url);
    Ok(ExitCode::SUCCESS)
}
