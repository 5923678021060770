//! Who may call.
use std::process::Stdio;

use serde_json::json;

use super::{Api, Calls};
use crate::support::{Database, Site, program};

on_both!(
    without_a_token_nothing_is_told_and_nothing_is_done,
    an_open_api_says_so_in_the_log,
    an_open_api_answers_to_no_name_of_another_machine,
    a_page_of_another_site_changes_nothing,
);

fn without_a_token_nothing_is_told_and_nothing_is_done(site: Site) {
    let store = site.add_store("North dock");
    let paths = [
        "/store",
        "/store/1",
        "/store/4711",
        "/item",
        "/item/1",
        "/tag/1",
        "/store/1/tag",
        "/item?limit=x",
        "/item/abc",
    ];
    for path in paths {
        for headers in [&[][..], &[("authorization", "Bearer x")], &[("authorization", "Basic eDp5")]] {
            let answer = site.send("GET", path, headers, "");
            answer.is(
                401,
                &json!({"code": 401, "message": "Send a token that is good: Authorization: Bearer …", "status": "Unauthorized"}),
            );
            assert_eq!(answer.header("www-authenticate"), "Bearer");
        }
    }
    for (method, path) in
        [("POST", "/store"), ("PATCH", "/store/1"), ("POST", "/store/1/tag"), ("POST", "/item"), ("PUT", "/item/1")]
    {
        for body in [r#"{"name":"South dock"}"#, "{", ""] {
            let answer = site.send(method, path, &[super::JSON, ("idempotency-key", "x")], body);
            assert_eq!((answer.status, answer.header("www-authenticate")), (401, "Bearer"), "{method} {path} {body}");
        }
    }
    assert_eq!(site.ask("DELETE", &format!("/store/{store}")).status, 401);
    assert!(site.get("/stores").body.contains("North dock"));
    // What tells nothing about the stock is open: the description, and which methods there are.
    for (method, path, status) in [
        ("GET", "/openapi.json", 200),
        ("GET", "/swagger-ui", 200),
        ("OPTIONS", "/store", 200),
        ("GET", "/tag", 404),
        ("PUT", "/store", 405),
    ] {
        assert_eq!(site.ask(method, path).status, status, "{method} {path}");
    }
}

fn an_open_api_says_so_in_the_log(api: Api) {
    let log = api.log();
    let warning = log.lines().find(|line| line.contains("WARN") && line.contains("the API is open"));
    assert!(warning.is_some_and(|line| line.contains("without a token")), "{log}");
}

fn an_open_api_answers_to_no_name_of_another_machine(api: Api) {
    let port = api.origin().rsplit(':').next().expect("a port").to_owned();
    for (host, status) in [("evil.example", 403), ("localhost.evil.example", 403), ("localhost", 200), ("[::1]", 200)] {
        let host = format!("{host}:{port}");
        let headers = [("host", host.as_str()), ("sec-fetch-site", "same-origin")];
        assert_eq!(api.send("GET", "/store", &headers, "").status, status, "{host}");
    }
}

fn a_page_of_another_site_changes_nothing(api: Api) {
    let store = api.new_store("North dock");
    for headers in [("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")] {
        let answer = api.send("DELETE", &format!("/store/{store}"), &[headers], "");
        answer
            .is(403, &json!({"code": 403, "message": "A request from a page of another site.", "status": "Forbidden"}));
    }
    assert_eq!(api.ask("GET", &format!("/store/{store}")).status, 200);
}

#[test]
fn an_open_api_listens_on_loopback_only_unless_told_twice() {
    let database = Database::sqlite();
    let serve = |listen: &str, twice: Option<&str>| {
        let mut command = program(&database);
        command.args(["serve", "--listen", listen]).env("STOCKROOM_API", "open");
        command.envs(twice.map(|yes| ("STOCKROOM_API_OPEN_TO_NETWORK", yes)));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    };
    for (listen, twice) in [("0.0.0.0:0", None), ("[::]:0", None), ("0.0.0.0:0", Some("no"))] {
        let refused = serve(listen, twice).output().expect("the program starts");
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{said}");
        assert!(said.contains("STOCKROOM_API_OPEN_TO_NETWORK=yes") && refused.stdout.is_empty(), "{said}");
    }
    let mut open = serve("0.0.0.0:0", Some("yes")).spawn().expect("the program starts");
    let mut line = String::new();
    let output = open.stdout.take().expect("its output is piped");
    std::io::BufRead::read_line(&mut std::io::BufReader::new(output), &mut line).expect("a line");
    open.kill().expect("it runs");
    open.wait().expect("it is our child");
    assert!(line.contains("http://0.0.0.0:"), "{line}");
}
