//! A `POST` that is sent twice under one key does its thing once.
use diesel::RunQueryDsl;
use serde_json::{Value, json};

use super::{Api, Calls, JSON, faults, faults_in};
use crate::journal::lines;
use crate::support::{Answer, Browser};

on_both!(
    a_post_under_a_key_is_done_once_and_answered_alike,
    an_error_is_answered_again_too,
    a_key_stands_for_one_request,
    of_two_at_once_one_works_and_the_other_gets_its_answer,
    a_key_is_forgotten_after_a_day,
    of_very_many_old_keys_some_are_forgotten_at_a_time,
    a_key_must_be_printable,
    a_link_is_made_once_under_a_key,
    of_a_tag_with_many_items_no_answer_is_kept,
);

const KEY: &str = "Idempotency-Key";

fn post(browser: &Browser, path: &str, key: &str, body: &Value) -> Answer {
    browser.send("POST", path, &[JSON, (KEY, key)], &body.to_string())
}

/// Everything of an answer that a program looks at.
fn told(answer: &Answer) -> (u16, String, String, String) {
    let header = |name| answer.header(name).to_owned();
    (answer.status, answer.body.clone(), header("etag"), header("location"))
}

fn reused() -> Value {
    faults_in("headers", &[(KEY, "This key was used for another request.")])
}

fn a_post_under_a_key_is_done_once_and_answered_alike(api: Api) {
    let store = api.new_store("North dock");
    for (path, body) in [
        ("/store".to_owned(), json!({"name": "South dock"})),
        ("/item".to_owned(), json!({"name": "Chair", "price": 1, "store_id": store})),
        (format!("/store/{store}/tag"), json!({"name": "Old"})),
    ] {
        let first = post(&api, &path, &path, &body);
        assert_eq!(first.status, 201, "{}", first.body);
        // It is the first answer, whatever has become of the object.
        let object = first.location();
        if path == "/item" {
            api.call("PATCH", &object, &json!({"price": 2}));
        }
        assert_eq!(told(&post(&api, &path, &path, &body)), told(&first));
        let deleted = api.ask("DELETE", &object).status;
        assert!(matches!(deleted, 200 | 202));
        assert_eq!(told(&post(&api, &path, &path, &body)), told(&first));
        assert_eq!(api.ask("GET", &object).status, 404);
    }
    assert_eq!(api.ask("GET", "/item").json(), json!([]));
}

fn an_error_is_answered_again_too(api: Api) {
    let store = api.new_store("North dock");
    let taken = post(&api, "/store", "one", &json!({"name": "North dock"}));
    assert_eq!(taken.status, 400);
    let wrong = post(&api, "/item", "two", &json!({"name": 1}));
    assert_eq!(wrong.status, 422);
    let missing = post(&api, "/store/4711/tag", "three", &json!({"name": "Old"}));
    assert_eq!(missing.status, 404);
    api.ask("DELETE", &format!("/store/{store}"));
    assert_eq!(told(&post(&api, "/store", "one", &json!({"name": "North dock"}))), told(&taken));
    assert_eq!(told(&post(&api, "/item", "two", &json!({"name": 1}))), told(&wrong));
    assert_eq!(told(&post(&api, "/store/4711/tag", "three", &json!({"name": "Old"}))), told(&missing));
    post(&api, "/item", "two", &json!({"name": "Chair"})).is(422, &reused());
    assert_eq!(api.ask("GET", "/store").json(), json!([]));
}

fn a_key_stands_for_one_request(api: Api) {
    let store = api.new_store("North dock");
    assert_eq!(post(&api, "/store", "key", &json!({"name": "South dock"})).status, 201);
    post(&api, "/store", "key", &json!({"name": "East dock"})).is(422, &reused());
    post(&api, "/store", "key", &json!({"name": "South dock", "city": ""})).is(422, &reused());
    post(&api, &format!("/store/{store}/tag"), "key", &json!({"name": "South dock"})).is(422, &reused());
    // What cannot even be read is another request too.
    api.send("POST", "/store", &[JSON, (KEY, "key")], "{").is(422, &reused());
    api.send("POST", "/store", &[JSON, (KEY, "key")], "[]").is(422, &reused());
    for (key, body) in [("broken", "{"), ("list", "[]")] {
        let first = api.send("POST", "/store", &[JSON, (KEY, key)], body);
        assert_eq!(told(&api.send("POST", "/store", &[JSON, (KEY, key)], body)), told(&first));
        post(&api, "/store", key, &json!({"name": "West dock"})).is(422, &reused());
    }
    // A key is told from others by every letter, and does not matter to what is no POST.
    assert_eq!(post(&api, "/store", "Key", &json!({"name": "West dock"})).status, 201);
    let answer = api.send("PATCH", "/store/1", &[JSON, (KEY, "key")], r#"{"city":"Hull"}"#);
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(api.ask("GET", "/store").json().as_array().map(Vec::len), Some(3));
}

fn of_two_at_once_one_works_and_the_other_gets_its_answer(api: Api) {
    let store = api.new_store("North dock");
    for round in 0..4 {
        let answers = api.at_once(move |browser, _| {
            let body = json!({"name": format!("Chair {round}"), "price": 1, "store_id": store});
            told(&post(browser, "/item", &format!("round {round}"), &body))
        });
        assert!(answers.iter().all(|answer| answer.0 == 201 && *answer == answers[0]), "{answers:?}");
    }
    assert_eq!(api.ask("GET", "/item").json().as_array().map(Vec::len), Some(4));
    let answers = api.at_once(|browser, number| {
        post(browser, "/store", "shared", &json!({"name": format!("Dock {number}")})).status
    });
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 201 | 422)), "{answers:?}");
}

fn a_key_is_forgotten_after_a_day(api: Api) {
    let age = |hours: i64| {
        let mut conn = api.database().connect();
        let aged = if conn.is_sqlite() {
            format!("strftime('%Y-%m-%d %H:%M:%f', created_at, '-{hours} hours')")
        } else {
            format!("created_at - interval '{hours} hours'")
        };
        let query = diesel::sql_query(format!("UPDATE idempotency_keys SET created_at = {aged}"));
        assert_eq!(query.execute(&mut conn).expect("it can be written"), 1);
    };
    let first = post(&api, "/store", "key", &json!({"name": "North dock"}));
    age(23);
    assert_eq!(told(&post(&api, "/store", "key", &json!({"name": "North dock"}))), told(&first));
    age(2);
    assert_eq!(post(&api, "/store", "key", &json!({"name": "South dock"})).status, 201);
    assert_eq!(post(&api, "/store", "key", &json!({"name": "North dock"})).status, 422);
}

fn of_very_many_old_keys_some_are_forgotten_at_a_time(api: Api) {
    let mut conn = api.database().connect();
    diesel::sql_query(
        "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 700)
         INSERT INTO idempotency_keys (key, fingerprint, status, body, location, created_at)
         SELECT 'old ' || n, '', 201, '{}', '', '2026-01-01 00:00:00' FROM numbers",
    )
    .execute(&mut conn)
    .expect("keys of a busy day");
    let mut left = || lines(&mut conn, "SELECT CAST(count(*) AS TEXT) AS line FROM idempotency_keys").swap_remove(0);
    assert_eq!(post(&api, "/store", "new", &json!({"name": "North dock"})).status, 201);
    assert_eq!(left(), "201");
    assert_eq!(post(&api, "/store", "newer", &json!({"name": "South dock"})).status, 201);
    assert_eq!(left(), "2");
}

fn a_key_must_be_printable(api: Api) {
    let expected = faults_in("headers", &[(KEY, "Give 1 to 255 printable characters.")]);
    for key in ["", "é", &"x".repeat(256)] {
        post(&api, "/store", key, &json!({"name": "North dock"})).is(422, &expected);
    }
    assert_eq!(post(&api, "/store", &"x".repeat(255), &json!({"name": "North dock"})).status, 201);
    api.call("POST", "/store", &json!({})).is(422, &faults(&[("name", "Missing data for required field.")]));
}

fn a_link_is_made_once_under_a_key(api: Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    let path = format!("/item/{item}/tag/{tag}");
    let first = api.send("POST", &path, &[(KEY, "key")], "");
    assert_eq!(first.status, 201);
    assert_eq!(api.ask("DELETE", &path).status, 200);
    assert_eq!(told(&api.send("POST", &path, &[(KEY, "key")], "")), told(&first));
    assert_eq!(api.ask("GET", &format!("/item/{item}")).json()["tags"], json!([]));
    api.send("POST", &path, &[(KEY, "key")], "{}").is(422, &reused());
}

fn of_a_tag_with_many_items_no_answer_is_kept(api: Api) {
    let store = api.new_store("North dock");
    let tag = api.new_tag(store, "Old");
    let names = (0..502).map(|n| (format!("Chair {n}"), 1, 1)).collect();
    let items = api.stock_items(store, names);
    api.write(move |change| {
        let links =
            "INSERT INTO item_tags (item_id, tag_id) SELECT id, (SELECT min(id) FROM tags) FROM items WHERE id > 2";
        Ok(diesel::sql_query(links).execute(change.conn())?)
    });
    let link = |item: i64| api.send("POST", &format!("/item/{item}/tag/{tag}"), &[(KEY, &item.to_string())], "");
    let told = |answer: Answer| (answer.status, answer.json()["items"].as_array().map_or(0, Vec::len));
    assert_eq!(told(link(items[0])), (201, 501));
    assert_eq!(api.ask("DELETE", &format!("/item/{}/tag/{tag}", items[2])).status, 200);
    assert_eq!(told(link(items[0])), (201, 500), "nothing is done again, and the tag is as it is");
    let kept = "SELECT CAST(max(length(body)) AS BIGINT) AS length FROM idempotency_keys";
    assert_eq!(diesel::sql_query(kept).get_result::<Kept>(&mut api.database().connect()).expect("one").length, 0);
}

#[derive(diesel::QueryableByName)]
struct Kept {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    length: i64,
}
