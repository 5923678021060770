//! Tags: words that a store puts on its items.
use crate::support::Site;

on_both!(
    a_tag_is_added_to_a_store,
    a_tag_is_renamed_on_every_item,
    a_tag_belongs_to_one_store,
    deleting_a_tag_says_how_many_items_lose_it_and_leaves_them,
    a_tag_that_more_items_have_than_was_shown_is_not_deleted,
    a_tag_with_a_comma_in_its_name_can_be_added_to_an_item,
);

fn a_tag_is_added_to_a_store(site: Site) {
    let store = site.add_store("North dock");
    let link = site.get(&format!("/tags?store={store}")).attr(".head a", "href");
    let form = site.get(&link).form();
    assert_eq!(form.value("store"), store.to_string());
    let page = site.submit(form.filled(&[("name", " used ")])).follow();
    assert_eq!((page.text("h1"), page.text(".notice")), ("Tag “used”".to_owned(), "Tag “used” is added.".to_owned()));
    assert!(page.text(".empty").contains("No item has this tag"));
    assert_eq!(site.get(&format!("/tags?store={store}")).text("h1"), "Tags of North dock");
}

fn a_tag_is_renamed_on_every_item(site: Site) {
    let store = site.add_store("North dock");
    let items = ["Lamp", "Table"].map(|name| site.add_item(store, &[("name", name), ("add_tags", "used")]));
    let tag = site.get("/tags").attr("tbody th a", "href");
    let saved = site.fill(&format!("{tag}/edit"), &[("name", "Second-hand")]);
    assert_eq!(
        (saved.location(), saved.follow().texts("tbody th")),
        (tag, vec!["Lamp".to_owned(), "Table".to_owned()])
    );
    for id in items {
        assert_eq!(site.get(&format!("/items/{id}")).text("a.tag"), "Second-hand");
    }
}

fn a_tag_belongs_to_one_store(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let tags =
        [north, south].map(|store| site.fill("/tags/new", &[("name", "used"), ("store", &store.to_string())]).new_id());
    assert_ne!(tags[0], tags[1]);
    let mut form = site.get(&format!("/items/new?store={north}")).form().filled(&[("name", "Lamp"), ("price", "1")]);
    // No form offers the other store's tag, but somebody may send it.
    form.fields.push(("tag".to_owned(), tags[1].to_string()));
    let page = site.submit(form).follow();
    assert_eq!(page.attr("a.tag", "href"), format!("/tags/{}", tags[0]), "it stands for the tag of its name here");
}

fn deleting_a_tag_says_how_many_items_lose_it_and_leaves_them(site: Site) {
    let store = site.add_store("North dock");
    for name in ["Lamp", "Table"] {
        site.add_item(store, &[("name", name), ("add_tags", "used")]);
    }
    let tag = site.get("/tags").attr("tbody th a", "href");
    let page = site.get(&format!("{tag}/deletion"));
    assert_eq!(page.text("main strong"), "2 items");
    let deleted = site.submit(page.form());
    assert_eq!(deleted.location(), format!("/tags?store={store}"));
    assert_eq!(site.get(&deleted.follow().attr(".notice a", "href")).status, 200);
    assert_eq!(site.get("/items").texts("tbody th"), ["Lamp", "Table"]);
    assert_eq!(site.get("/items/1").texts("dd")[5], "none");
}

fn a_tag_that_more_items_have_than_was_shown_is_not_deleted(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let open = site.get("/tags/1/deletion").form();
    site.add_item(store, &[("name", "Table"), ("add_tags", "used")]);
    let asked = site.submit(open);
    assert_eq!((asked.status, asked.text("main strong")), (409, "2 items".to_owned()));
    assert_eq!(site.submit(asked.form()).location(), format!("/tags?store={store}"));
}

fn a_tag_with_a_comma_in_its_name_can_be_added_to_an_item(site: Site) {
    let store = site.add_store("North dock");
    site.fill("/tags/new", &[("name", "Rum, dark"), ("store", &store.to_string())]);
    let id = site.add_item(store, &[("name", "Lamp"), ("add_tags", "\"Rum, dark\", light")]);
    assert_eq!(site.get(&format!("/items/{id}")).texts("a.tag"), ["light", "Rum, dark"]);
    let link = site.get(&format!("/items/{id}")).attr("a.tag:nth-of-type(2)", "href");
    let all = site.get(&link).attr(".head a[href^='/items?tag=']", "href");
    assert_eq!(site.get(&all).texts("tbody th"), ["Lamp"]);
}
