use std::fmt;
use std::future::{Ready, ready};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;
use std::sync::Once;

use actix_web::dev::Payload;
use actix_web::http::header::{HOST, HeaderMap};
use actix_web::{FromRequest, HttpRequest};
use ipnet::IpNet;

/// The proxies whose word on a request is believed: addresses and networks, none unless they are set.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies(Vec<IpNet>);

impl Proxies {
    fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }
}

impl FromStr for Proxies {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words = text.split([',', ' ']).map(str::trim).filter(|word| !word.is_empty());
        let network = |word: &str| {
            let address = || word.parse().ok().map(|address: IpAddr| IpNet::from(address.to_canonical()));
            word.parse().ok().or_else(address).ok_or_else(|| {
                format!(
                    "“{word}” is neither an address nor a network; give some like 10.0.0.7, 192.168.0.0/16 or fd00::/8"
                )
            })
        };
        words.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl fmt::Display for Proxies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let networks: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&networks.join(","))
    }
}

/// By which headers a proxy says for whom it forwards a request.
const FORWARDED: [&str; 2] = ["x-forwarded-for", "forwarded"];

/// Who is at the other end of a request, and what they called this site.
///
/// What `X-Forwarded-For`, `-Proto` and `-Host` say is believed only if it comes from one of the [`Proxies`]:
/// anybody can send these headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Client {
    /// Their address.
    pub address: IpAddr,
    /// Whether they came by https.
    pub is_https: bool,
    /// The host, and the port if it is not the usual one, in small letters. They are free to lie: it may stand in no link.
    pub host: String,
}

impl Client {
    /// The other end of this request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        let peer = request.peer_addr().map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        let nobody = Proxies::default();
        Self::seen(peer, request.headers(), request.app_data::<Proxies>().unwrap_or(&nobody))
    }

    /// Scheme and host, as `Origin` has them.
    #[must_use]
    pub fn origin(&self) -> String {
        format!("{}://{}", if self.is_https { "https" } else { "http" }, self.host)
    }

    /// Whether they called this site by an address, or as the machine that they are at: by no name that somebody else can
    /// have made to lead here (DNS rebinding).
    #[must_use]
    pub fn names_no_other_machine(&self) -> bool {
        self.named_address().is_some()
    }

    /// Whether they called it as the machine that they are at.
    #[must_use]
    pub fn names_this_machine(&self) -> bool {
        self.named_address().is_some_and(|address| address.is_loopback())
    }

    /// The address by which they called it.
    fn named_address(&self) -> Option<IpAddr> {
        let is_port = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
        let host = self.host.rsplit_once(':').filter(|(_, port)| is_port(port)).map_or(&*self.host, |(host, _)| host);
        if host == "localhost" { Some(Ipv4Addr::LOCALHOST.into()) } else { host.trim_matches(['[', ']']).parse().ok() }
    }

    /// Says in the log, once, that a proxy seems to stand in front which is not named: everybody behind it is one address.
    pub fn warn_of_unnamed_proxy(request: &HttpRequest) {
        static SAID: Once = Once::new();
        let Some(peer) = request.peer_addr().map(|peer| peer.ip().to_canonical()) else { return };
        let is_forwarded = FORWARDED.iter().any(|name| request.headers().contains_key(*name));
        if is_forwarded && !request.app_data::<Proxies>().is_some_and(|proxies| proxies.contain(peer)) {
            SAID.call_once(|| {
                tracing::warn!(
                    "{peer} says for whom it forwards a request, and is not believed: if it is your proxy, set \
                     STOCKROOM_PROXIES to its address. Until then everybody behind it is one address, and waits at the \
                     sign-in page when one of them guesses passwords"
                );
            });
        }
    }

    fn seen(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> Self {
        let peer = peer.to_canonical();
        let own_host =
            || headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
        if !proxies.contain(peer) {
            return Self { address: peer, is_https: false, host: own_host() };
        }
        // The nearest proxy wrote the last word; what stands before it may be the client's invention.
        let last_word = |name: &str| values(headers, name).pop();
        Self {
            address: behind(peer, headers, proxies),
            is_https: last_word("x-forwarded-proto").is_some_and(|scheme| scheme.eq_ignore_ascii_case("https")),
            host: last_word("x-forwarded-host").map_or_else(own_host, str::to_ascii_lowercase),
        }
    }
}

/// The last address that no proxy of ours has, or the first of all if they all are.
fn behind(peer: IpAddr, headers: &HeaderMap, proxies: &Proxies) -> IpAddr {
    let mut address = peer;
    for word in values(headers, "x-forwarded-for").iter().rev() {
        if !proxies.contain(address) {
            break;
        }
        match address_in(word) {
            Some(before) => address = before,
            // Whatever wrote this is no proxy that could be believed.
            None => break,
        }
    }
    address
}

/// An address, perhaps with a port: `10.0.0.7`, `10.0.0.7:4000`, `fd00::1`, `[fd00::1]`, `[fd00::1]:4000`.
fn address_in(word: &str) -> Option<IpAddr> {
    let bare = word.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(word);
    let with_port = || word.parse().ok().map(|address: SocketAddr| address.ip());
    bare.parse().ok().or_else(with_port).map(|address: IpAddr| address.to_canonical())
}

/// Every value of a header that holds lists, in order.
fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    let lines = headers.get_all(name).map(|line| line.to_str().unwrap_or_default());
    lines.flat_map(|line| line.split(',')).map(str::trim).filter(|word| !word.is_empty()).collect()
}

impl FromRequest for Client {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    fn seen(peer: &str, proxies: &str, headers: &[(&str, &str)]) -> Client {
        let request = headers.iter().fold(TestRequest::default(), |request, header| request.append_header(*header));
        let proxies = proxies.parse().expect("proxies");
        Client::seen(peer.parse().expect("an address"), request.to_http_request().headers(), &proxies)
    }

    fn address(peer: &str, proxies: &str, forwarded: &[&str]) -> String {
        let headers: Vec<_> = forwarded.iter().map(|value| ("x-forwarded-for", *value)).collect();
        seen(peer, proxies, &headers).address.to_string()
    }

    #[test]
    fn a_stranger_is_not_believed() {
        let forged = [
            ("host", "Stock.example:8080"),
            ("x-forwarded-for", "1.2.3.4"),
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "evil.example"),
        ];
        for proxies in ["", "10.0.0.2, 10.1.0.0/16"] {
            let client = seen("10.0.0.1", proxies, &forged);
            assert_eq!((client.address.to_string().as_str(), client.is_https), ("10.0.0.1", false));
            assert_eq!(client.origin(), "http://stock.example:8080");
        }
    }

    #[test]
    fn a_proxy_is_believed_as_far_as_other_proxies_vouch() {
        let proxies = "10.0.0.0/8 fd00::/8";
        assert_eq!(address("10.0.0.1", proxies, &["1.2.3.4"]), "1.2.3.4");
        assert_eq!(address("10.0.0.1", proxies, &["6.6.6.6, 1.2.3.4, 10.0.0.2"]), "1.2.3.4");
        assert_eq!(address("10.0.0.1", proxies, &["6.6.6.6", "1.2.3.4", "10.0.0.2"]), "1.2.3.4");
        assert_eq!(address("10.0.0.1", proxies, &["10.0.0.3, 10.0.0.2"]), "10.0.0.3", "all are proxies");
        assert_eq!(address("10.0.0.1", proxies, &["6.6.6.6, nonsense, 10.0.0.2"]), "10.0.0.2");
        assert_eq!(address("10.0.0.1", proxies, &[]), "10.0.0.1");
        assert_eq!(address("fd00::1", proxies, &["[2001:db8::7]:4000"]), "2001:db8::7");
        assert_eq!(address("::ffff:10.0.0.1", proxies, &["::ffff:1.2.3.4"]), "1.2.3.4");
        assert_eq!(address("10.0.0.1", "10.0.0.1", &["1.2.3.4:555"]), "1.2.3.4");
    }

    #[test]
    fn scheme_and_host_are_the_nearest_proxy_s_word() {
        let headers = [
            ("host", "127.0.0.1:8080"),
            ("x-forwarded-proto", "http, https"),
            ("x-forwarded-host", "evil.example"),
            ("x-forwarded-host", "Stock.example"),
        ];
        assert_eq!(seen("10.0.0.1", "10.0.0.1", &headers).origin(), "https://stock.example");
        assert_eq!(seen("10.0.0.1", "10.0.0.1", &headers[..1]).origin(), "http://127.0.0.1:8080");
    }

    #[test]
    fn what_is_no_address_is_no_proxy() {
        assert_eq!("".parse(), Ok(Proxies::default()));
        for wrong in ["proxy.example", "10.0.0.0/33", "10.0.0.1, x", "*"] {
            assert!(wrong.parse::<Proxies>().is_err(), "{wrong}");
        }
    }
}
