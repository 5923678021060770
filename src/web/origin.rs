use actix_web::HttpRequest;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::ORIGIN;
use actix_web::middleware::Next;

use super::Client;
use crate::api;
use crate::error::AppError;
use crate::sessions::SESSION_COOKIES;

/// Refuses requests that change something and that a page of another site sent, with 403.
///
/// Browsers say where a request comes from in `Sec-Fetch-Site`; older ones, and those that are not at a
/// `https` address, at least name the `Origin`. What sends neither is no browser: it is let through unless it
/// carries a session.
///
/// # Errors
/// Those of the page.
pub async fn refuse_other_sites(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.method().is_safe() || is_own(request.request()) {
        Ok(next.call(request).await?.map_into_boxed_body())
    } else {
        Ok(request.error_response(AppError::OtherSite))
    }
}

fn is_own(request: &HttpRequest) -> bool {
    let value = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    match (value("sec-fetch-site"), value(ORIGIN.as_str())) {
        (Some(site), _) => site == "same-origin" || site == "none",
        (None, Some(origin)) => is_same(origin, &Client::of(request)),
        // The API looks at no cookie.
        (None, None) if api::is_at(request.match_info().as_str()) => true,
        (None, None) => SESSION_COOKIES.iter().all(|name| request.cookie(name).is_none()),
    }
}

/// Whether an `Origin` is this site. That a proxy took https off is not always known, so https may be claimed
/// where http is seen, but not the other way round.
fn is_same(origin: &str, client: &Client) -> bool {
    let Some((scheme, host)) = origin.split_once("://") else { return false };
    let usual_port = match scheme {
        "https" => "443",
        "http" if !client.is_https => "80",
        _ => return false,
    };
    !host.is_empty() && without_port(host, usual_port) == without_port(&client.host, usual_port)
}

/// The host in small letters, without the port if it is the usual one.
fn without_port(host: &str, usual: &str) -> String {
    let bare = host.strip_suffix(usual).and_then(|rest| rest.strip_suffix(':'));
    bare.unwrap_or(host).to_ascii_lowercase()
}

/// Whether a browser that is sent to this reference stays here. Browsers take `\` for `/`, and leave tabs and
/// line ends out (WHATWG URL, 4.4).
#[must_use]
pub fn is_of_this_site(reference: &str) -> bool {
    let mut characters = reference.chars();
    characters.next() == Some('/')
        && !matches!(characters.next(), Some('/' | '\\'))
        && !reference.chars().any(|c| c.is_control() || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_lead_to_this_site() {
        for path in ["/", "/items?q=a//b", "/items/7/edit", "/x:y"] {
            assert!(is_of_this_site(path), "{path}");
        }
        for path in [
            "",
            "items",
            "//evil.example",
            "/\\evil.example",
            "/\t/evil.example",
            "https://evil.example",
            "javascript:x",
        ] {
            assert!(!is_of_this_site(path), "{path}");
        }
    }

    #[test]
    fn an_origin_is_compared_by_host_and_port() {
        let same = |origin: &str, host: &str, is_https: bool| {
            let address = std::net::IpAddr::from([127, 0, 0, 1]);
            is_same(origin, &Client { address, is_https, host: host.to_owned() })
        };
        for (origin, host) in [
            ("http://stock.example", "stock.example"),
            ("http://stock.example", "stock.example:80"),
            ("https://stock.example", "stock.example:443"),
            ("https://stock.example", "stock.example"),
            ("http://Stock.example:8080", "stock.example:8080"),
            ("http://[::1]:8080", "[::1]:8080"),
            ("http://[::80]", "[::80]:80"),
        ] {
            assert!(same(origin, host, false), "{origin} {host}");
        }
        for (origin, host) in [
            ("http://evil.example", "stock.example"),
            ("http://stock.example.evil.example", "stock.example"),
            ("http://evil-stock.example", "stock.example"),
            ("http://stock.example:8081", "stock.example:8080"),
            ("http://stock.example:443", "stock.example"),
            ("http://stock.example", "stock.example:443"),
            ("https://stock.example", "stock.example:80"),
            ("http://[::1]", "[::1]:8080"),
            ("http://[::80]", "[:]"),
            ("ftp://stock.example", "stock.example"),
            ("stock.example", "stock.example"),
            ("null", "null"),
            ("http://", ""),
            ("", ""),
        ] {
            assert!(!same(origin, host, false), "{origin} {host}");
        }
        assert!(same("https://stock.example", "stock.example", true));
        assert!(!same("http://stock.example", "stock.example", true), "somebody on the way took https off");
    }
}
