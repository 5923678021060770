//! Stores: added, seen, edited, deleted.
use crate::support::Site;

on_both!(
    a_store_is_added_with_every_field,
    a_store_without_anything_but_a_name_says_what_is_not_given,
    a_store_is_edited,
    saving_a_store_unchanged_changes_nothing,
    a_store_s_page_lists_its_items_and_no_others,
    deleting_a_store_says_first_what_goes_with_it,
    deleting_an_empty_store_says_that_it_is_empty,
    a_store_in_which_there_is_more_than_was_shown_is_not_deleted,
    a_deleted_store_is_gone_with_its_items_and_tags,
    the_name_and_code_of_a_deleted_store_are_free,
    two_stores_share_a_name_only_if_both_have_a_code,
    a_name_is_taken_whatever_its_case,
);

const EVERY_FIELD: [(&str, &str); 8] = [
    ("name", "Hy-Vee Food Store"),
    ("code", "2506"),
    ("address", "3140 Agency"),
    ("city", "Burlington"),
    ("region", "IA"),
    ("postal_code", "52601"),
    ("country", "United States"),
    ("notes", "Two docks.\r\nRing twice."),
];

fn a_store_is_added_with_every_field(site: Site) {
    let saved = site.fill("/stores/new", &EVERY_FIELD);
    assert_eq!(saved.status, 303);
    let page = saved.follow();
    assert_eq!(page.text("h1"), "Hy-Vee Food Store");
    assert_eq!(page.text(".notice"), "Store “Hy-Vee Food Store” is added. Add its first item");
    for (_, value) in &EVERY_FIELD[1..7] {
        assert!(page.texts("dd").iter().any(|shown| shown == value), "{value}: {}", page.body);
    }
    assert_eq!(page.html().first("dd.text").text().collect::<String>(), "Two docks.\nRing twice.");
    let form = site.get(&format!("/stores/{}/edit", saved.new_id())).form();
    for (field, value) in EVERY_FIELD {
        assert_eq!(form.value(field), value);
    }
    assert!(!site.get(&saved.location()).html().has(".notice"), "a notice is said once");
}

fn a_store_without_anything_but_a_name_says_what_is_not_given(site: Site) {
    let id = site.add_store("  North dock ");
    let page = site.get(&format!("/stores/{id}"));
    assert_eq!(page.text("h1"), "North dock");
    assert_eq!(page.texts("dd")[..6], ["not given"; 6]);
    assert!(page.text(".empty").contains("no items yet"));
}

fn a_store_is_edited(site: Site) {
    let id = site.fill("/stores/new", &EVERY_FIELD).new_id();
    let saved = site.fill(&format!("/stores/{id}/edit"), &[("name", "Hy-Vee"), ("code", ""), ("notes", "")]);
    assert_eq!(saved.location(), format!("/stores/{id}"));
    let page = saved.follow();
    assert_eq!((page.text("h1"), page.text(".notice")), ("Hy-Vee".to_owned(), "Store “Hy-Vee” is saved.".to_owned()));
    assert!(!page.html().has("dd.text") && page.texts("dd")[0] == "not given" && page.texts("dd")[2] == "Burlington");
    assert_eq!(site.get("/stores").texts("tbody th"), ["Hy-Vee"]);
}

fn saving_a_store_unchanged_changes_nothing(site: Site) {
    let id = site.fill("/stores/new", &EVERY_FIELD).new_id();
    assert_eq!(site.fill(&format!("/stores/{id}/edit"), &[]).status, 303);
    assert_eq!(site.get(&format!("/stores/{id}/history")).texts(".history > li").len(), 1);
    assert_eq!(site.get(&format!("/stores/{id}/edit")).form().value("version"), "1");
}

fn a_store_s_page_lists_its_items_and_no_others(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    site.add_item(north, &[("name", "Lamp")]);
    site.add_item(south, &[("name", "Table")]);
    let page = site.get(&format!("/stores/{north}"));
    assert_eq!((page.texts("tbody th"), page.text(".pager__count")), (vec!["Lamp".to_owned()], "1 item".to_owned()));
    let none = site.get(&format!("/stores/{north}?q=table"));
    assert!(none.text(".empty").contains("No item fits"), "{}", none.body);
}

fn deleting_a_store_says_first_what_goes_with_it(site: Site) {
    let id = site.add_store("North dock");
    for name in ["Lamp", "Table", "Chair", "Bed", "Desk", "Shelf"] {
        site.add_item(id, &[("name", name), ("add_tags", "used, new")]);
    }
    let page = site.get(&format!("/stores/{id}/deletion"));
    assert_eq!(page.texts("main strong"), ["6 items", "2 tags"]);
    assert_eq!(page.texts("main li"), ["Bed", "Chair", "Desk", "Lamp", "Shelf"]);
    assert_eq!(site.get(&format!("/stores/{id}")).status, 200, "asking deletes nothing");
}

fn deleting_an_empty_store_says_that_it_is_empty(site: Site) {
    let id = site.add_store("North dock");
    let page = site.get(&format!("/stores/{id}/deletion"));
    assert!(page.text("main").contains("It has no items and no tags."));
    assert_eq!(page.text("main button"), "Delete the store");
}

fn a_store_in_which_there_is_more_than_was_shown_is_not_deleted(site: Site) {
    let id = site.add_store("North dock");
    for more in [&[("name", "Lamp")][..], &[("name", "Table")], &[("name", "Chair"), ("add_tags", "used")]] {
        let open = site.get(&format!("/stores/{id}/deletion")).form();
        site.add_item(id, more);
        let asked = site.submit(open);
        assert_eq!(asked.status, 409);
        assert!(asked.text(".faults").contains("say again whether to delete it"), "{}", asked.text(".faults"));
        assert!(asked.text("main").contains(more[0].1), "it shows what came to it");
    }
    site.fill(&format!("/tags/new?store={id}"), &[("name", "new")]);
    let asked = site.get(&format!("/stores/{id}/deletion"));
    site.fill(&format!("/tags/new?store={id}"), &[("name", "newer")]);
    let asked = site.submit(asked.form());
    assert_eq!((asked.status, asked.texts("main strong")), (409, vec!["3 items".to_owned(), "3 tags".to_owned()]));
    assert_eq!(site.submit(asked.form()).location(), "/stores");
    assert_eq!(site.get("/items").texts("tbody th"), [""; 0]);
}

fn a_deleted_store_is_gone_with_its_items_and_tags(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let item = site.add_item(north, &[("name", "Lamp"), ("add_tags", "used")]);
    site.add_item(south, &[("name", "Table"), ("add_tags", "used")]);
    let deleted = site.delete(&format!("/stores/{north}"));
    assert_eq!(deleted.location(), "/stores");
    let list = deleted.follow();
    assert_eq!(list.text(".notice"), "Store “North dock” is deleted. See its history");
    assert_eq!(list.texts("tbody th"), ["South dock"]);
    assert_eq!(site.get(&format!("/stores/{north}")).status, 404);
    assert_eq!(site.get(&format!("/items/{item}")).status, 404);
    assert_eq!(site.get("/items").texts("tbody th"), ["Table"]);
    assert_eq!(site.get("/tags").texts("tbody td:nth-child(2)"), ["South dock"]);
}

fn the_name_and_code_of_a_deleted_store_are_free(site: Site) {
    let fields = [("name", "North dock"), ("code", "N1")];
    let id = site.fill("/stores/new", &fields).new_id();
    site.delete(&format!("/stores/{id}"));
    let again = site.fill("/stores/new", &fields).new_id();
    assert_ne!(again, id, "an id is never given twice");
}

fn two_stores_share_a_name_only_if_both_have_a_code(site: Site) {
    let hy_vee = |code: &str| site.fill("/stores/new", &[("name", "Hy-Vee"), ("code", code)]);
    let first = hy_vee("1").new_id();
    assert_eq!(hy_vee("2").status, 303);
    let without = hy_vee("");
    assert_eq!((without.status, without.text("#name-fault").contains("already taken")), (422, true));
    let same_code = hy_vee("2");
    assert_eq!((same_code.status, same_code.text("#code-fault")), (422, "This code is already taken.".to_owned()));
    let dropped = site.fill(&format!("/stores/{first}/edit"), &[("code", "")]);
    assert_eq!((dropped.status, dropped.html().has("#name-fault")), (422, true));
}

fn a_name_is_taken_whatever_its_case(site: Site) {
    let id = site.add_store("éclair");
    for same in ["ÉCLAIR", "Éclair", "e\u{301}clair", " éclair "] {
        let refused = site.fill("/stores/new", &[("name", same)]);
        assert_eq!(refused.status, 422, "{same}");
        assert!(refused.text("#name-fault").contains("already taken"));
    }
    assert_eq!(site.fill("/stores/new", &[("name", "eclair")]).status, 303, "another letter is another name");
    let renamed = site.fill(&format!("/stores/{id}/edit"), &[("name", "ÉCLAIR")]);
    assert_eq!(renamed.follow().text("h1"), "ÉCLAIR", "but a store may change the case of its own name");
}
