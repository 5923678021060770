use std::process::ExitCode;

use super::Ended;
use crate::config::{Config, ServeConfig};
use crate::error::AppError;

pub fn run(config: &Config, serve: &ServeConfig) -> Ended {
    let db = super::open(config)?;
    let _ = (db, serve);
    Err(AppError::NotFound).map(|()| ExitCode::SUCCESS)
}
