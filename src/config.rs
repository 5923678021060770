//! Every setting: name, default, one line. Flags win over the environment, the environment over `.env`.

use std::net::SocketAddr;

use clap::{ArgAction, Args};
use tracing_subscriber::filter::{LevelFilter, Targets};

use crate::api::Access;
use crate::db::DatabaseUrl;
use crate::fields::Currency;
use crate::web::Proxies;

/// The settings that every subcommand has.
#[derive(Debug, Clone, Args)]
pub struct Config {
    /// An SQLite file, made if it is not there, or `postgres://user@host/database`
    #[arg(long, env = "DATABASE_URL", default_value = "stockroom.db", hide_env_values = true, global = true)]
    pub database_url: DatabaseUrl,

    /// What prices are in: a currency code of ISO 4217, which gives the number of decimals. The database keeps it: see
    /// `stockroom currency` [default: what the database has, or USD]
    #[arg(long, env = "STOCKROOM_CURRENCY", value_name = "STOCKROOM_CURRENCY", global = true)]
    pub currency: Option<Currency>,

    /// What to log: error, warn, info, debug, trace or off, or a filter like info,stockroom=debug
    #[arg(long, env = "STOCKROOM_LOG", value_name = "STOCKROOM_LOG", default_value = "info", value_parser = log_filter, global = true)]
    pub log: Targets,
}

/// The settings of `stockroom serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeConfig {
    /// The address and port to listen on; port 0 takes a free one
    #[arg(long, env = "STOCKROOM_LISTEN", value_name = "STOCKROOM_LISTEN", default_value = "127.0.0.1:8080", value_parser = socket_address, global = true)]
    pub listen: SocketAddr,

    /// Who may call the API: token (who sends a bearer token) or open (everybody, from this machine; what a proxy on it sends on is from this machine, too)
    #[arg(long, env = "STOCKROOM_API", value_name = "STOCKROOM_API", default_value_t = Access::Token, global = true)]
    pub api: Access,

    /// Say yes to serve an open API on another address than loopback, to everybody who reaches it
    #[arg(long, env = "STOCKROOM_API_OPEN_TO_NETWORK", value_name = "STOCKROOM_API_OPEN_TO_NETWORK", default_value = "no", value_parser = yes_or_no, action = ArgAction::Set, global = true)]
    pub api_open_to_network: bool,

    /// The proxies in front, whose X-Forwarded-For, -Proto and -Host are believed: addresses or networks, like `10.0.0.7,fd00::/8`;
    /// everybody behind a proxy that is not named shares its address, and waits when one of them guesses passwords
    #[arg(long, env = "STOCKROOM_PROXIES", value_name = "STOCKROOM_PROXIES", default_value_t = Proxies::default(), global = true)]
    pub proxies: Proxies,
}

impl ServeConfig {
    /// Refuses what only somebody who says so twice can mean.
    ///
    /// # Errors
    /// What to say.
    pub fn check(&self) -> Result<(), String> {
        if self.api == Access::Open && !self.listen.ip().is_loopback() && !self.api_open_to_network {
            return Err(format!(
                "STOCKROOM_API=open on {} would let everybody on the network change everything; listen on loopback, \
                 or say STOCKROOM_API_OPEN_TO_NETWORK=yes",
                self.listen
            ));
        }
        Ok(())
    }

    /// Who may call the API.
    #[must_use]
    pub fn access(&self) -> Access {
        if self.api.is_open() && self.api_open_to_network { Access::OpenToNetwork } else { self.api }
    }
}

/// The environment variables that are settings.
const NAMES: [&str; 6] = [
    "STOCKROOM_API",
    "STOCKROOM_API_OPEN_TO_NETWORK",
    "STOCKROOM_CURRENCY",
    "STOCKROOM_LISTEN",
    "STOCKROOM_LOG",
    "STOCKROOM_PROXIES",
];

/// Reads `.env` in this folder, if there is one, into the environment.
///
/// # Errors
/// What is wrong with the file, or that a variable is no setting.
pub fn load_environment() -> Result<(), String> {
    match dotenvy::from_path(".env") {
        // A line may hold a password: only its name is told.
        Err(dotenvy::Error::LineParse(part, _)) => {
            let text = std::fs::read_to_string(".env").unwrap_or_default();
            let line = text.lines().find(|line| line.contains(&part)).unwrap_or_default();
            let name = line.split_once('=').map_or("one of its lines", |(name, _)| name.trim());
            return Err(format!(".env: {name} cannot be read: put its value in single quotes"));
        }
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

fn log_filter(text: &str) -> Result<Targets, String> {
    // A word by itself would be taken for the name of a module, and nothing else be logged.
    let is_meant = |part: &str| part.contains('=') || part.parse::<LevelFilter>().is_ok();
    let filter = text.parse().ok().filter(|_| text.split(',').all(is_meant));
    filter
        .ok_or_else(|| "give error, warn, info, debug, trace or off, or a filter like info,stockroom=debug".to_owned())
}

fn yes_or_no(text: &str) -> Result<bool, String> {
    match text {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err("give yes or no".to_owned()),
    }
}
