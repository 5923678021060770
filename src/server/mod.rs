//! The server: how many connections there may be, and how long each may take over what it does.
//!
//! actix-web's own server has a deadline for the head of the first request of a connection only. Here every
//! connection is wrapped in one that also ends when a later head, or the reading of an answer, takes too long.
mod connection; // a connection with deadlines
mod exchange; // whether a connection waits for us or we for it

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::num::NonZero;
use std::thread::available_parallelism;
use std::time::Duration;

use actix_http::body::MessageBody;
use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request};
use actix_server::Server;
use actix_service::{IntoServiceFactory, ServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, ServiceResponse};
use actix_web::rt::net::TcpStream;

use connection::Connection;
pub use exchange::Exchange;

/// How long the first head of a connection may take, and how long one is kept that asks for nothing.
const QUIET: Duration = Duration::from_secs(15);
/// How long a connection may take to take leave, with what it still sends thrown away.
const LEAVE: Duration = Duration::from_secs(2);
/// How long requests in flight may take to finish after SIGTERM.
const SHUTDOWN_SECONDS: u64 = 20;
/// The most connections at a time, if the system lets us have so many files open.
const CONNECTIONS_MAX: u64 = 16 * 1024;
/// Files that are left for the database, the log and others.
const OTHER_FILES: u64 = 256;
/// Connections that wait until there is room for them.
const BACKLOG: i32 = 4096;

/// Binds the address, and says which one it is if any was asked for.
///
/// # Errors
/// What the system says.
pub fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    Ok(socket.into())
}

/// Serves what `app` makes, until the process is asked to end.
///
/// # Errors
/// What the system says.
pub fn serve<F, I, S, B>(listener: TcpListener, app: F) -> io::Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::InitError: std::fmt::Debug,
    S::Service: 'static,
    <S::Service as actix_service::Service<Request>>::Future: 'static,
    B: MessageBody + 'static,
{
    let workers = available_parallelism().map_or(1, NonZero::get);
    let connections = connections_max();
    let server = Server::build().workers(workers).shutdown_timeout(SHUTDOWN_SECONDS);
    let ending = server.graceful_shutdown_signal();
    let for_each_worker = move || {
        let ending = ending.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let ending = ending.clone();
                async move { ending.notified().await }
            })
            .keep_alive(QUIET)
            .client_request_timeout(QUIET)
            .client_disconnect_timeout(LEAVE)
            .on_connect_ext(|connection: &Connection, data| {
                data.insert(connection.exchange());
            })
            .finish(map_config(app().into_factory().map_err(|error| error.error_response()), |()| {
                AppConfig::default()
            }));
        fn_service(move |stream: TcpStream| async move {
            // Without it a compressed page waits 40 ms for its last packet.
            let _ = stream.set_nodelay(true);
            let peer = stream.peer_addr().ok();
            Ok::<_, DispatchError>((Connection::new(stream, connections / 2), Protocol::Http1, peer))
        })
        .and_then(http)
    };
    let server = server.max_concurrent_connections((connections / workers).max(1));
    Ok(server.listen("stockroom", listener, for_each_worker)?.run())
}

/// As many connections as files may be open, up to [`CONNECTIONS_MAX`].
fn connections_max() -> usize {
    let files = rlimit::increase_nofile_limit(CONNECTIONS_MAX + OTHER_FILES).unwrap_or(1024);
    let connections = files.saturating_sub(OTHER_FILES).clamp(64, CONNECTIONS_MAX);
    tracing::debug!(files, connections, "connections");
    usize::try_from(connections).unwrap_or(usize::MAX)
}
