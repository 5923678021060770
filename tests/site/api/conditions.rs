//! `ETag`, `If-Match`, `If-None-Match`: nothing is sent twice, and no change is lost.
use serde_json::{Value, json};

use super::{Api, Calls, JSON, not_found};
use crate::support::Answer;

on_both!(
    every_object_has_an_etag_that_changes_with_it,
    an_object_that_the_caller_has_is_not_sent_again,
    a_change_of_an_object_that_has_changed_since_is_refused,
    a_list_of_etags_matches_if_one_does,
    what_may_only_be_added_overwrites_nothing,
    a_version_in_the_body_guards_too,
    of_simultaneous_guarded_changes_one_is_done,
);

/// A store, an item and a tag, each with the id 1, and the tag on the item.
fn stock(api: &Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    assert_eq!((store, item, tag), (1, 1, 1));
    assert_eq!(api.ask("POST", "/item/1/tag/1").status, 201);
}

fn etag(api: &Api, path: &str) -> String {
    let etag = api.ask("GET", path).header("etag").to_owned();
    assert!(etag.len() > 10 && etag.starts_with('"') && etag.ends_with('"'), "{etag}");
    etag
}

fn guarded(api: &Api, method: &str, path: &str, if_match: &str, body: &Value) -> Answer {
    let body = if method == "DELETE" { String::new() } else { body.to_string() };
    api.send(method, path, &[JSON, ("if-match", if_match)], &body)
}

fn changed() -> Value {
    json!({"code": 412, "message": "It has changed since. Get it again, and decide again.", "status": "Precondition Failed"})
}

fn every_object_has_an_etag_that_changes_with_it(api: Api) {
    stock(&api);
    for (path, method, change, body) in [
        ("/store/1", "PATCH", "/store/1", json!({"city": "Hull"})),
        ("/store/1", "PUT", "/item/1", json!({"price": 2})),
        ("/item/1", "PUT", "/item/1", json!({"price": 3})),
        ("/item/1", "PATCH", "/item/1", json!({"quantity": 3})),
        ("/item/1", "PATCH", "/store/1", json!({"name": "South dock"})),
        ("/tag/1", "PATCH", "/item/1", json!({"name": "Stool"})),
        ("/item/1", "DELETE", "/item/1/tag/1", json!(null)),
    ] {
        let before = etag(&api, path);
        assert_eq!(etag(&api, path), before, "{path}");
        let answer = if method == "DELETE" { api.ask(method, change) } else { api.call(method, change, &body) };
        assert_eq!(answer.status, 200, "{change}: {}", answer.body);
        assert_ne!(etag(&api, path), before, "{method} {change}");
        if method != "DELETE" {
            assert_eq!(answer.header("etag"), etag(&api, change));
        }
    }
}

fn an_object_that_the_caller_has_is_not_sent_again(api: Api) {
    stock(&api);
    for path in ["/store/1", "/item/1", "/tag/1"] {
        let etag = etag(&api, path);
        for known in [
            etag.clone(),
            "*".to_owned(),
            format!("W/{etag}"),
            format!("\"x\", {etag}"),
            format!("{etag},\"x\""),
            format!("W/\"x\" , W/{etag} , \"y\""),
        ] {
            for method in ["GET", "HEAD"] {
                let answer = api.send(method, path, &[("if-none-match", &known)], "");
                assert_eq!((answer.status, answer.body.as_str()), (304, ""), "{path} {known}");
                assert_eq!(answer.header("etag"), etag);
            }
        }
        for other in ["\"x\"", "", &etag.to_uppercase().replace('"', ""), "W/\"x\", \"y\""] {
            assert_eq!(api.send("GET", path, &[("if-none-match", other)], "").status, 200, "{path} {other}");
        }
    }
    api.send("GET", "/item/4711", &[("if-none-match", "*")], "").is(404, &not_found());
}

fn a_change_of_an_object_that_has_changed_since_is_refused(api: Api) {
    stock(&api);
    for (method, path, object) in [
        ("PATCH", "/store/1", "/store/1"),
        ("PUT", "/item/1", "/item/1"),
        ("PATCH", "/item/1", "/item/1"),
        ("DELETE", "/item/1/tag/1", "/item/1"),
        ("DELETE", "/tag/1", "/tag/1"),
        ("DELETE", "/item/1", "/item/1"),
        ("DELETE", "/store/1", "/store/1"),
    ] {
        let (now, before) = (etag(&api, object), api.ask("GET", object).body);
        let sent = json!({"name": format!("{method} done")});
        for stale in ["\"x\"", "x", "", "\"x\", \"y\"", &format!("W/{now}"), &now.replace('"', ""), "\u{e9}"] {
            guarded(&api, method, path, stale, &sent).is(412, &changed());
        }
        assert_eq!(api.ask("GET", object).body, before);
        let done = guarded(&api, method, path, &now, &sent);
        assert!(matches!(done.status, 200 | 202), "{method} {path}: {}", done.body);
    }
    // There is nothing that could be as the caller knows it.
    let sent = json!({"name": "Chair", "price": 1, "store_id": api.new_store("East dock")});
    guarded(&api, "PUT", "/item/4711", "*", &sent).is(412, &changed());
    guarded(&api, "PATCH", "/item/4711", "*", &json!({})).is(404, &not_found());
    guarded(&api, "DELETE", "/item/4711", "\"x\"", &json!({})).is(404, &not_found());
}

fn what_may_only_be_added_overwrites_nothing(api: Api) {
    stock(&api);
    let put = |path: &str| {
        let body = json!({"name": "Stool", "price": 2, "store_id": 1}).to_string();
        api.send("PUT", path, &[JSON, ("if-none-match", "*")], &body)
    };
    let unchanged = api.ask("GET", "/item/1").json();
    put("/item/1").is(412, &changed());
    assert_eq!(api.ask("GET", "/item/1").json(), unchanged);
    assert_eq!((put("/item/7").status, put("/item/7").status), (200, 412));
}

fn a_list_of_etags_matches_if_one_does(api: Api) {
    stock(&api);
    for number in 0..3 {
        let now = etag(&api, "/item/1");
        let list = [format!("\"x\", {now}"), format!("{now} , \"y\""), "*".to_owned()][number].clone();
        let answer = guarded(&api, "PATCH", "/item/1", &list, &json!({"quantity": number + 1}));
        assert_eq!(answer.status, 200, "{list}: {}", answer.body);
    }
    let now = etag(&api, "/item/1");
    let twice = [JSON, ("if-match", "\"x\""), ("if-match", &now)];
    assert_eq!(api.send("PATCH", "/item/1", &twice, r#"{"quantity":9}"#).status, 200);
}

fn a_version_in_the_body_guards_too(api: Api) {
    stock(&api);
    for path in ["/item/1", "/store/1"] {
        let version = api.ask("GET", path).json()["version"].as_i64().expect("a version");
        api.call("PATCH", path, &json!({"name": "x", "version": version - 1})).is(412, &changed());
        assert_eq!(api.call("PATCH", path, &json!({"name": "x", "version": version})).status, 200);
        api.call("PATCH", path, &json!({"name": "y", "version": version})).is(412, &changed());
    }
    let version = api.ask("GET", "/item/1").json()["version"].clone();
    assert_eq!(api.ask("DELETE", "/item/1").status, 200);
    let again = json!({"name": "x", "price": 1, "store_id": 1, "version": version});
    api.call("PUT", "/item/1", &again).is(412, &changed());
    assert_eq!(api.ask("GET", "/item/1").status, 404);
}

fn of_simultaneous_guarded_changes_one_is_done(api: Api) {
    stock(&api);
    for _ in 0..3 {
        let now = etag(&api, "/item/1");
        let quantity = api.ask("GET", "/item/1").json()["quantity"].as_i64().expect("a number");
        let statuses = api.at_once(move |browser, number| {
            let sent = json!({"quantity": quantity + 1, "description": format!("{number} of {quantity}")}).to_string();
            browser.send("PATCH", "/item/1", &[JSON, ("if-match", &now)], &sent).status
        });
        assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
        assert!(statuses.iter().all(|status| matches!(status, 200 | 412)), "{statuses:?}");
        assert_eq!(api.ask("GET", "/item/1").json()["quantity"], json!(quantity + 1));
    }
}
