//! Paths, methods, and what errors look like.
use serde_json::json;

use super::{Api, Calls, not_found};

on_both!(
    what_is_no_id_is_not_found,
    paths_are_exact_and_lead_nowhere_else,
    an_encoded_path_is_the_path_that_it_encodes,
    a_wrong_method_is_refused_and_the_right_ones_are_named,
    options_names_the_methods,
    head_answers_as_get_does_without_a_body,
    a_browser_that_asks_for_html_still_gets_json,
    unknown_parameters_are_ignored,
);

const NO_IDS: [&str; 16] = [
    "0",
    "-1",
    "abc",
    "1.5",
    "1.0",
    "+1",
    "4711",
    "9007199254740993",
    "9223372036854775807",
    "9223372036854775808",
    "99999999999999999999",
    "0x1",
    "1e0",
    "%201",
    "%FF",
    "%D9%A1", // an Arabic 1
];

const ALLOWED: [(&str, &str); 7] = [
    ("/store", "GET, HEAD, OPTIONS, POST"),
    ("/store/1", "DELETE, GET, HEAD, OPTIONS, PATCH"),
    ("/store/1/tag", "GET, HEAD, OPTIONS, POST"),
    ("/item", "GET, HEAD, OPTIONS, POST"),
    ("/item/1", "DELETE, GET, HEAD, OPTIONS, PATCH, PUT"),
    ("/item/1/tag/1", "DELETE, OPTIONS, POST"),
    ("/tag/1", "DELETE, GET, HEAD, OPTIONS"),
];

/// A store, an item and a tag, each with the id 1, and the tag on the item.
fn stock(api: &Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    assert_eq!((store, item, tag), (1, 1, 1));
    assert_eq!(api.ask("POST", "/item/1/tag/1").status, 201);
}

fn what_is_no_id_is_not_found(api: Api) {
    stock(&api);
    for id in NO_IDS {
        for (methods, path) in [
            (&["GET", "DELETE", "PATCH"][..], format!("/store/{id}")),
            (&["GET", "DELETE", "PATCH", "PUT"], format!("/item/{id}")),
            (&["GET", "DELETE"], format!("/tag/{id}")),
            (&["GET", "POST"], format!("/store/{id}/tag")),
            (&["POST", "DELETE"], format!("/item/{id}/tag/1")),
            (&["POST", "DELETE"], format!("/item/1/tag/{id}")),
        ] {
            for method in methods {
                let sent = if path.starts_with("/item") { json!({}) } else { json!({"name": "Other"}) };
                let answer = match *method {
                    "GET" | "DELETE" => api.ask(method, &path),
                    _ => api.call(method, &path, &sent),
                };
                answer.is(404, &not_found());
            }
        }
    }
    assert_eq!(api.ask("GET", "/item/1").json()["tags"][0]["id"], json!(1));
}

fn paths_are_exact_and_lead_nowhere_else(api: Api) {
    stock(&api);
    for path in [
        "/store/",
        "/item/",
        "/store/1/",
        "/item/1/",
        "/tag/1/",
        "/tag",
        "/tag/",
        "/store/1/tag/",
        "/store/1/tag/1",
        "/store/1/tags",
        "/store/1/item",
        "/item/1/tag",
        "/item/1/tag/1/",
        "/item/1/tags/1",
        "/store//1",
        "/store/1/x",
        "/Store",
        "/STORE/1",
        "/Item/1",
        "/Tag/1",
        "/store/1/Tag",
        "/openapi.json/",
    ] {
        let answer = api.ask("GET", path);
        answer.is(404, &not_found());
        assert_eq!(answer.header("location"), "", "{path}");
        api.call("POST", path, &json!({"name": "x"})).is(404, &not_found());
    }
}

fn an_encoded_path_is_the_path_that_it_encodes(api: Api) {
    stock(&api);
    assert_eq!(api.ask("GET", "/store/%31").status, 200);
    assert_eq!(api.ask("GET", "/%73tore/1").status, 200);
    api.ask("GET", "/%73tore/4711").is(404, &not_found());
    assert_eq!(api.ask("GET", "/store%2F1").status, 404);
}

fn a_wrong_method_is_refused_and_the_right_ones_are_named(api: Api) {
    stock(&api);
    for (path, allowed) in ALLOWED {
        for method in ["POST", "PUT", "PATCH", "DELETE", "GET", "TRACE"] {
            if !allowed.contains(method) {
                let answer = api.ask(method, path);
                answer.is(405, &json!({"code": 405, "status": "Method Not Allowed"}));
                assert_eq!(answer.header("allow"), allowed, "{method} {path}");
            }
        }
    }
    api.ask("POST", "/openapi.json").is(405, &json!({"code": 405, "status": "Method Not Allowed"}));
}

fn options_names_the_methods(api: Api) {
    for (path, allowed) in ALLOWED {
        let answer = api.ask("OPTIONS", path);
        assert_eq!((answer.status, answer.header("allow"), answer.body.as_str()), (200, allowed, ""), "{path}");
    }
    api.ask("OPTIONS", "/store/1/").is(404, &not_found());
}

fn head_answers_as_get_does_without_a_body(api: Api) {
    stock(&api);
    for path in ["/store", "/store?limit=1", "/store/1", "/store/1/tag", "/item", "/item/1", "/tag/1", "/openapi.json"]
    {
        let (head, get) = (api.ask("HEAD", path), api.ask("GET", path));
        assert_eq!((head.status, head.body.as_str()), (200, ""), "{path}");
        for header in ["content-type", "etag", "link"] {
            assert_eq!(head.header(header), get.header(header), "{header} of {path}");
        }
    }
    for path in ["/store/4711", "/item/abc", "/tag", "/store/"] {
        assert_eq!(api.ask("HEAD", path).status, 404, "{path}");
    }
    assert_eq!(api.ask("HEAD", "/item/1/tag/1").status, 405);
}

fn a_browser_that_asks_for_html_still_gets_json(api: Api) {
    let answer = api.send("GET", "/store/4711", &[("accept", "text/html,application/xhtml+xml,*/*;q=0.8")], "");
    answer.is(404, &not_found());
}

fn unknown_parameters_are_ignored(api: Api) {
    stock(&api);
    for path in ["/store", "/item", "/store/1", "/item/1", "/tag/1", "/store/1/tag"] {
        let answer = api.ask("GET", &format!("{path}?page=2&_=1&x=%00&=&%FF"));
        assert_eq!((answer.status, answer.body), (200, api.ask("GET", path).body), "{path}");
    }
    assert_eq!(api.call("POST", "/store?name=x&limit=abc", &json!({"name": "y"})).status, 201);
}
