//! Every setting: name, default, one line. Flags win over the environment, the environment over `.env`.

use std::net::SocketAddr;

use clap::Args;

use crate::db::DatabaseUrl;
use crate::fields::Currency;

/// The settings that every subcommand has.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// An SQLite file, made if it is not there, or postgres://user@host/database
    #[arg(long, env = "DATABASE_URL", default_value = "stockroom.db", hide_env_values = true, global = true)]
    pub database_url: DatabaseUrl,

    /// What prices are in: a currency code of ISO 4217, which gives the number of decimals
    #[arg(long, env = "STOCKROOM_CURRENCY", value_name = "STOCKROOM_CURRENCY", default_value = "USD", global = true)]
    pub currency: Currency,

    /// What to log: error, warn, info, debug or trace, or a filter like info,stockroom=debug
    #[arg(long, env = "STOCKROOM_LOG", value_name = "STOCKROOM_LOG", default_value = "info", value_parser = log_filter, global = true)]
    pub log: String,
}

/// The settings of `stockroom serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, env = "STOCKROOM_LISTEN", value_name = "STOCKROOM_LISTEN", default_value = "127.0.0.1:8080", value_parser = socket_address, global = true)]
    pub listen: SocketAddr,
}

/// The environment variables that are settings.
const NAMES: [&str; 3] = ["STOCKROOM_CURRENCY", "STOCKROOM_LISTEN", "STOCKROOM_LOG"];

/// Reads `.env` in this folder, if there is one, into the environment.
///
/// # Errors
/// What is wrong with the file, or that a variable is no setting.
pub fn load_environment() -> Result<(), String> {
    match dotenvy::from_path(".env") {
        Err(error) if !error.not_found() => return Err(format!(".env: {error}")),
        _ => {}
    }
    let unknown = std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .find(|name| name.starts_with("STOCKROOM_") && !NAMES.contains(&name.as_str()));
    unknown.map_or(Ok(()), |name| {
        Err(format!("{name} is no setting; the settings are DATABASE_URL, {}", NAMES.join(", ")))
    })
}

fn socket_address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "give an address and a port, like 127.0.0.1:8080 or [::1]:8080".to_owned())
}

fn log_filter(text: &str) -> Result<String, String> {
    tracing_subscriber::EnvFilter::try_new(text)
        .map(|_| text.to_owned())
        .map_err(|_| "give error, warn, info, debug or trace, or a filter like info,stockroom=debug".to_owned())
}
