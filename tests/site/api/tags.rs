//! Tags, and which items have them.
use serde_json::json;

use super::{Api, Calls, created, faults, keys, not_found, only, refused};

on_both!(
    a_new_tag_comes_back_with_its_store_and_no_items,
    a_store_lists_its_tags_whole,
    a_taken_name_is_refused_in_its_store_only,
    a_tag_is_put_on_an_item_and_a_second_time_the_same,
    an_item_takes_no_more_tags_than_its_form_does,
    a_tag_of_another_store_is_not_put_on_an_item,
    a_tag_is_taken_off_an_item_and_both_are_shown,
    a_tag_that_an_item_has_is_not_deleted,
    there_is_no_list_of_all_tags_and_no_change_of_one,
    a_link_takes_any_body_for_none,
);

fn a_new_tag_comes_back_with_its_store_and_no_items(api: Api) {
    let store = api.new_store("North dock");
    let made = api.call("POST", &format!("/store/{store}/tag"), &json!({"name": "Old"}));
    let id = created(&made);
    let tag = made.json();
    assert_eq!(
        only(&tag, &["id", "name", "items", "store"]),
        json!({"id": id, "name": "Old", "items": [], "store": {"id": store, "name": "North dock"}})
    );
    assert_eq!(keys(&tag), ["created_at", "id", "items", "name", "store", "updated_at", "version"]);
    assert_eq!(made.header("location"), format!("/tag/{id}"));
    let got = api.ask("GET", &format!("/tag/{id}"));
    got.is(200, &tag);
    assert_eq!(got.header("etag"), made.header("etag"));
}

fn a_store_lists_its_tags_whole(api: Api) {
    let store = api.new_store("North dock");
    let path = format!("/store/{store}/tag");
    api.ask("GET", &path).is(200, &json!([]));
    let (old, wood) = (api.new_tag(store, "Old"), api.new_tag(store, "Wood"));
    let item = api.new_item(store, "Chair");
    assert_eq!(api.ask("POST", &format!("/item/{item}/tag/{wood}")).status, 201);
    let whole = |id| api.ask("GET", &format!("/tag/{id}")).json();
    assert_eq!(whole(wood)["items"], json!([{"id": item, "name": "Chair", "price": 1.5}]));
    api.ask("GET", &path).is(200, &json!([whole(old), whole(wood)]));
}

fn a_taken_name_is_refused_in_its_store_only(api: Api) {
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    let first = api.new_tag(north, "Old");
    api.new_tag(south, "Old");
    let path = format!("/store/{north}/tag");
    for name in ["Old", "OLD"] {
        let taken = refused("A tag with that name already exists in that store.");
        api.call("POST", &path, &json!({"name": name})).is(400, &taken);
    }
    api.call("POST", &path, &json!({"name": 1, "store": 1, "items": [], "id": 1})).is(
        422,
        &faults(&[
            ("name", "Not a valid string."),
            ("store", "Unknown field."),
            ("items", "Unknown field."),
            ("id", "Unknown field."),
        ]),
    );
    api.call("POST", &path, &json!({})).is(422, &faults(&[("name", "Missing data for required field.")]));
    api.call("POST", "/store/4711/tag", &json!({"name": "Old"})).is(404, &not_found());
    api.ask("GET", "/store/4711/tag").is(404, &not_found());
    assert_eq!(api.ask("DELETE", &format!("/tag/{first}")).status, 202);
    api.new_tag(north, "Old");
    let answers = api.at_once(move |browser, _| browser.call("POST", &path, &json!({"name": "New"})).status);
    assert_eq!(answers.iter().filter(|status| **status == 201).count(), 1, "{answers:?}");
    assert!(answers.iter().all(|status| matches!(status, 201 | 400)), "{answers:?}");
}

fn a_tag_is_put_on_an_item_and_a_second_time_the_same(api: Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    let path = format!("/item/{item}/tag/{tag}");
    let linked = api.ask("POST", &path);
    assert_eq!(linked.status, 201);
    assert_eq!(
        only(&linked.json(), &["id", "name", "items", "store"]),
        json!({"id": tag, "name": "Old", "items": [{"id": item, "name": "Chair", "price": 1.5}],
               "store": {"id": store, "name": "North dock"}})
    );
    let shown = api.ask("GET", &format!("/item/{item}")).json();
    assert_eq!(shown["tags"], json!([{"id": tag, "name": "Old"}]));
    api.ask("POST", &path).is(201, &linked.json());
    assert_eq!(api.ask("GET", &format!("/item/{item}")).json(), shown);
    let statuses = api.at_once(move |browser, number| {
        let method = if number == 0 { "DELETE" } else { "POST" };
        browser.ask(method, &path).status
    });
    assert!(statuses.iter().all(|status| matches!(status, 200 | 201)), "{statuses:?}");
}

fn an_item_takes_no_more_tags_than_its_form_does(api: Api) {
    let store = api.new_store("North dock");
    let names = (0..100).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
    let item = api.add_item(store, &[("name", "Chair"), ("add_tags", &names)]);
    let tag = api.new_tag(store, "Old");
    let path = format!("/item/{item}/tag/{tag}");
    api.ask("POST", &path).is(400, &refused("An item can have 100 tags at most."));
    let known = api.ask("GET", &format!("/item/{item}")).json()["tags"][0]["id"].clone();
    assert_eq!(api.ask("POST", &format!("/item/{item}/tag/{known}")).status, 201, "it has this one");
    assert_eq!(api.ask("DELETE", &format!("/item/{item}/tag/{known}")).status, 200);
    assert_eq!(api.ask("POST", &path).status, 201);
}

fn a_tag_of_another_store_is_not_put_on_an_item(api: Api) {
    let (north, south) = (api.new_store("North dock"), api.new_store("South dock"));
    let (item, tag) = (api.new_item(north, "Chair"), api.new_tag(south, "Old"));
    let answer = api.ask("POST", &format!("/item/{item}/tag/{tag}"));
    answer.is(400, &refused("Make sure item and tag belong to the same store before linking."));
    for path in [format!("/item/{item}/tag/4711"), format!("/item/4711/tag/{tag}")] {
        for method in ["POST", "DELETE"] {
            api.ask(method, &path).is(404, &not_found());
        }
    }
    assert_eq!(api.ask("GET", &format!("/item/{item}")).json()["tags"], json!([]));
}

fn a_tag_is_taken_off_an_item_and_both_are_shown(api: Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    let path = format!("/item/{item}/tag/{tag}");
    api.ask("DELETE", &path).is(404, &not_found());
    assert_eq!(api.ask("POST", &path).status, 201);
    let removed = api.ask("DELETE", &path);
    let (item, tag) = (api.ask("GET", &format!("/item/{item}")).json(), api.ask("GET", &format!("/tag/{tag}")).json());
    assert_eq!((&item["tags"], &tag["items"]), (&json!([]), &json!([])));
    removed.is(200, &json!({"message": "Item removed from tag", "item": item, "tag": tag}));
    api.ask("DELETE", &path).is(404, &not_found());
}

fn a_tag_that_an_item_has_is_not_deleted(api: Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    let link = format!("/item/{item}/tag/{tag}");
    assert_eq!(api.ask("POST", &link).status, 201);
    let path = format!("/tag/{tag}");
    let linked = "Could not delete tag. Make sure tag is not associated with any items, then try again.";
    api.ask("DELETE", &path).is(400, &refused(linked));
    assert_eq!(api.ask("DELETE", &link).status, 200);
    api.ask("DELETE", &path).is(202, &json!({"message": "Tag deleted."}));
    for method in ["GET", "DELETE"] {
        api.ask(method, &path).is(404, &not_found());
    }
}

fn there_is_no_list_of_all_tags_and_no_change_of_one(api: Api) {
    let tag = api.new_tag(api.new_store("North dock"), "Old");
    api.ask("GET", "/tag").is(404, &not_found());
    for method in ["PUT", "PATCH", "POST"] {
        let answer = api.call(method, &format!("/tag/{tag}"), &json!({"name": "New"}));
        answer.is(405, &json!({"code": 405, "status": "Method Not Allowed"}));
    }
}

fn a_link_takes_any_body_for_none(api: Api) {
    let store = api.new_store("North dock");
    let (item, tag) = (api.new_item(store, "Chair"), api.new_tag(store, "Old"));
    for body in ["", "{}", "{", "[]", r#"{"name":"x"}"#] {
        let answer = api.send("POST", &format!("/item/{item}/tag/{tag}"), &[super::JSON], body);
        assert_eq!(answer.status, 201, "{body}: {}", answer.body);
    }
}
