//! Who is believed: proxies, other sites, and what docs/security.md claims.
use std::collections::BTreeSet;
use std::path::Path;

use crate::support::{Browser, Database, PASSWORD, Site};

on_both!(
    what_a_stranger_says_about_where_it_comes_from_is_ignored,
    a_proxy_is_believed_about_address_scheme_and_host,
    a_proxy_that_is_not_named_is_told_of_once_in_the_log,
    a_forged_host_gets_into_no_link_redirect_or_cookie,
    a_form_is_taken_from_this_site_only_by_whatever_name_a_browser_knows_it,
    a_session_without_a_word_on_where_it_comes_from_is_no_browser_s,
);

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

const FORGED: [(&str, &str); 3] =
    [("x-forwarded-for", "6.6.6.6, 1.2.3.4"), ("x-forwarded-proto", "https"), ("x-forwarded-host", "stock.example")];

fn what_a_stranger_says_about_where_it_comes_from_is_ignored(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_PROXIES", "10.0.0.0/8, fd00::/8")]);
    let answer = site.send("GET", "/stores", &FORGED, "");
    assert_eq!((answer.status, answer.header("strict-transport-security")), (200, ""));
    assert!(site.log().contains("client=127.0.0.1") && !site.log().contains("1.2.3.4"), "{}", site.log());
    let headers: Vec<_> = FORGED.into_iter().chain([FORM, ("origin", "https://stock.example")]).collect();
    assert_eq!(site.send("POST", "/stores", &headers, "name=x").status, 403);
}

fn a_proxy_is_believed_about_address_scheme_and_host(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_PROXIES", "10.0.0.0/8,127.0.0.1")]);
    for path in ["/stores", "/nowhere", "/healthz", "/item", "/swagger-ui"] {
        let answer = site.send("GET", path, &FORGED, "");
        assert_eq!(answer.header("strict-transport-security"), "max-age=63072000", "{path}");
    }
    assert!(site.log().contains("client=1.2.3.4") && !site.log().contains("client=6.6.6.6"), "{}", site.log());
    for (origin, status) in [
        // Past the question where it comes from; but over https a session has another cookie.
        ("https://stock.example", 401),
        ("http://stock.example", 403),
        ("https://stock.example:8443", 403),
        (site.origin(), 403),
    ] {
        let headers: Vec<_> = FORGED.into_iter().chain([FORM, ("origin", origin)]).collect();
        assert_eq!(site.send("POST", "/stores", &headers, "name=North+dock").status, status, "{origin}");
    }
    let own: Vec<_> = FORGED.into_iter().chain([FORM, ("origin", "https://stock.example")]).collect();
    let browser = site.stranger();
    let typed = [("email", "somebody@example.com"), ("password", PASSWORD)];
    let body = serde_urlencoded::to_string(typed).expect("texts");
    assert_eq!(browser.send("POST", "/session", &own, &body).status, 303);
    assert!(browser.cookie("__Host-session").is_some() && browser.cookie("session").is_none());
    let page = browser.send("GET", "/account", &FORGED, "");
    assert_eq!(
        (page.status, page.body.contains("somebody@example.com"), page.body.contains("1.2.3.4")),
        (200, true, true)
    );
    let saved = browser.send("POST", "/stores", &own, "name=North+dock");
    assert!(saved.status == 303 && saved.location().starts_with("/stores/"), "{}", saved.body);
    assert_eq!(browser.send("GET", &saved.location(), &FORGED, "").text("h1"), "North dock");
    let plain = browser.send("GET", "/account", &FORGED[..1], "");
    assert_eq!((plain.status, plain.location()), (303, "/session/new?next=%2Faccount".to_owned()), "not without https");
}

fn a_proxy_that_is_not_named_is_told_of_once_in_the_log(database: Database) {
    let told = |site: &Site| {
        site.log().lines().filter(|line| line.contains("WARN") && line.contains("STOCKROOM_PROXIES")).count()
    };
    let site = Site::start_with(database, &[("STOCKROOM_PROXIES", "127.0.0.1")]);
    site.send("GET", "/stores", &FORGED, "");
    assert_eq!(told(&site), 0, "this one is named");
    let mut site = site.again();
    site.get("/stores");
    assert_eq!(told(&site), 0, "there is none");
    for header in [("x-forwarded-for", "1.2.3.4"), ("forwarded", "for=1.2.3.4"), ("x-forwarded-for", "1.2.3.4")] {
        site.send("GET", "/stores", &[header], "");
        assert_eq!(told(&site), 1, "{header:?}");
    }
    site = site.again();
    site.send("GET", "/nowhere", &[("forwarded", "for=\"[2001:db8::1]\"")], "");
    assert_eq!(told(&site), 1, "each start tells");
}

fn a_forged_host_gets_into_no_link_redirect_or_cookie(site: Site) {
    let store = site.add_store("North dock");
    let forged = [("host", "evil.example"), ("x-forwarded-host", "evil.example"), ("forwarded", "host=evil.example")];
    for path in [
        "/",
        "/stores",
        &format!("/stores/{store}/edit"),
        "/items?store_name=north",
        "/nowhere",
        "/swagger-ui",
        "/item",
    ] {
        assert_silent(&site, "GET", path, &forged, "");
    }
    let posted: Vec<_> = forged.into_iter().chain([FORM, ("sec-fetch-site", "same-origin")]).collect();
    assert_silent(&site, "POST", "/stores", &posted, "name=South+dock");
    assert_silent(&site, "POST", "/stores", &posted, "name=");
}

fn assert_silent(browser: &Browser, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
    let answer = browser.send(method, path, headers, body);
    assert!(!answer.body.contains("evil.example"), "{method} {path}: {}", answer.body);
    for (name, value) in &answer.headers {
        assert!(!value.to_str().unwrap_or_default().contains("evil.example"), "{method} {path}: {name}");
    }
    let location = answer.header("location");
    assert!(location.is_empty() || location.starts_with('/'), "{location}");
}

fn a_form_is_taken_from_this_site_only_by_whatever_name_a_browser_knows_it(site: Site) {
    let sent = |host: &str, origin: &str| {
        let name = format!("name={}", origin.len() * 1000 + host.len());
        site.send("POST", "/stores", &[FORM, ("host", host), ("origin", origin)], &name).status
    };
    for (host, origin) in [
        ("stock.example", "http://stock.example"),
        ("stock.example:80", "http://stock.example"),
        ("STOCK.example:8080", "http://stock.example:8080"),
        ("stock.example", "https://stock.example"),
        ("[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(sent(host, origin), 303, "{host} {origin}");
    }
    for (host, origin) in [
        ("stock.example", "http://evil.example"),
        ("stock.example", "http://stock.example.evil.example"),
        ("stock.example:8080", "http://stock.example:8081"),
        ("[::1]:8080", "http://[::1]:8081"),
        ("stock.example", "null"),
        ("null", "null"),
        ("stock.example", ""),
        ("stock.example", "stock.example"),
    ] {
        assert_eq!(sent(host, origin), 403, "{host} {origin}");
    }
}

fn a_session_without_a_word_on_where_it_comes_from_is_no_browser_s(site: Site) {
    let stranger = site.stranger();
    for cookie in ["session=x", "a=b; __Host-session=x"] {
        let refused = stranger.send("POST", "/stores", &[FORM, ("cookie", cookie)], "name=x");
        assert_eq!(refused.status, 403, "{cookie}");
        let own = [FORM, ("cookie", cookie), ("sec-fetch-site", "same-origin")];
        assert_ne!(stranger.send("POST", "/stores", &own, "name=").status, 403, "{cookie}");
    }
    assert_eq!(stranger.send("POST", "/stores", &[FORM, ("cookie", "notice=x")], "name=x").status, 401);
}

#[test]
fn every_test_that_the_security_guide_names_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guide = std::fs::read_to_string(root.join("docs/security.md")).expect("the guide is there");
    let named: BTreeSet<_> = guide
        .split('`')
        .filter_map(|words| words.split_once(".rs: "))
        .filter(|(file, _)| !file.contains(' '))
        .collect();
    assert!(named.len() > 25, "{named:?}");
    for (file, test) in named {
        let text = std::fs::read_to_string(root.join(format!("{file}.rs")));
        let text = text.unwrap_or_else(|error| panic!("{file}.rs: {error}"));
        assert!(text.contains(&format!("fn {test}(")), "{file}.rs has no test {test}");
    }
}
