//! What counts as a body, and what a hostile one does: the documented error, and nothing else.
use serde_json::json;

use super::{Api, Calls, JSON, bad_json, faults};

on_both!(
    a_body_counts_as_json_by_its_type,
    a_body_of_another_type_counts_as_empty,
    a_body_that_is_no_object_is_refused,
    a_body_that_does_not_parse_is_refused,
    a_body_that_is_too_large_is_refused,
    a_hostile_body_is_refused_and_leaves_nothing,
    text_that_nobody_could_read_is_refused,
);

const MISSING: &str = "Missing data for required field.";

fn count(api: &Api) -> usize {
    api.ask("GET", "/store").json().as_array().expect("a list").len()
}

fn a_body_counts_as_json_by_its_type(api: Api) {
    for (number, kind) in [
        "application/json",
        "application/json; charset=utf-8",
        "application/json;charset=latin-1",
        "Application/JSON",
        "application/vnd.api+json",
        "application/problem+json; x=y",
    ]
    .iter()
    .enumerate()
    {
        let body = json!({"name": format!("Dock {number} é")}).to_string();
        let answer = api.send("POST", "/store", &[("content-type", kind)], &body);
        assert_eq!(answer.status, 201, "{kind}: {}", answer.body);
        assert_eq!(answer.json()["name"], json!(format!("Dock {number} é")));
    }
}

fn a_body_of_another_type_counts_as_empty(api: Api) {
    let sent = r#"{"name":"North dock"}"#;
    let empty = faults(&[("name", MISSING)]);
    for kind in [
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "application/jsonx",
        "multipart/form-data; boundary=x",
        "application/x-json",
        "json",
        "",
    ] {
        api.send("POST", "/store", &[("content-type", kind)], sent).is(422, &empty);
        api.send("POST", "/store", &[("content-type", kind)], b"\xff\x00{").is(422, &empty);
    }
    api.send("POST", "/store", &[], sent).is(422, &empty);
    api.send("POST", "/store", &[JSON], "").is(422, &empty);
    api.send("POST", "/store", &[], "").is(422, &empty);
    let item = api.new_item(api.new_store("North dock"), "Chair");
    let answer = api.send("PUT", &format!("/item/{item}"), &[("content-type", "text/plain")], r#"{"name":"Stool"}"#);
    assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("Chair")));
}

fn a_body_that_is_no_object_is_refused(api: Api) {
    let item = api.new_item(api.new_store("North dock"), "Chair");
    let expected = faults(&[("_schema", "Invalid input type.")]);
    for body in ["[]", "\"x\"", "1", "null", "true", "1.5", "[{\"name\":\"x\"}]", " [] ", "NaN", "-Infinity"] {
        for (method, path) in [
            ("POST", "/store".to_owned()),
            ("PATCH", "/store/1".to_owned()),
            ("POST", "/store/1/tag".to_owned()),
            ("POST", "/item".to_owned()),
            ("PUT", format!("/item/{item}")),
            ("PATCH", format!("/item/{item}")),
        ] {
            api.send(method, &path, &[JSON], body).is(422, &expected);
        }
    }
}

fn a_body_that_does_not_parse_is_refused(api: Api) {
    api.new_store("North dock");
    for body in [
        &b"{"[..],
        b"{\"name\":}",
        b"{\"name\":\"x\"",
        b"{\"name\":\"x\"}}",
        b"{'name':'x'}",
        b"{\"name\":\"x\",}",
        b"{name:\"x\"}",
        b"{\"name\":\"\xff\"}",
        b"\xff\xfe{\x00}\x00",
        b"{\"name\":\"\xed\xa0\x80\"}",
        b"{\"name\":\"\\ud800\"}",
        b"{\"name\":\"\\udc00\\ud800\"}",
        b"{\"name\":\"\\x\"}",
        b"{\"name\":\"\\u12\"}",
        b"{\"name\":\"a\nb\"}",
        b"{\"name\":01}",
        b"{\"name\":1.}",
        b"{\"name\":nan}",
        b"{\"name\":Infinit}",
        b"undefined",
        b" ",
        b"\x00",
        b"\xef\xbb\xbf{\"name\":\"x\"}",
        b"{\"name\":\"x\"} // and more",
    ] {
        for path in ["/store", "/item", "/store/1/tag"] {
            let answer = api.send("POST", path, &[JSON], body);
            assert_eq!((answer.status, answer.json()), (400, bad_json()), "{:?}", String::from_utf8_lossy(body));
        }
    }
    assert_eq!(count(&api), 1);
}

fn a_body_that_is_too_large_is_refused(api: Api) {
    let expected = json!({"code": 413, "message": "The body is larger than 1 MB.", "status": "Payload Too Large"});
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat(2 << 20));
    for kind in ["application/json", "text/plain"] {
        api.send("POST", "/store", &[("content-type", kind)], &body).is(413, &expected);
    }
    // Just small enough to be read, and then too long for a name.
    let body = format!("{{\"name\":\"{}\"}}", "x".repeat((1 << 20) - 11));
    let answer = api.send("POST", "/store", &[JSON], &body);
    assert_eq!(answer.status, 422);
    assert_eq!(answer.json()["errors"]["json"]["name"], json!(["This is 1048565 characters long. Use 200 at most."]));
    assert_eq!(count(&api), 0);
}

fn a_hostile_body_is_refused_and_leaves_nothing(api: Api) {
    let deep = |open: &str, close: &str, times: usize| format!("{}{}", open.repeat(times), close.repeat(times));
    for times in [1_000, 100_000] {
        for body in [
            deep("[", "]", times),
            "[".repeat(times),
            format!("{}1{}", "{\"a\":".repeat(times), "}".repeat(times)),
            format!("{{\"name\":{}}}", deep("[", "]", times)),
        ] {
            api.send("POST", "/store", &[JSON], &body).is(400, &bad_json());
        }
    }
    let numbers = [
        "9".repeat(1000),
        format!("0.{}1", "0".repeat(1000)),
        format!("1e{}", "9".repeat(1000)),
        format!("-1e-{}", "9".repeat(1000)),
    ];
    for number in numbers {
        let body = format!("{{\"name\":{number}}}");
        api.send("POST", "/store", &[JSON], &body).is(422, &faults(&[("name", "Not a valid string.")]));
    }
    let many: Vec<_> = (0..20_000).map(|number| format!("\"field {number}\":1,")).collect();
    let answer = api.send("POST", "/store", &[JSON], &format!("{{{}\"name\":\"x\"}}", many.concat()));
    assert_eq!(
        (answer.status, answer.json()["errors"]["json"].as_object().map(serde_json::Map::len)),
        (422, Some(20_000))
    );
    assert_eq!(count(&api), 0);
}

fn text_that_nobody_could_read_is_refused(api: Api) {
    let store = api.new_store("North dock");
    for text in ["a\u{0}b", "\u{0}", "\u{1b}[31m", "\u{202e}evil", "a\u{2028}b", "\u{85}x\u{85}y", "\u{200b}"] {
        for (path, sent) in [
            ("/store".to_owned(), json!({"name": text})),
            ("/item".to_owned(), json!({"name": text, "price": 1, "store_id": store})),
            (format!("/store/{store}/tag"), json!({"name": text})),
        ] {
            let answer = api.call("POST", &path, &sent);
            assert_eq!(answer.status, 422, "{text:?}: {}", answer.body);
            assert_eq!(super::keys(&answer.json()["errors"]["json"]), ["name"], "{text:?}");
        }
    }
    let unseen = api.call("PATCH", &format!("/store/{store}"), &json!({"code": "\u{ad}\u{200b}"}));
    assert_eq!(unseen.json()["code"], json!(null), "a code that nobody can see is none");
    for field in ["code", "address", "city", "region", "postal_code", "country", "notes"] {
        let answer = api.call("PATCH", &format!("/store/{store}"), &json!({field: "a\u{0}b"}));
        assert_eq!((answer.status, super::keys(&answer.json()["errors"]["json"])), (422, vec![field]));
    }
    assert_eq!(count(&api), 1);
}
