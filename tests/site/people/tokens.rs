use stockroom::users::Role;

use super::within_seconds;
use crate::support::Site;

on_both!(
    a_token_is_shown_once_and_kept_as_a_hash,
    a_viewer_s_token_changes_nothing,
    a_token_is_at_most_what_its_owner_is,
    a_token_sees_the_stores_of_its_owner,
    a_token_ends_at_its_time_and_when_it_is_revoked,
    a_token_says_when_it_was_last_used,
    one_program_s_idempotency_keys_are_not_another_s,
    a_token_opens_no_page_and_a_session_no_api,
    nobody_sees_or_revokes_the_tokens_of_others,
    a_long_list_breaks_off_when_its_reader_may_not_have_it_any_more,
);

fn a_long_list_breaks_off_when_its_reader_may_not_have_it_any_more(site: Site) {
    use std::io::{Read, Write};
    let store = site.add_store("North");
    site.stock_items(store, (0..8_000).map(|number| (format!("{number:0>200}"), 1, 1)).collect());
    let token = site.signed_in("eve", Role::Viewer, None).make_token("till", "viewer");
    let read = |meanwhile: &dyn Fn()| {
        let address = site.origin().strip_prefix("http://").expect("an origin").to_owned();
        let mut stream = std::net::TcpStream::connect(&address).expect("it listens");
        write!(
            stream,
            "GET /item HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
        .expect("it is sent");
        let mut start = [0; 1_000];
        stream.read_exact(&mut start).expect("the beginning");
        meanwhile();
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest); // it may break off
        rest.ends_with(b"]\n\r\n0\r\n\r\n")
    };
    assert!(read(&|| drop(site.signed_in("vera", Role::Viewer, None))), "whatever changes of others");
    assert!(!read(&|| {
        let disabled = site.post(&format!("/users/{}/disablement", site.person("eve")), &[]);
        assert_eq!(disabled.status, 303);
    }));
}

const STORE: &str = r#"{"name": "North dock"}"#;

fn a_token_is_shown_once_and_kept_as_a_hash(site: Site) {
    let form = site.get("/account/tokens/new").form().filled(&[("name", "till"), ("role", "viewer")]);
    let made = site.submit(form.clone());
    let token = made.attr(".secret", "value");
    assert!(token.starts_with("stockroom_") && token.len() == 74, "{token}");
    assert!(made.header("cache-control").contains("no-store"));
    assert!(!site.lines("SELECT token_hash AS line FROM api_tokens").iter().any(|hash| token.contains(hash.as_str())));
    let again = site.submit(form);
    assert_eq!((again.status, again.header("location")), (303, "/account"), "a reload makes no second one");
    for path in ["/account", "/audit", "/account/tokens/new"] {
        assert!(!site.get(path).body.contains(&token[10..]), "{path}");
    }
    assert_eq!(site.stranger().with_token(&token, "GET", "/store", "").status, 200);
    for wrong in [&token[10..], &token[..73], &site.lines("SELECT token_hash AS line FROM api_tokens")[0], "x"] {
        assert_eq!(site.stranger().with_token(wrong, "GET", "/store", "").status, 401, "{wrong}");
    }
    for (name, role, days) in
        [("", "viewer", "90"), ("x", "owner", "90"), ("x", "viewer", "99999"), ("x", "viewer", "-1")]
    {
        let fields = [("name", name), ("role", role), ("days", days)];
        assert_eq!(site.post("/account/tokens", &fields).status, 422, "{fields:?}");
    }
}

fn a_viewer_s_token_changes_nothing(site: Site) {
    let store = site.add_store("South dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.number("SELECT min(id) FROM tags");
    let token = site.make_token("reader", "viewer");
    let program = site.stranger();
    let sets = site.number("SELECT count(*) FROM change_sets");
    for (method, path, body) in [
        ("POST", "/store".to_owned(), STORE),
        ("PATCH", format!("/store/{store}"), STORE),
        ("DELETE", format!("/store/{store}"), ""),
        ("POST", "/item".to_owned(), r#"{"name": "x", "price": 1, "store_id": 1}"#),
        ("PUT", format!("/item/{item}"), r#"{"name": "x", "price": 1}"#),
        ("DELETE", format!("/item/{item}"), ""),
        ("POST", format!("/store/{store}/tag"), STORE),
        ("DELETE", format!("/tag/{tag}"), ""),
        ("DELETE", format!("/item/{item}/tag/{tag}"), ""),
    ] {
        assert_eq!(program.with_token(&token, method, &path, body).status, 403, "{method} {path}");
    }
    assert_eq!(site.number("SELECT count(*) FROM change_sets"), sets);
    assert_eq!(program.with_token(&token, "GET", "/item", "").status, 200);
}

fn a_token_is_at_most_what_its_owner_is(site: Site) {
    let eddy = site.signed_in("eddy", Role::Editor, None);
    assert!(!eddy.get("/account/tokens/new").html().has("[value=administrator]"));
    let fields = [("name", "more"), ("role", "administrator"), ("days", "90")];
    assert_eq!(eddy.post("/account/tokens", &fields).status, 403);
    let (token, id) = (eddy.make_token("till", "editor"), site.person("eddy"));
    let program = site.stranger();
    assert_eq!(program.with_token(&token, "POST", "/store", STORE).status, 201);
    assert_eq!(site.fill(&format!("/users/{id}"), &[("role", "viewer")]).status, 303);
    let fallen = program.with_token(&token, "POST", "/store", r#"{"name": "East dock"}"#);
    assert_eq!(fallen.status, 403, "it falls with its owner, at once");
    assert_eq!(program.with_token(&token, "GET", "/store", "").status, 200);
    assert_eq!(site.fill(&format!("/users/{id}"), &[("role", "administrator")]).status, 303);
    let viewers = eddy.make_token("reader", "viewer");
    let risen = program.with_token(&viewers, "POST", "/store", r#"{"name": "East dock"}"#);
    assert_eq!(risen.status, 403, "it does not rise with its owner");
    assert_eq!(site.post(&format!("/users/{id}/disablement"), &[]).status, 303);
    for token in [&token, &viewers] {
        assert_eq!(program.with_token(token, "GET", "/store", "").status, 401, "it ends with its owner");
    }
    assert_eq!(site.post(&format!("/users/{id}/disablement/deletion"), &[]).status, 303);
    assert_eq!(program.with_token(&token, "GET", "/store", "").status, 401, "and does not come back");
}

fn a_token_sees_the_stores_of_its_owner(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let eddy = site.signed_in("eddy", Role::Editor, Some(&[north]));
    let token = eddy.make_token("till", "editor");
    let program = site.stranger();
    let seen = |path: &str| program.with_token(&token, "GET", path, "");
    assert_eq!((seen(&format!("/store/{north}")).status, seen(&format!("/store/{south}")).status), (200, 404));
    assert!(!seen("/store").body.contains("South dock"));
    let id = site.person("eddy");
    let form = site.get(&format!("/users/{id}")).form().filled(&[("stores", "South dock")]);
    assert_eq!(site.submit(form).status, 303);
    assert_eq!((seen(&format!("/store/{north}")).status, seen(&format!("/store/{south}")).status), (404, 200));
}

fn a_token_ends_at_its_time_and_when_it_is_revoked(site: Site) {
    let (month, ever) = (
        site.fill("/account/tokens/new", &[("name", "a"), ("role", "viewer"), ("days", "30")]),
        site.fill("/account/tokens/new", &[("name", "b"), ("role", "viewer"), ("days", "")]),
    );
    let (month, ever) = (month.attr(".secret", "value"), ever.attr(".secret", "value"));
    let status = |token: &str| site.stranger().with_token(token, "GET", "/store", "").status;
    site.age("api_tokens", "expires_at", 30 * 24 * 60 - 5);
    assert_eq!((status(&month), status(&ever)), (200, 200));
    site.age("api_tokens", "expires_at", 10);
    assert_eq!((status(&month), status(&ever)), (401, 200));
    assert!(site.get("/account").texts("section[aria-labelledby=tokens] tr").iter().any(|row| row.contains("over")));
    let id = site.number("SELECT id FROM api_tokens WHERE name = 'b'");
    let asked = site.get(&site.get("/account").attr(&format!("a[href='/account/tokens/{id}/deletion']"), "href"));
    assert_eq!((asked.text("h1").as_str(), status(&ever)), ("Revoke the token “b”?", 200));
    assert_eq!(site.submit(asked.form_at("main form")).status, 303);
    assert_eq!(status(&ever), 401);
}

fn a_token_says_when_it_was_last_used(site: Site) {
    let token = site.make_token("till", "viewer");
    let row = || site.get("/account").text("section[aria-labelledby=tokens] tbody tr");
    assert!(row().contains("never"), "{}", row());
    site.stranger().with_token(&token, "GET", "/store", "");
    assert!(within_seconds(5, || !row().contains("never")), "{}", row());
}

fn one_program_s_idempotency_keys_are_not_another_s(site: Site) {
    let north = site.add_store("North dock");
    let (eddy, somes) =
        (site.signed_in("eddy", Role::Editor, None), site.signed_in("sam", Role::Editor, Some(&[north])));
    let post = |token: &str, path: &str, body: &str| {
        let bearer = format!("Bearer {token}");
        let headers =
            [("authorization", bearer.as_str()), ("content-type", "application/json"), ("idempotency-key", "one")];
        site.stranger().send("POST", path, &headers, body)
    };
    let (eddys, sams) = (eddy.make_token("till", "editor"), somes.make_token("till", "editor"));
    let made = post(&eddys, "/store", r#"{"name": "Secret dock"}"#);
    assert_eq!(made.status, 201);
    let refused = post(&sams, "/store", r#"{"name": "Secret dock"}"#);
    assert_eq!(refused.status, 403, "nobody gets the answer to somebody else's");
    assert!(!refused.body.contains("Secret"));
    let tag = r#"{"name": "rare"}"#;
    let path = format!("/store/{north}/tag");
    let (first, second) = (post(&sams, &path, tag), post(&sams, &path, tag));
    assert_eq!((first.status, second.status, first.body.clone()), (201, 201, second.body));
    let other = somes.make_token("scanner", "editor");
    let made = post(&other, &path, r#"{"name": "common"}"#);
    assert_eq!((made.status, made.body.contains("common")), (201, true), "two programs of one person are two");
    // A key can be its caller's own and still not lead past their role.
    site.fill(&format!("/users/{}", site.person("eddy")), &[("role", "viewer")]);
    assert_eq!(post(&eddys, "/store", r#"{"name": "Secret dock"}"#).status, 403);
}

fn a_token_opens_no_page_and_a_session_no_api(site: Site) {
    let token = site.make_token("till", "administrator");
    let program = site.stranger();
    for path in ["/", "/stores", "/users", "/account", "/audit"] {
        assert_eq!(program.with_token(&token, "GET", path, "").status, 303, "{path}");
    }
    // Where there is no page, it is not sent to one where people sign in.
    for method in ["GET", "POST"] {
        let nowhere = program.with_token(&token, method, "/nope", "");
        assert_eq!((nowhere.status, nowhere.body.as_str()), (404, r#"{"code":404,"status":"Not Found"}"#), "{method}");
    }
    assert_eq!(program.with_cookie("session", &token).get("/stores").status, 303);
    assert_eq!(site.send("GET", "/store", &[], "").status, 401);
    let session = site.cookie("session").expect("a cookie");
    assert_eq!(site.stranger().with_token(&session, "GET", "/store", "").status, 401);
}

fn nobody_sees_or_revokes_the_tokens_of_others(site: Site) {
    let token = site.make_token("the till of the boss", "viewer");
    let id = site.number("SELECT id FROM api_tokens");
    let ada = site.signed_in("ada", Role::Administrator, None);
    assert!(!ada.get("/account").body.contains("the till of the boss"));
    assert_eq!(ada.get(&format!("/account/tokens/{id}/deletion")).status, 404);
    let others = ada.post(&format!("/account/tokens/{id}/deletion"), &[]);
    assert!(others.follow().text(".notice").contains("not there any more"));
    assert_eq!(site.stranger().with_token(&token, "GET", "/store", "").status, 200);
}
