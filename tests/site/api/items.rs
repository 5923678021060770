//! Items, and where they are.
use serde_json::{Value, json};

use super::{Api, Calls, created, faults, ids, keys, not_found, only, refused};

on_both!(
    a_new_item_comes_back_with_its_store_and_no_store_id,
    names_need_not_be_unique_but_skus_are_in_their_store,
    an_item_needs_a_store_that_exists,
    put_changes_name_and_price_and_either_may_be_left_out,
    put_never_moves_an_item,
    of_simultaneous_changes_without_a_condition_each_is_done,
    put_makes_an_item_under_an_id_that_nobody_has,
    put_of_no_item_without_a_store_is_not_found,
    ids_given_later_never_meet_one_that_was_chosen,
    an_id_that_was_chosen_in_vain_is_not_taken,
    one_item_made_changed_and_deleted_at_the_same_moment_is_there_or_not,
    ids_chosen_and_given_at_the_same_moment_do_not_meet,
    patch_moves_an_item_and_its_tags_come_along_by_name,
    patch_changes_what_is_sent_and_nothing_else,
    a_deleted_item_is_gone,
);

fn item(api: &Api, id: i64) -> Value {
    let answer = api.ask("GET", &format!("/item/{id}"));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()
}

fn a_new_item_comes_back_with_its_store_and_no_store_id(api: Api) {
    let store = api.new_store("North dock");
    let made = api.call("POST", "/item", &json!({"name": "Chair", "price": 17.99, "store_id": store}));
    let id = created(&made);
    let object = made.json();
    assert_eq!(
        only(&object, &["id", "name", "price", "store", "tags"]),
        json!({"id": id, "name": "Chair", "price": 17.99, "store": {"id": store, "name": "North dock"}, "tags": []})
    );
    let all = [
        "barcode",
        "created_at",
        "description",
        "id",
        "name",
        "price",
        "quantity",
        "sku",
        "store",
        "tags",
        "updated_at",
        "version",
    ];
    assert_eq!(keys(&object), all);
    assert_eq!((&object["sku"], &object["quantity"], &object["version"]), (&json!(null), &json!(0), &json!(1)));
    assert_eq!(made.header("location"), format!("/item/{id}"));
    let got = api.ask("GET", &format!("/item/{id}"));
    got.is(200, &object);
    assert_eq!(got.header("etag"), made.header("etag"));
    api.ask("GET", "/item").is(200, &json!([object]));
}

fn names_need_not_be_unique_but_skus_are_in_their_store(api: Api) {
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    assert_ne!(api.new_item(north, "Chair"), api.new_item(north, "Chair"));
    let with_sku = |store: i64| {
        api.call("POST", "/item", &json!({"name": "Lamp", "price": 1, "store_id": store, "sku": "L-1", "quantity": 7}))
    };
    assert_eq!(with_sku(north).json()["quantity"], json!(7));
    created(&with_sku(south));
    with_sku(north).is(400, &refused("An item with that SKU already exists in that store."));
}

fn an_item_needs_a_store_that_exists(api: Api) {
    let nowhere = refused("There is no store with that id.");
    for store in [4711, 0, -1] {
        let sent = json!({"name": "Chair", "price": 1, "store_id": store});
        api.call("POST", "/item", &sent).is(400, &nowhere);
    }
    let id = api.new_item(api.new_store("North dock"), "Chair");
    api.call("PATCH", &format!("/item/{id}"), &json!({"store_id": 4711})).is(400, &nowhere);
    api.call("PUT", "/item/4711", &json!({"name": "Chair", "price": 1, "store_id": 4711})).is(400, &nowhere);
    assert_eq!(ids(&api.ask("GET", "/item").json()), [id]);
}

fn put_changes_name_and_price_and_either_may_be_left_out(api: Api) {
    let id = api.new_item(api.new_store("North dock"), "Chair");
    let path = format!("/item/{id}");
    for (sent, name, price) in [
        (json!({"name": "Stool", "price": 2}), "Stool", 2.0),
        (json!({"name": "Bench"}), "Bench", 2.0),
        (json!({"price": 3.25}), "Bench", 3.25),
        (json!({}), "Bench", 3.25),
    ] {
        let answer = api.call("PUT", &path, &sent);
        answer.is(200, &item(&api, id));
        assert_eq!(only(&answer.json(), &["id", "name", "price"]), json!({"id": id, "name": name, "price": price}));
    }
    let wrong = api.call("PUT", &path, &json!({"name": 1, "price": "x", "store": {}}));
    let expected = [("name", "Not a valid string."), ("price", "Not a valid number."), ("store", "Unknown field.")];
    wrong.is(422, &faults(&expected));
    assert_eq!(item(&api, id)["version"], json!(4));
}

fn put_never_moves_an_item(api: Api) {
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    let id = api.new_item(north, "Chair");
    for store in [south, 4711] {
        let sent = json!({"name": "Stool", "price": 2, "store_id": store});
        let answer = api.call("PUT", &format!("/item/{id}"), &sent);
        assert_eq!((answer.status, &answer.json()["store"]["id"]), (200, &json!(north)));
    }
}

fn of_simultaneous_changes_without_a_condition_each_is_done(api: Api) {
    let store = api.new_store("North dock");
    let (id, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    let before = item(&api, id)["version"].as_i64().expect("a version");
    for _ in 0..4 {
        let statuses = api.at_once(move |browser, number| {
            let price = json!({"price": number + 1});
            let answer = match number % 4 {
                0 => browser.call("PUT", &format!("/item/{id}"), &price),
                1 => browser.call("PATCH", &format!("/item/{id}"), &price),
                2 => browser.call("PATCH", &format!("/store/{store}"), &json!({"notes": number.to_string()})),
                _ => browser.ask("POST", &format!("/item/{id}/tag/{tag}")),
            };
            answer.status
        });
        assert!(statuses.iter().all(|status| matches!(status, 200 | 201)), "{statuses:?}");
    }
    assert!(item(&api, id)["version"].as_i64().expect("a version") > before + 4);
    for new in [5_000, 5_001, 5_002] {
        let statuses = api.at_once(move |browser, number| {
            let sent = json!({"name": "Table", "price": number, "store_id": store});
            browser.call("PUT", &format!("/item/{new}"), &sent).status
        });
        assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    }
}

fn put_makes_an_item_under_an_id_that_nobody_has(api: Api) {
    let store = api.new_store("North dock");
    let sent = json!({"name": "Chair", "price": 10, "store_id": store});
    let made = api.call("PUT", "/item/4711", &sent);
    made.is(200, &item(&api, 4711));
    assert_eq!(only(&made.json(), &["id", "name", "price"]), json!({"id": 4711, "name": "Chair", "price": 10.0}));
    api.call("PUT", "/item/4712", &json!({"store_id": store})).is(
        422,
        &faults(&[("name", "Missing data for required field."), ("price", "Missing data for required field.")]),
    );
    // An id that was given and is free again can be chosen.
    api.ask("DELETE", "/item/4711");
    assert_eq!(api.call("PUT", "/item/4711", &sent).json()["id"], json!(4711));
    for path in
        ["/item/0", "/item/-1", "/item/4503599627370497", "/item/9223372036854775807", "/item/99999999999999999999"]
    {
        api.call("PUT", path, &sent).is(404, &not_found());
    }
}

fn put_of_no_item_without_a_store_is_not_found(api: Api) {
    api.call("PUT", "/item/4711", &json!({"name": "Chair", "price": 1})).is(404, &not_found());
    api.call("PUT", "/item/4711", &json!({})).is(404, &not_found());
    assert_eq!(api.ask("GET", "/item").json(), json!([]));
}

fn ids_given_later_never_meet_one_that_was_chosen(api: Api) {
    let store = api.new_store("North dock");
    let first = api.new_item(store, "Chair");
    let mut known = vec![first];
    // The next one, one far away, one below that, the highest that can be chosen.
    for chosen in [first + 1, 1000, 500, 4_503_599_627_370_496] {
        let sent = json!({"name": "Chosen", "price": 1, "store_id": store});
        assert_eq!(api.call("PUT", &format!("/item/{chosen}"), &sent).status, 200);
        known.push(chosen);
        let given = api.new_item(store, "Given");
        assert!(!known.contains(&given), "{given} twice");
        assert_eq!(item(&api, given)["name"], json!("Given"));
        known.push(given);
    }
}

fn an_id_that_was_chosen_in_vain_is_not_taken(api: Api) {
    let store = api.new_store("North dock");
    let first = api.new_item(store, "Chair");
    api.call("PATCH", &format!("/item/{first}"), &json!({"sku": "C-1"}));
    for refused in [
        json!({"name": "Table", "price": 1, "store_id": 4711}),
        json!({"name": "Table", "price": 1, "store_id": store, "sku": "C-1"}),
    ] {
        assert_eq!(api.call("PUT", "/item/1000", &refused).status, 400);
    }
    assert!(api.new_item(store, "Lamp") < 1000);
}

fn one_item_made_changed_and_deleted_at_the_same_moment_is_there_or_not(api: Api) {
    let store = api.new_store("North dock");
    for _ in 0..6 {
        let statuses = api.at_once(move |browser, number| {
            let sent = json!({"name": "Chair", "price": number, "store_id": store});
            (0..5)
                .map(|round| match (number + round) % 4 {
                    0 | 1 => browser.call("PUT", "/item/4711", &sent).status,
                    2 => browser.call("PATCH", "/item/4711", &json!({"price": number})).status,
                    _ => browser.ask("DELETE", "/item/4711").status,
                })
                .collect::<Vec<_>>()
        });
        assert!(statuses.iter().flatten().all(|status| matches!(status, 200 | 404)), "{statuses:?}");
    }
}

fn ids_chosen_and_given_at_the_same_moment_do_not_meet(api: Api) {
    let store = api.new_store("North dock");
    for round in 1..6 {
        let answers = api.at_once(move |browser, number| {
            let sent = json!({"name": "Chair", "price": 1, "store_id": store});
            let chosen = round * 40 + i64::try_from(number).expect("small");
            let answer = if number % 2 == 0 {
                browser.call("PUT", &format!("/item/{chosen}"), &sent)
            } else {
                browser.call("POST", "/item", &sent)
            };
            (answer.status, answer.body)
        });
        // A chosen id that was given away meanwhile is changed.
        assert!(answers.iter().all(|(status, _)| matches!(status, 200 | 201)), "{answers:?}");
    }
}

fn patch_moves_an_item_and_its_tags_come_along_by_name(api: Api) {
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    let id = api.new_item(north, "Chair");
    let (old, wood) = (api.new_tag(north, "Old"), api.new_tag(north, "Wood"));
    let wood_there = api.new_tag(south, "wood");
    for tag in [old, wood] {
        assert_eq!(api.ask("POST", &format!("/item/{id}/tag/{tag}")).status, 201);
    }
    let moved = api.call("PATCH", &format!("/item/{id}"), &json!({"store_id": south}));
    moved.is(200, &item(&api, id));
    let moved = moved.json();
    assert_eq!(moved["store"], json!({"id": south, "name": "South dock"}));
    let mut names: Vec<_> = moved["tags"].as_array().expect("a list").iter().map(|tag| tag["name"].clone()).collect();
    names.sort_by_key(ToString::to_string);
    assert_eq!(names, [json!("Old"), json!("wood")]);
    assert!(ids(&moved["tags"]).contains(&wood_there));
    assert_eq!(api.ask("GET", &format!("/tag/{wood}")).json()["items"], json!([]));
    assert_eq!(api.ask("GET", &format!("/store/{south}")).json()["tags"].as_array().map(Vec::len), Some(2));
}

fn patch_changes_what_is_sent_and_nothing_else(api: Api) {
    let id = api.new_item(api.new_store("North dock"), "Chair");
    let path = format!("/item/{id}");
    let all = json!({"sku": "C-1", "barcode": "4006381333931", "description": "a\nb", "quantity": "12"});
    let answer = api.call("PATCH", &path, &all);
    assert_eq!(
        only(&answer.json(), &["name", "price", "sku", "barcode", "description", "quantity", "version"]),
        json!({"name": "Chair", "price": 1.5, "sku": "C-1", "barcode": "4006381333931", "description": "a\nb",
               "quantity": 12, "version": 2})
    );
    assert_eq!(api.call("PATCH", &path, &json!({"sku": null})).json()["sku"], json!(null));
    api.call("PATCH", &path, &json!({"barcode": "4006381333932", "quantity": -1, "price": -1, "name": " "})).is(
        422,
        &faults(&[
            ("barcode", "The last digit of this barcode does not fit the others. Check the number."),
            ("quantity", "A quantity cannot fall below zero."),
            ("price", "A price cannot fall below zero."),
            ("name", "Write something here: this cannot be empty."),
        ]),
    );
    api.call("PATCH", "/item/4711", &json!({"name": "Chair"})).is(404, &not_found());
    assert_eq!(item(&api, id)["version"], json!(3));
}

fn a_deleted_item_is_gone(api: Api) {
    let store = api.new_store("North dock");
    let (id, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    assert_eq!(api.ask("POST", &format!("/item/{id}/tag/{tag}")).status, 201);
    let path = format!("/item/{id}");
    api.ask("DELETE", &path).is(200, &json!({"message": "Item deleted."}));
    for method in ["GET", "DELETE"] {
        api.ask(method, &path).is(404, &not_found());
    }
    assert_eq!(api.ask("GET", &format!("/tag/{tag}")).json()["items"], json!([]));
    assert_eq!(api.ask("GET", &format!("/store/{store}")).json()["items"], json!([]));
}
