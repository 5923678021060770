//! What a field takes, and what it says otherwise.
use serde_json::{Value, json};

use super::{Api, Calls, JSON, created, faults};

on_both!(
    a_string_field_takes_strings_only,
    a_number_takes_numbers_and_numeric_strings,
    an_integer_takes_integers_and_what_stands_for_one,
    prices_are_floats_exact_to_the_decimals,
    prices_are_not_rounded_for_the_caller,
    every_bad_field_is_named_at_once,
    unknown_fields_are_refused,
    what_an_answer_shows_can_be_sent_back,
    of_repeated_keys_the_last_counts,
);

const NO_STRING: &str = "Not a valid string.";
const NO_NUMBER: &str = "Not a valid number.";
const NO_INTEGER: &str = "Not a valid integer.";
const NULL: &str = "Field may not be null.";
const SPECIAL: &str = "Special numeric values (nan or infinity) are not permitted.";
const MISSING: &str = "Missing data for required field.";
const UNKNOWN: &str = "Unknown field.";

/// Sends an item in the store 1, with this JSON as the value of a field.
fn send(api: &Api, field: &str, json: &str) -> crate::support::Answer {
    let fields = [("name", "\"Chair\""), ("price", "1"), ("store_id", "1")];
    let pairs = fields.into_iter().filter(|(name, _)| *name != field).chain([(field, json)]);
    let body: Vec<_> = pairs.map(|(name, value)| format!("\"{name}\":{value}")).collect();
    api.send("POST", "/item", &[JSON], &format!("{{{}}}", body.join(",")))
}

fn a_string_field_takes_strings_only(api: Api) {
    api.new_store("North dock");
    for field in ["name", "sku", "barcode", "description"] {
        for json in ["1", "1.5", "true", "false", "[]", "[\"x\"]", "{}", "NaN"] {
            send(&api, field, json).is(422, &faults(&[(field, NO_STRING)]));
        }
    }
    for field in ["name", "barcode", "description"] {
        send(&api, field, "null").is(422, &faults(&[(field, NULL)]));
    }
    for field in ["name", "code", "address", "city", "region", "postal_code", "country", "notes"] {
        let mut sent = json!({"name": "South dock"});
        sent[field] = json!(1);
        api.call("POST", "/store", &sent).is(422, &faults(&[(field, NO_STRING)]));
    }
    assert_eq!(send(&api, "name", "\"Stuhl \\u00e4 \\ud83e\\ude91\"").json()["name"], json!("Stuhl ä 🪑"));
}

fn a_number_takes_numbers_and_numeric_strings(api: Api) {
    api.new_store("North dock");
    for (json, price) in [
        ("12.5", 12.5),
        ("10", 10.0),
        ("0", 0.0),
        ("-0", 0.0),
        ("-0.0", 0.0),
        ("1e3", 1000.0),
        ("1E+2", 100.0),
        ("125e-2", 1.25),
        ("\"12.5\"", 12.5),
        ("\"1e3\"", 1000.0),
        ("\" 12 \"", 12.0),
        ("\"+7\"", 7.0),
        ("\".5\"", 0.5),
        ("\"5.\"", 5.0),
        ("\"1_000\"", 1000.0),
        ("\"\\t12\\n\"", 12.0),
    ] {
        let answer = send(&api, "price", json);
        assert_eq!((answer.status, &answer.json()["price"]), (201, &json!(price)), "{json}: {}", answer.body);
    }
    for json in ["true", "false", "\"\"", "\" \"", "[]", "[1]", "{}", "\"x\"", "\"1,5\"", "\"0x10\"", "\"12 5\""] {
        send(&api, "price", json).is(422, &faults(&[("price", NO_NUMBER)]));
    }
    for json in ["NaN", "Infinity", "-Infinity", "\"nan\"", "\"inf\"", "\"-Infinity\"", "\"NaN\"", "1e999", "\"1e999\""]
    {
        send(&api, "price", json).is(422, &faults(&[("price", SPECIAL)]));
    }
    send(&api, "price", "null").is(422, &faults(&[("price", NULL)]));
}

fn an_integer_takes_integers_and_what_stands_for_one(api: Api) {
    api.new_store("North dock");
    for json in ["1", "1.0", "\"1\"", "\" 1 \"", "\"+1\"", "1e0", "10e-1"] {
        let answer = send(&api, "store_id", json);
        assert_eq!((answer.status, &answer.json()["store"]["id"]), (201, &json!(1)), "{json}: {}", answer.body);
    }
    for json in ["\"1.0\"", "true", "{}", "[]", "\"\"", "\"x\"", "\"1e0\"", "NaN", "Infinity", "1e999"] {
        send(&api, "store_id", json).is(422, &faults(&[("store_id", NO_INTEGER)]));
        send(&api, "quantity", json).is(422, &faults(&[("quantity", NO_INTEGER)]));
    }
    send(&api, "store_id", "null").is(422, &faults(&[("store_id", NULL)]));
    let huge = "9".repeat(1000);
    for json in [huge.clone(), format!("\"{huge}\""), format!("-{huge}"), "9223372036854775808".to_owned()] {
        send(&api, "store_id", &json).is(422, &faults(&[("store_id", NO_INTEGER)]));
    }
}

fn prices_are_floats_exact_to_the_decimals(api: Api) {
    api.new_store("North dock");
    for (json, written) in [
        ("10", "10.0"),
        ("17.99", "17.99"),
        ("0.30000000000000004", "0.3"),
        ("0.1", "0.1"),
        ("99999999.99", "99999999.99"),
        ("999999999999.99", "999999999999.99"),
        ("1000000000000", "1000000000000.0"),
        ("1e3", "1000.0"),
        ("2.675e1", "26.75"),
        ("1.10", "1.1"),
        ("4.35", "4.35"),
        ("1.005e2", "100.5"),
    ] {
        let answer = send(&api, "price", json);
        let expected = format!("\"price\":{written},");
        assert!(answer.status == 201 && answer.body.contains(&expected), "{json}: {}", answer.body);
        let id = created(&answer);
        assert!(api.ask("GET", &format!("/item/{id}")).body.contains(&expected));
    }
    for list in ["/item", "/item?limit=100", "/store"] {
        assert!(api.ask("GET", list).body.contains("\"price\":99999999.99"), "{list}");
    }
}

fn prices_are_not_rounded_for_the_caller(api: Api) {
    api.new_store("North dock");
    for json in ["1.005", "0.001", "99999999.991", "99999999.994", "17.990001", "\"1.005\"", "1e12", "1e-9"] {
        let answer = send(&api, "price", json);
        let status = if json == "1e12" { 201 } else { 422 };
        assert_eq!(answer.status, status, "{json}: {}", answer.body);
    }
    let huge = format!("1{}", "0".repeat(1000));
    for json in ["-1", "-0.01", "1000000000000.01", "1e300", &huge] {
        assert_eq!(send(&api, "price", json).status, 422, "{json}");
    }
}

fn every_bad_field_is_named_at_once(api: Api) {
    let missing = [("name", MISSING), ("price", MISSING), ("store_id", MISSING)];
    api.call("POST", "/item", &json!({})).is(422, &faults(&missing));
    api.call("POST", "/store", &json!({})).is(422, &faults(&[("name", MISSING)]));
    let sent =
        json!({"name": null, "price": "abc", "store_id": "1.0", "sku": 1, "quantity": {}, "x": 1, "version": "v"});
    api.call("POST", "/item", &sent).is(
        422,
        &faults(&[
            ("name", NULL),
            ("price", NO_NUMBER),
            ("store_id", NO_INTEGER),
            ("sku", NO_STRING),
            ("quantity", NO_INTEGER),
            ("x", UNKNOWN),
            ("version", NO_INTEGER),
        ]),
    );
    let sent = json!({"name": "a\nb", "price": -1, "extra": null});
    api.call("POST", "/item", &sent).is(
        422,
        &faults(&[
            ("name", "Write this in one line."),
            ("price", "A price cannot fall below zero."),
            ("store_id", MISSING),
            ("extra", UNKNOWN),
        ]),
    );
    assert_eq!(api.ask("GET", "/item").json(), json!([]));
}

fn unknown_fields_are_refused(api: Api) {
    let store = api.new_store("North dock");
    let item = api.new_item(store, "Chair");
    for field in ["id", "items", "store", "tags", "Name", "name ", "", "store_Id", "a\u{0}b"] {
        let with = |mut sent: Value| {
            sent[field] = json!(1);
            sent
        };
        let expected = faults(&[(field, UNKNOWN)]);
        api.call("POST", "/store", &with(json!({"name": "x"}))).is(422, &expected);
        api.call("PATCH", &format!("/store/{store}"), &with(json!({}))).is(422, &expected);
        api.call("POST", "/item", &with(json!({"name": "x", "price": 1, "store_id": store}))).is(422, &expected);
        api.call("PUT", &format!("/item/{item}"), &with(json!({"name": "x"}))).is(422, &expected);
        api.call("PATCH", &format!("/item/{item}"), &with(json!({}))).is(422, &expected);
        api.call("POST", &format!("/store/{store}/tag"), &with(json!({"name": "x"}))).is(422, &expected);
    }
    api.call("POST", "/store", &json!({"name": "x", "store_id": 1})).is(422, &faults(&[("store_id", UNKNOWN)]));
}

fn what_an_answer_shows_can_be_sent_back(api: Api) {
    let store = api.new_store("North dock");
    let id = api.new_item(store, "Chair");
    for (path, readable) in
        [(format!("/store/{store}"), &["id", "items", "tags"][..]), (format!("/item/{id}"), &["id", "store", "tags"])]
    {
        let mut object = api.ask("GET", &path).json();
        for key in readable {
            object.as_object_mut().expect("an object").remove(*key);
        }
        let answer = api.call("PATCH", &path, &object);
        assert_eq!((answer.status, &answer.json()["version"]), (200, &json!(1)), "{}", answer.body);
    }
}

fn of_repeated_keys_the_last_counts(api: Api) {
    let made = api.send("POST", "/store", &[JSON], r#"{"name":1,"name":"North dock"}"#);
    assert_eq!(made.json()["name"], json!("North dock"));
    let refused = api.send("POST", "/store", &[JSON], r#"{"name":"South dock","name":1}"#);
    refused.is(422, &faults(&[("name", NO_STRING)]));
    let made = send(&api, "price", "1,\"price\":2,\"price\":3.5");
    assert_eq!(made.json()["price"], json!(3.5));
}
