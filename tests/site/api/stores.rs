//! Stores.
use serde_json::json;

use super::{Api, Calls, created, faults, ids, keys, not_found, only, refused};

on_both!(
    a_new_store_comes_back_with_its_id_and_empty_lists,
    a_store_shows_its_items_and_tags_with_plain_keys,
    every_store_is_in_the_list,
    a_taken_name_is_refused_whatever_its_case,
    a_name_with_a_code_may_be_taken_and_a_code_may_not,
    of_simultaneous_stores_of_one_name_one_is_made,
    a_deleted_store_takes_its_items_and_tags_along_and_frees_its_name,
    a_large_store_is_deleted_as_a_small_one_is,
    parts_of_a_store_can_be_changed,
    a_store_is_not_replaced,
);

const TAKEN: &str = "A store with that name already exists.";

fn a_new_store_comes_back_with_its_id_and_empty_lists(api: Api) {
    let made = api.call("POST", "/store", &json!({"name": "North dock"}));
    let id = created(&made);
    assert!(id >= 1);
    let store = made.json();
    assert_eq!(
        only(&store, &["id", "name", "items", "tags"]),
        json!({"id": id, "name": "North dock", "items": [], "tags": []})
    );
    let added = [
        "address",
        "city",
        "code",
        "country",
        "created_at",
        "id",
        "items",
        "name",
        "notes",
        "postal_code",
        "region",
        "tags",
        "updated_at",
        "version",
    ];
    assert_eq!(keys(&store), added);
    assert_eq!((&store["code"], &store["city"], &store["version"]), (&json!(null), &json!(""), &json!(1)));
    assert_eq!(made.header("location"), format!("/store/{id}"));
    assert_eq!(made.header("content-type"), "application/json");
    let got = api.ask("GET", &format!("/store/{id}"));
    got.is(200, &store);
    assert_eq!(got.header("etag"), made.header("etag"));
}

fn a_store_shows_its_items_and_tags_with_plain_keys(api: Api) {
    let store = api.new_store("North dock");
    let (chair, lamp) = (api.new_item(store, "Chair"), api.new_item(store, "Lamp"));
    let tag = api.new_tag(store, "Furniture");
    let shown = api.ask("GET", &format!("/store/{store}")).json();
    assert_eq!(
        shown["items"],
        json!([{"id": chair, "name": "Chair", "price": 1.5}, {"id": lamp, "name": "Lamp", "price": 1.5}])
    );
    assert_eq!(shown["tags"], json!([{"id": tag, "name": "Furniture"}]));
}

fn every_store_is_in_the_list(api: Api) {
    api.ask("GET", "/store").is(200, &json!([]));
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    api.new_item(south, "Chair");
    api.new_tag(south, "Furniture");
    let whole = |id| api.ask("GET", &format!("/store/{id}")).json();
    let all = json!([whole(north), whole(south)]);
    api.ask("GET", "/store").is(200, &all);
    api.ask("GET", "/store?limit=10").is(200, &all);
}

fn a_taken_name_is_refused_whatever_its_case(api: Api) {
    api.new_store("Éclair");
    for name in ["Éclair", "éCLAIR", " Éclair ", "E\u{301}clair"] {
        api.call("POST", "/store", &json!({"name": name})).is(400, &refused(TAKEN));
    }
    let other = api.new_store("Other");
    api.call("PATCH", &format!("/store/{other}"), &json!({"name": "éclair"})).is(400, &refused(TAKEN));
    assert_eq!(api.ask("GET", "/store").json().as_array().expect("a list").len(), 2);
}

fn a_name_with_a_code_may_be_taken_and_a_code_may_not(api: Api) {
    for code in ["A1", "A2"] {
        created(&api.call("POST", "/store", &json!({"name": "Hy-Vee", "code": code})));
    }
    api.call("POST", "/store", &json!({"name": "Hy-Vee"})).is(400, &refused(TAKEN));
    let taken = "A store with that code already exists.";
    api.call("POST", "/store", &json!({"name": "Another", "code": "a1"})).is(400, &refused(taken));
}

fn of_simultaneous_stores_of_one_name_one_is_made(api: Api) {
    for round in 0..4 {
        let name = format!("Dock {round}");
        let answers = api.at_once(move |browser, number| {
            let name = if number % 2 == 0 { name.clone() } else { name.to_uppercase() };
            let answer = browser.call("POST", "/store", &json!({"name": name}));
            (answer.status, answer.json())
        });
        assert_eq!(answers.iter().filter(|(status, _)| *status == 201).count(), 1, "{answers:?}");
        for (status, body) in answers.iter().filter(|(status, _)| *status != 201) {
            assert_eq!((*status, body), (400, &refused(TAKEN)));
        }
    }
    assert_eq!(api.ask("GET", "/store").json().as_array().expect("a list").len(), 4);
}

fn a_deleted_store_takes_its_items_and_tags_along_and_frees_its_name(api: Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Furniture"));
    assert_eq!(api.ask("POST", &format!("/item/{item}/tag/{tag}")).status, 201);
    api.ask("DELETE", &format!("/store/{store}")).is(200, &json!({"message": "Store deleted"}));
    for gone in
        [format!("/store/{store}"), format!("/item/{item}"), format!("/tag/{tag}"), format!("/store/{store}/tag")]
    {
        api.ask("GET", &gone).is(404, &not_found());
    }
    api.ask("DELETE", &format!("/store/{store}")).is(404, &not_found());
    assert_ne!(api.new_store("North dock"), store);
    assert_eq!(api.ask("GET", "/item").json(), json!([]));
}

fn parts_of_a_store_can_be_changed(api: Api) {
    let id = api.new_store("North dock");
    let path = format!("/store/{id}");
    let changed = api.call("PATCH", &path, &json!({"city": "Hull", "code": "N1", "notes": "a\nb"}));
    let store = changed.json();
    changed.is(200, &api.ask("GET", &path).json());
    assert_eq!(
        only(&store, &["name", "city", "code", "notes", "version"]),
        json!({"name": "North dock", "city": "Hull", "code": "N1", "notes": "a\nb", "version": 2})
    );
    // A change that changes nothing is no new version.
    assert_eq!(api.call("PATCH", &path, &json!({})).json(), store);
    assert_eq!(api.call("PATCH", &path, &json!({"city": "Hull"})).json(), store);
    assert_eq!(api.call("PATCH", &path, &json!({"code": null})).json()["code"], json!(null));
    api.call("PATCH", &path, &json!({"name": null, "city": 1, "id": 7, "notes": "\u{0}"})).is(
        422,
        &faults(&[
            ("name", "Field may not be null."),
            ("city", "Not a valid string."),
            ("id", "Unknown field."),
            ("notes", "This holds a control character (U+0000). Type it anew."),
        ]),
    );
    api.call("PATCH", "/store/4711", &json!({"city": "Hull"})).is(404, &not_found());
    assert_eq!(ids(&api.ask("GET", "/store").json()), [id]);
}

fn a_store_is_not_replaced(api: Api) {
    let id = api.new_store("North dock");
    let answer = api.call("PUT", &format!("/store/{id}"), &json!({"name": "South dock"}));
    answer.is(405, &json!({"code": 405, "status": "Method Not Allowed"}));
}

fn a_large_store_is_deleted_as_a_small_one_is(api: Api) {
    let store = api.stock_many(3_000);
    let path = format!("/store/{store}");
    let etag = api.ask("GET", &path).header("etag").to_owned();
    let item = api.new_item(store, "Lamp");
    let delete = |etag: &str| api.send("DELETE", &path, &[("if-match", etag)], "");
    assert_eq!(delete(&etag).status, 412, "there is more in it by now");
    assert_eq!(api.ask("GET", &format!("/item/{item}")).status, 200, "nothing of it has gone");
    let etag = api.ask("GET", &path).header("etag").to_owned();
    delete(&etag).is(200, &json!({"message": "Store deleted"}));
    for gone in [path, format!("/item/{item}")] {
        api.ask("GET", &gone).is(404, &super::not_found());
    }
    let sets =
        "SELECT s.title || ': ' || count(*) AS line FROM changes AS c JOIN change_sets AS s ON s.id = c.change_set_id
        WHERE c.operation = 'delete' GROUP BY s.id, s.title";
    let sets = crate::journal::lines(&mut api.database().connect(), sets);
    assert_eq!(sets, ["Deleted store “Warehouse” with 3,001 items: 3002"]);
}
