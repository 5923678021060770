use std::io::Write;
use std::process::ExitCode;

use actix_web::web::Data;

use super::Ended;
use crate::app::app;
use crate::config::{Config, ServeConfig};
use crate::db::Db;
use crate::error::AppError;
use crate::server;
use crate::users::{FirstRun, User};

pub fn run(config: &Config, serve: &ServeConfig) -> Ended {
    if let Err(fault) = serve.check() {
        eprintln!("error: {fault}");
        return Ok(ExitCode::from(2));
    }
    let db = super::open_to_fill(config)?;
    crate::bulk_edits::resume(&db)?;
    let access = serve.access();
    if access.is_open() {
        tracing::warn!("the API is open: who reaches {} may change everything without a token", serve.listen);
    }
    let first_run = Data::new(FirstRun::new());
    if db.read_now(User::is_nobody)? {
        let code = first_run.code();
        tracing::warn!("nobody can sign in yet: open the address below on this machine; elsewhere the code is {code}");
    }
    let listening = |error: std::io::Error| AppError::Refused(format!("cannot listen at {}: {error}", serve.listen));
    actix_web::rt::System::new().block_on(async {
        let (for_requests, proxies) = (db.clone(), serve.proxies.clone());
        let listener = server::bind(serve.listen).map_err(listening)?;
        let address = listener.local_addr().map_err(listening)?;
        actix_web::rt::spawn(crate::bulk_edits::watch(db.clone()));
        let server =
            server::serve(listener, move || app(for_requests.clone(), access, proxies.clone(), first_run.clone()));
        say(&format!("http://{address}/"), &db);
        server.map_err(listening)?.await.map_err(listening)
    })?;
    db.close();
    Ok(ExitCode::SUCCESS)
}

/// The one line that says where the pages are. Nobody may be reading it.
fn say(address: &str, db: &Db) {
    let mut out = std::io::stdout();
    let _ = writeln!(out, "Stockroom is at {address} with its data in {}", db.url()).and_then(|()| out.flush());
}
