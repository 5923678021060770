//! Picking one store among many, without sending them all.
use crate::support::{Answer, Site};

on_both!(
    an_item_form_does_not_send_every_store,
    a_store_is_found_by_its_code_and_by_a_part_of_its_name,
    finding_a_store_loses_nothing_that_was_typed,
    a_typed_code_is_enough_to_save,
    a_store_is_known_by_how_it_is_shown,
    of_several_stores_that_fit_one_is_chosen,
    where_more_stores_fit_than_are_shown_that_is_said,
    a_store_that_is_not_there_is_said_so,
    a_store_typed_wins_over_the_one_picked_before,
    an_unclear_store_does_not_leave_the_old_one_picked,
    what_cannot_be_a_store_is_no_error,
    a_tag_picks_its_store_the_same_way,
    of_few_stores_all_are_offered,
);

/// Thirty stores, and the ids of them.
fn shops(site: &Site) -> Vec<i64> {
    site.stock_stores((1..=30).map(|n| format!("Shop {n:02}")).collect())
}

fn offered(answer: &Answer) -> Vec<String> {
    answer.texts(".picker__store").iter().map(|label| label.split(" (").next().unwrap_or_default().to_owned()).collect()
}

/// A form for a new lamp, sent with this in its search for a store.
fn lamp(site: &Site, typed: &str) -> Answer {
    site.fill("/items/new", &[("name", "Lamp"), ("price", "1"), ("store_search", typed)])
}

fn an_item_form_does_not_send_every_store(site: Site) {
    let ids = shops(&site);
    assert_eq!(offered(&site.get("/items/new")), [""; 0]);
    let chosen = site.get(&format!("/items/new?store={}", ids[4]));
    assert_eq!(
        (offered(&chosen), chosen.form().value("store")),
        (vec!["Shop 05".to_owned()], ids[4].to_string().as_str())
    );
}

fn a_store_is_found_by_its_code_and_by_a_part_of_its_name(site: Site) {
    let ids = shops(&site);
    for (typed, found) in [
        ("shop 07", vec!["Shop 07"]),
        ("30", vec!["Shop 30"]),
        (
            "2",
            vec![
                "Shop 02", "Shop 12", "Shop 20", "Shop 21", "Shop 22", "Shop 23", "Shop 24", "Shop 25", "Shop 26",
                "Shop 27", "Shop 28", "Shop 29",
            ],
        ),
    ] {
        let answer = site.fill("/items/new", &[("store_search", typed), ("find", "store")]);
        assert_eq!((answer.status, offered(&answer)), (200, found.iter().map(|name| (*name).to_owned()).collect()));
    }
    let one = site.fill("/items/new", &[("store_search", "sHOP 07"), ("find", "store")]);
    assert_eq!(one.form().value("store"), ids[6].to_string(), "the only one that fits is picked");
}

fn finding_a_store_loses_nothing_that_was_typed(site: Site) {
    shops(&site);
    let fields = [
        ("name", "Lamp"),
        ("sku", "L1"),
        ("price", "7.1.3"),
        ("quantity", "many"),
        ("description", "a\r\nb"),
        ("barcode", "B"),
        ("add_tags", "x, y"),
    ];
    let typed: Vec<_> = fields.iter().copied().chain([("store_search", "3"), ("find", "store")]).collect();
    let answer = site.fill("/items/new", &typed);
    assert!(!answer.html().has(".faults"), "finding a store checks nothing else");
    assert_eq!(answer.html().attrs("[autofocus]", "name"), ["store"], "the first that is found can be picked at once");
    for (field, value) in fields.into_iter().chain([("store_search", "3")]) {
        assert_eq!(answer.form().value(field), value);
    }
    assert_eq!(site.get("/items").text(".pager__count"), "0 items");
}

fn a_typed_code_is_enough_to_save(site: Site) {
    shops(&site);
    let saved = lamp(&site, " shop 07 ");
    assert_eq!(saved.follow().texts("dd")[2], "Shop 07 (Shop 07)");
    assert_eq!(lamp(&site, "17").follow().texts("dd")[2], "Shop 17 (Shop 17)", "a part that only one has will do");
}

fn a_store_is_known_by_how_it_is_shown(site: Site) {
    shops(&site);
    for (code, city) in [("A1", ""), ("B2", "Frankfurt")] {
        site.fill("/stores/new", &[("name", "Twin (small)"), ("code", code), ("city", city)]).new_id();
    }
    for (typed, store) in [
        ("Twin (small) (A1)", "Twin (small) (A1)"),
        ("twin (SMALL) (b2)", "Twin (small) (B2), Frankfurt"),
        ("Twin (small) (B2), Frankfurt", "Twin (small) (B2), Frankfurt"),
    ] {
        assert_eq!(lamp(&site, typed).follow().texts("dd")[2], store, "{typed}");
    }
    assert_eq!(lamp(&site, "Twin (large) (A1)").status, 422, "the code alone is not what was typed");
}

fn of_several_stores_that_fit_one_is_chosen(site: Site) {
    let ids = shops(&site);
    let unclear = lamp(&site, "shop 1");
    assert_eq!(
        (unclear.status, unclear.text("#store-fault")),
        (422, "Several stores fit. Pick one of them.".to_owned())
    );
    assert_eq!((offered(&unclear).len(), unclear.form().value("store_search")), (12, "shop 1"));
    let saved = site.submit(unclear.form().filled(&[("store", &ids[11].to_string())]));
    assert_eq!(saved.follow().texts("dd")[2], "Shop 12 (Shop 12)");
}

fn a_store_that_is_not_there_is_said_so(site: Site) {
    shops(&site);
    let none = lamp(&site, "<i>nowhere");
    assert_eq!(
        (none.status, none.text("#store-fault")),
        (422, "No store has “<i>nowhere” for its code, or in its name or city.".to_owned())
    );
    assert_eq!(lamp(&site, "").text("#store-fault"), "Choose a store.");
    let found = site.fill("/items/new", &[("store_search", "nowhere"), ("find", "store")]);
    assert!(found.status == 200 && found.text(".picker [role=alert]").contains("No store has “nowhere”"));
}

fn where_more_stores_fit_than_are_shown_that_is_said(site: Site) {
    shops(&site);
    for (typed, says) in [("shop 0", false), ("shop 2", false), ("shop", true)] {
        let form = site.fill("/items/new", &[("store_search", typed), ("find", "store")]);
        let list = site.get(&format!("/items?store_name={}", typed.replace(' ', "+")));
        for page in [&form, &list] {
            assert_eq!(page.text("main").contains("More stores fit"), says, "{typed} at {}", page.path);
        }
        assert_eq!(offered(&form).len(), list.texts(".note li").len());
    }
}

fn a_store_typed_wins_over_the_one_picked_before(site: Site) {
    let ids = shops(&site);
    let id = site.add_item(ids[0], &[("name", "Lamp"), ("add_tags", "used")]);
    let moved = site.fill(&format!("/items/{id}/edit"), &[("store_search", "shop 09")]).follow();
    assert_eq!(moved.text(".notice"), "Item “Lamp” is saved. It is in store “Shop 09 (Shop 09)” now. See its history");
    assert_eq!((moved.texts("dd")[2].as_str(), moved.texts("dd")[5].as_str()), ("Shop 09 (Shop 09)", "used"));
}

fn an_unclear_store_does_not_leave_the_old_one_picked(site: Site) {
    let ids = shops(&site);
    let id = site.add_item(ids[0], &[("name", "Lamp")]);
    for typed in ["shop 1", "nowhere"] {
        let unclear = site.fill(&format!("/items/{id}/edit"), &[("store_search", typed)]);
        assert_eq!(unclear.status, 422);
        assert!(offered(&unclear).contains(&"Shop 01".to_owned()), "the old one can still be picked");
        let again = site.submit(unclear.form());
        assert_eq!(again.status, 422, "saved where nobody said: {}", again.location());
        let kept = site.submit(unclear.form().filled(&[("store", &ids[0].to_string())]));
        assert_eq!(kept.follow().texts("dd")[2], "Shop 01 (Shop 01)");
    }
}

fn what_cannot_be_a_store_is_no_error(site: Site) {
    shops(&site);
    let words = "a ".repeat(60_000);
    for typed in ["\0", "a\0b", "%", "_", "\\", "\u{202e}", "\u{301}", "'; --", &"x".repeat(60_000), &words] {
        let answer = lamp(&site, typed);
        assert_eq!(answer.status, 422, "{}: {}", typed.chars().take(9).collect::<String>(), answer.text("h1"));
        let found = site.submit(answer.form().filled(&[("find", "store")]));
        assert_eq!(found.status, 200);
    }
    for id in ["abc", "-1", "99999999999999999999", ""] {
        let form = site.get("/items/new").form().filled(&[("name", "Lamp"), ("price", "1")]);
        let mut form = form;
        form.fields.push(("store".to_owned(), id.to_owned()));
        form.fields.push(("tag".to_owned(), id.to_owned()));
        assert_eq!(site.submit(form).status, 422, "{id}");
    }
}

fn a_tag_picks_its_store_the_same_way(site: Site) {
    let ids = shops(&site);
    let found = site.fill("/tags/new", &[("name", "used"), ("store_search", "shop 1"), ("find", "store")]);
    assert_eq!((offered(&found).len(), found.form().value("name")), (12, "used"));
    let saved = site.submit(found.form().filled(&[("store", &ids[9].to_string())])).follow();
    assert_eq!(saved.text(".crumbs a"), "Shop 10 (Shop 10)");
    assert_eq!(site.fill("/tags/new", &[("name", "rare"), ("store_search", "shop 30")]).status, 303);
}

fn of_few_stores_all_are_offered(site: Site) {
    site.add_store("South dock");
    assert_eq!(site.get("/items/new").form().value("store"), "1", "the only store is picked");
    site.add_store("North dock");
    let form = site.get("/items/new");
    assert_eq!(offered(&form), ["North dock", "South dock"]);
    assert!(!form.html().has("[name=store_search]") && !form.html().has("[name=store][checked]"));
}
