//! What lists can be filtered by, and what they say of a filter that is wrong.
use serde_json::json;

use super::{Api, Calls, created, faults_in, ids};

on_both!(
    items_are_filtered_by_words,
    items_are_filtered_by_store_tag_and_price,
    stores_are_filtered_by_words,
    a_wrong_parameter_is_refused_with_all_others,
    a_hostile_parameter_finds_nothing_or_is_refused,
);

fn found(api: &Api, query: &str) -> Vec<i64> {
    let answer = api.ask("GET", query);
    assert_eq!(answer.status, 200, "{query}: {}", answer.body);
    let limited = api.ask("GET", &format!("{query}&limit=100"));
    assert_eq!(answer.json(), limited.json(), "{query}");
    ids(&answer.json())
}

fn items_are_filtered_by_words(api: Api) {
    let store = api.new_store("North dock");
    let add = |name: &str, sku: &str, barcode: &str| {
        let sent = json!({"name": name, "price": 1, "store_id": store, "sku": sku, "barcode": barcode});
        created(&api.call("POST", "/item", &sent))
    };
    let chair = add("Crème chair", "C-1", "");
    let lamp = add("Lamp 100%", "", "4006381333931");
    for (q, expected) in [
        ("CREME", vec![chair]),
        ("chair+creme", vec![chair]),
        ("chair+lamp", vec![]),
        ("c-1", vec![chair]),
        ("4006381", vec![lamp]),
        ("100%25", vec![lamp]),
        ("%25", vec![lamp]),
        ("_", vec![]),
        ("", vec![chair, lamp]),
        ("+", vec![chair, lamp]),
        ("%22chair+", vec![chair]),
    ] {
        assert_eq!(found(&api, &format!("/item?q={q}")), expected, "{q}");
    }
}

fn items_are_filtered_by_store_tag_and_price(api: Api) {
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    let add = |store: i64, price: f64| {
        created(&api.call("POST", "/item", &json!({"name": "Chair", "price": price, "store_id": store})))
    };
    let (cheap, dear, other) = (add(north, 0.99), add(north, 100.0), add(south, 10.0));
    let tag = api.new_tag(north, "Old");
    assert_eq!(api.ask("POST", &format!("/item/{dear}/tag/{tag}")).status, 201);
    for (query, expected) in [
        (format!("store_id={north}"), vec![cheap, dear]),
        (format!("store_id={south}"), vec![other]),
        ("store_id=4711".to_owned(), vec![]),
        (format!("tag_id={tag}"), vec![dear]),
        (format!("tag_id={tag}&store_id={south}"), vec![]),
        ("tag_id=4711".to_owned(), vec![]),
        ("min_price=10".to_owned(), vec![dear, other]),
        ("min_price=10.01".to_owned(), vec![dear]),
        ("max_price=10.00".to_owned(), vec![cheap, other]),
        ("min_price=0.99&max_price=10".to_owned(), vec![cheap, other]),
        ("min_price=1e1&max_price=1e1".to_owned(), vec![other]),
        ("max_price=0".to_owned(), vec![]),
        ("min_quantity=0&max_quantity=0".to_owned(), vec![cheap, dear, other]),
        ("min_quantity=1".to_owned(), vec![]),
        (format!("q=chair&store_id={north}&max_price=1&sort=-price"), vec![cheap]),
        ("store_id=&tag_id=&min_price=&max_price=&q=&sort=&after=".to_owned(), vec![cheap, dear, other]),
    ] {
        assert_eq!(found(&api, &format!("/item?{query}")), expected, "{query}");
    }
}

fn stores_are_filtered_by_words(api: Api) {
    let north = created(&api.call("POST", "/store", &json!({"name": "Dock", "code": "N-1", "city": "Malmö"})));
    let south = created(&api.call("POST", "/store", &json!({"name": "Dock", "code": "S-1", "city": "Hull"})));
    for (q, expected) in
        [("dock", vec![north, south]), ("malmo", vec![north]), ("s-1+dock", vec![south]), ("chair", vec![])]
    {
        assert_eq!(found(&api, &format!("/store?q={q}")), expected, "{q}");
    }
    // Parameters of the other list mean nothing here.
    assert_eq!(found(&api, "/store?store_id=abc&min_price=x"), [north, south]);
}

fn a_wrong_parameter_is_refused_with_all_others(api: Api) {
    let (whole, number, limit) = ("Not a valid integer.", "Not a valid number.", "Must be an integer from 1 to 1000.");
    for (path, query, expected) in [
        ("/item", "limit=0", &[("limit", limit)][..]),
        ("/item", "limit=-1", &[("limit", limit)]),
        ("/item", "limit=1001", &[("limit", limit)]),
        ("/item", "limit=abc", &[("limit", limit)]),
        ("/item", "limit=1.5", &[("limit", limit)]),
        ("/store", "limit=99999999999999999999", &[("limit", limit)]),
        ("/item", "sort=colour", &[("sort", "Not a valid choice.")]),
        ("/item", "sort=--name", &[("sort", "Not a valid choice.")]),
        ("/store", "sort=price", &[("sort", "Not a valid choice.")]),
        ("/item", "after=x", &[("after", "Not a valid place in this list.")]),
        ("/item", "after=1~x", &[("after", "Not a valid place in this list.")]),
        ("/item", "sort=price&after=1~1.5", &[("after", "Not a valid place in this list.")]),
        ("/item", "sort=updated_at&after=1~9223372036854775807", &[("after", "Not a valid place in this list.")]),
        (
            "/item",
            "store_id=abc&tag_id=1.5&min_price=x&max_price=NaN&min_quantity=x&max_quantity=1.5&limit=x&sort=x&after=x",
            &[
                ("store_id", whole),
                ("tag_id", whole),
                ("min_price", number),
                ("max_price", number),
                ("min_quantity", whole),
                ("max_quantity", whole),
                ("limit", limit),
                ("sort", "Not a valid choice."),
                ("after", "Not a valid place in this list."),
            ],
        ),
    ] {
        api.ask("GET", &format!("{path}?{query}")).is(422, &faults_in("query", expected));
    }
}

fn a_hostile_parameter_finds_nothing_or_is_refused(api: Api) {
    api.new_item(api.new_store("North dock"), "Chair");
    let long = "x+".repeat(20_000);
    for value in [
        "%00",
        "a%00b",
        "%FF%FE",
        "'",
        "%22;--",
        "\\",
        "1~%00",
        "1~a%00b",
        "1~%FF",
        "-1~x",
        "9223372036854775807~x",
        "99999999999999999999~x",
        "~",
        "1~",
        &long,
    ] {
        for name in
            ["q", "after", "sort=name&after", "sort=-price&after", "store_id", "min_price", "sort", "limit", "x"]
        {
            for path in ["/item", "/store"] {
                for limit in ["", "&limit=2"] {
                    let query = format!("{path}?{name}={value}{limit}");
                    let answer = api.ask("GET", &query);
                    let shown: String = query.chars().take(80).collect();
                    let expected: &[u16] = if value.len() > 16_384 { &[414] } else { &[200, 422] };
                    assert!(expected.contains(&answer.status), "{shown}: {}", answer.body);
                    answer.json();
                }
            }
        }
    }
    assert_eq!(api.ask("GET", "/item?q=chair").json().as_array().map(Vec::len), Some(1));
    assert!(!api.log().contains("ERROR"), "{}", api.log());
}
