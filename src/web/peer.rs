use std::net::{IpAddr, Ipv4Addr};

use actix_web::HttpRequest;

/// Where a request comes from.
#[must_use]
pub fn address_of(request: &HttpRequest) -> IpAddr {
    request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |address| address.ip())
}

/// Whether it came over https.
#[must_use]
pub fn is_https(_: &HttpRequest) -> bool {
    false
}

/// Whether no proxy says that it stands in between.
#[must_use]
pub fn is_direct(request: &HttpRequest) -> bool {
    !["forwarded", "x-forwarded-for", "x-forwarded-host", "via"]
        .iter()
        .any(|name| request.headers().contains_key(*name))
}

/// Where this site is, as the browser knows it: `http://127.0.0.1:8080`.
#[must_use]
pub fn site_of(request: &HttpRequest) -> String {
    let connection = request.connection_info();
    format!("{}://{}", connection.scheme(), connection.host())
}
