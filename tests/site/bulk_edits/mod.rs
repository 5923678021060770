//! Bulk edits: one change to all the items of a list, by its preview.
mod operations; // what can be done, and that the journal knows it
mod running; // what happens between preview and end

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use stockroom::db::migrate;
use stockroom::users::Role;

use crate::journal::lines;
use crate::support::{Answer, Browser, Site, program};

on_both!(
    the_list_leads_to_the_form_with_its_filters,
    a_wrong_form_comes_back_with_everything_typed,
    a_list_in_which_nothing_fits_or_changes_says_so,
    the_history_tells_of_it_as_of_any_change,
    old_previews_are_removed,
    a_preview_sent_again_with_something_else_is_one_more,
    a_list_whose_store_is_not_picked_yet_is_not_previewed,
    only_editors_of_the_stores_concerned_may_do_it,
    a_preview_shows_nothing_of_stores_that_its_maker_sees_no_more,
    who_sees_some_stores_finds_what_others_did_there_to_many_things,
    what_moves_out_of_an_editor_s_stores_is_left_alone_and_the_rest_is_done,
);

/// The preview of a bulk edit of what this list shows.
pub fn preview(browser: &Browser, list: &str, operation: &str, fields: &[(&str, &str)]) -> Answer {
    let sent = browser.fill(&format!("/bulk-edits/new?{list}&operation={operation}"), fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.follow()
}

/// Presses the button of a preview, and gives the page that tells what was done.
pub fn apply(preview: &Answer, browser: &Browser) -> Answer {
    let mut answer = browser.submit(preview.form()).follow();
    let begun = Instant::now();
    while answer.html().has("[data-progress]") && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(50));
        answer = browser.get(&answer.path);
    }
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer
}

/// Each item of a list with its price.
pub fn prices(browser: &Browser) -> Vec<(String, String)> {
    let page = browser.get("/items");
    page.texts("tbody th").into_iter().zip(page.texts("tbody td:nth-of-type(3)")).collect()
}

pub fn stocked(site: &Site) -> (i64, Vec<i64>) {
    let store = site.add_store("North dock");
    let rows = [("Chair", 449, 1), ("Lamp", 1_799, 2), ("Rug", 0, 0)];
    let ids = site.stock_items(store, rows.map(|(name, price, quantity)| (name.to_owned(), price, quantity)).into());
    (store, ids)
}

pub fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn the_list_leads_to_the_form_with_its_filters(site: Site) {
    let (store, ids) = stocked(&site);
    for id in &ids[..2] {
        site.fill(&format!("/items/{id}/edit"), &[("add_tags", "used")]);
    }
    let list = format!("/items?q=a&store={store}&tag=used");
    let link = site.get(&list).attr("main .actions a", "href");
    let form = site.get(&format!("{link}&operation=set-quantity"));
    assert_eq!(form.text("h1"), "Change 2 items");
    assert!(
        form.text("main").contains("items in North dock with the tag “used” found by “a”"),
        "{}",
        form.text("main")
    );
    let shown = site.submit(form.form().filled(&[("quantity", "7")])).follow();
    assert_eq!(shown.texts("tbody th a"), ["Chair", "Lamp"]);
    assert_eq!(shown.attr(".crumbs a", "href"), list);
}

fn a_wrong_form_comes_back_with_everything_typed(site: Site) {
    stocked(&site);
    for (operation, field, typed) in [
        ("change-price-by-percentage", "percent", "five"),
        ("change-price-by-amount", "amount", "0"),
        ("set-price", "price", "-1"),
        ("set-quantity", "quantity", ""),
        ("set-description", "description", "a\u{202e}b"),
        ("add-tag", "tag", "  "),
        ("remove-tag", "tag", ""),
    ] {
        let refused = site.fill(&format!("/bulk-edits/new?q=lamp&operation={operation}"), &[(field, typed)]);
        assert_eq!((refused.status, refused.form().value(field)), (422, typed), "{operation}");
        assert_eq!(refused.attr(&format!("#{field}"), "aria-invalid"), "true", "{operation}");
        assert_eq!((refused.form().value("list"), refused.form().value("operation")), ("?q=lamp", operation));
    }
    let nowhere = site.fill("/bulk-edits/new?operation=move", &[]);
    assert_eq!(nowhere.status, 303, "there is one store alone");
    let unknown = site.post("/bulk-edits", &[("operation", "explode"), ("list", "")]);
    assert_eq!((unknown.status, unknown.texts(".faults li").len()), (422, 1));
    let rounding = [("operation", "change-price-by-percentage"), ("percent", "5"), ("rounding", "7")];
    assert!(site.post("/bulk-edits", &rounding).text("#rounding-fault").contains("Choose"));
    for path in ["/bulk-edits/0", "/bulk-edits/x"] {
        assert_eq!(site.get(path).status, 404);
    }
    assert_eq!(site.post("/bulk-edits/99/application", &[]).status, 404);
}

fn a_list_in_which_nothing_fits_or_changes_says_so(site: Site) {
    stocked(&site);
    assert!(!site.get("/items?q=xyz").body.contains("Change all"));
    let none = site.get("/bulk-edits/new?q=xyz&operation=delete");
    assert!(none.text(".empty").contains("No item fits") && !none.html().has("main form"));
    let form = site.get("/bulk-edits/new?q=lamp&operation=delete").form();
    let refused = site.submit(form.filled(&[("list", "?q=xyz")]));
    assert_eq!(refused.status, 422);
    assert!(refused.text(".faults").contains("No item fits"));
    let shown = preview(&site, "q=lamp", "set-quantity", &[("quantity", "2")]);
    assert_eq!(shown.text("h1"), "There is nothing to change");
    assert!(!shown.html().has("main form"));
    let unknown = preview(&site, "", "remove-tag", &[("tag", "Sale")]);
    assert!(unknown.text(".note").contains("None of them has a tag “Sale”"), "{}", unknown.body);
}

fn the_history_tells_of_it_as_of_any_change(site: Site) {
    let (store, ids) = stocked(&site);
    apply(&preview(&site, "", "set-quantity", &[("quantity", "9")]), &site);
    let history = site.get(&format!("/items/{}/history", ids[0]));
    assert!(history.text(".history h2").starts_with("Changed by somebody, on a page"));
    assert_eq!(history.texts(".history tr:first-child td")[..2], ["1", "9"]);
    assert_eq!(history.text(".history__whole a"), "Set the quantity of 3 items to 9");
    assert_eq!(site.get(&history.attr(".history__whole a", "href")).text("h1"), "Set the quantity of 3 items to 9");
    let of_one_store = site.signed_in("keeper", Role::Editor, Some(&[store]));
    let theirs = of_one_store.get(&format!("/items/{}/history", ids[0]));
    assert!(theirs.html().has(".history") && !theirs.html().has(".history__whole"), "it may name other stores");
    let overview = site.get("/");
    assert_eq!(overview.text("tbody th a"), "Set the quantity of 3 items to 9");
    assert_eq!(site.get(&overview.attr("tbody th a", "href")).text("h1"), "Set the quantity of 3 items to 9");
}

fn a_preview_sent_again_with_something_else_is_one_more(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp")]);
    let form = site.get("/bulk-edits/new?operation=set-quantity").form().filled(&[("quantity", "8")]);
    let first = site.submit(form.clone());
    let again = site.submit(form.clone());
    assert_eq!(again.location(), first.location());
    assert!(again.follow().text(".notice").contains("Nothing is changed yet"));
    let other = site.submit(form.filled(&[("quantity", "9")]));
    assert_ne!(other.location(), first.location());
    assert_eq!(other.follow().text("h1"), "Set the quantity of 1 item to 9?");
}

fn a_list_whose_store_is_not_picked_yet_is_not_previewed(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp")]);
    let form = site.get("/bulk-edits/new?store_name=dock&operation=set-quantity").form();
    let refused = site.submit(form.filled(&[("quantity", "8")]));
    assert_eq!(refused.status, 422);
    assert!(refused.text(".faults").contains("a store in its filters that is not picked yet"), "{}", refused.body);
}

fn old_previews_are_removed(site: Site) {
    stocked(&site);
    let old = preview(&site, "", "set-quantity", &[("quantity", "8")]);
    let done = apply(&preview(&site, "", "set-quantity", &[("quantity", "9")]), &site);
    let mut conn = site.database().connect();
    conn.batch_execute("UPDATE bulk_edits SET created_at = '2026-01-01 00:00:00'").expect("it can be made old");
    preview(&site, "", "set-quantity", &[("quantity", "7")]);
    assert_eq!(site.get(&old.path).status, 404);
    assert_eq!(site.get(&done.path).status, 200, "what was done is still told");
    assert_eq!(lines(&mut conn, "SELECT CAST(count(*) AS TEXT) AS line FROM bulk_edit_items"), ["3"]);
}

fn only_editors_of_the_stores_concerned_may_do_it(site: Site) {
    let (north, ids) = stocked(&site);
    let south = site.add_store("South dock");
    site.stock_items(south, vec![("Table".to_owned(), 100, 1), ("Tent".to_owned(), 100, 1)]);
    let reader = site.signed_in("Rita", Role::Viewer, None);
    assert!(!reader.get("/items").body.contains("Change all"));
    assert_eq!(reader.get("/bulk-edits/new?operation=delete").status, 403);
    assert_eq!(site.stranger().get("/bulk-edits/new").status, 303, "to the form that asks who it is");

    let editor = site.signed_in("Eddy", Role::Editor, Some(&[south]));
    let shown = preview(&editor, "", "set-quantity", &[("quantity", "9")]);
    assert_eq!(shown.texts("tbody th a"), ["Table", "Tent"]);
    assert_eq!(editor.get(&format!("/bulk-edits/new?store={north}")).status, 404);
    let elsewhere = editor.get("/bulk-edits/new?operation=move").form();
    assert_eq!(
        editor.post("/bulk-edits", &[("operation", "move"), ("store", &north.to_string()), ("list", "")]).status,
        422
    );
    assert!(elsewhere.fields.iter().all(|(_, value)| *value != north.to_string()));

    let form = shown.form();
    assert_eq!(site.get(&shown.path).status, 404, "a preview is its maker's own");
    assert_eq!(site.submit(form.clone()).status, 404);
    let mine = preview(&site, "", "set-quantity", &[("quantity", "8")]);
    assert_eq!(editor.post(&mine.form().action, &[]).status, 404);
    assert_eq!(reader.post(&form.action, &[]).status, 403);
    apply(&shown, &editor);
    assert_eq!(site.get(&shown.path).status, 200, "what is done can be looked at by who sees all stores");
    let done = apply(&mine, &site);
    assert_eq!(editor.get(&done.path).status, 404);
    assert_eq!(done.texts(".reasons a"), ["Table", "Tent"]);
    assert!(site.get(&format!("/items/{}/history", ids[0])).text(".history h2").contains("by somebody"));
}

fn a_preview_shows_nothing_of_stores_that_its_maker_sees_no_more(site: Site) {
    let north = site.add_store("North dock");
    site.add_store("South dock");
    site.stock_items(north, vec![("Secret lamp".to_owned(), 100, 1)]);
    let eddy = site.signed_in("eddy", Role::Editor, None);
    let shown = preview(&eddy, "", "set-quantity", &[("quantity", "9")]);
    assert!(eddy.get(&shown.path).body.contains("Secret lamp"));
    let eddy_s = site.get("/users").attr("tbody th a", "href");
    for (store, status) in [("North dock", 200), ("South dock", 403)] {
        site.fill(&eddy_s, &[("reach", "some"), ("stores", store)]);
        let again = eddy.get(&shown.path);
        assert_eq!((again.status, again.body.contains("Secret lamp")), (status, status == 200), "in {store}");
    }
}

fn who_sees_some_stores_finds_what_others_did_there_to_many_things(site: Site) {
    let (north, secret) = (site.add_store("North dock"), site.add_store("Secret dock"));
    site.stock_items(north, vec![("Lamp".to_owned(), 100, 1), ("Table".to_owned(), 100, 1)]);
    site.stock_items(secret, vec![("Vase".to_owned(), 100, 1), ("Crown".to_owned(), 100, 1)]);
    let eddy = site.signed_in("eddy", Role::Editor, Some(&[north]));
    let told = || {
        let lists = ["/history", "/"].map(|path| eddy.get(path));
        assert!(lists.iter().all(|list| !list.body.contains("ecret") && !list.body.contains("quantity of")));
        assert_eq!(lists[0].html().attrs("tbody th a", "href"), lists[1].html().attrs("tbody th a", "href"));
        lists[0].html().attrs("tbody th a", "href")
    };
    let set =
        |list: &str, operation: &str, fields: &[(&str, &str)]| apply(&preview(&site, list, operation, fields), &site);
    let import = |kind: &str, content: &str| {
        std::fs::write(site.database().folder().join("some.csv"), content).expect("it can be written");
        assert!(
            program(site.database()).args(["import", "some.csv", "--kind", kind]).status().expect("it runs").success()
        );
    };
    assert_eq!(told().len(), 2, "their own store, and what was put in it");

    set("q=vase", "set-quantity", &[("quantity", "2")]);
    import("items", "store,name,price\nSecret dock,Ring,1\n");
    assert_eq!(told().len(), 2, "what was done elsewhere is not told");
    set("", "set-quantity", &[("quantity", "3")]);
    let newest = told();
    let deeds = eddy.get(&newest[0]);
    assert_eq!((newest.len(), deeds.texts("tbody th a")), (3, vec!["Lamp".to_owned(), "Table".to_owned()]));
    assert!(!deeds.body.contains("Vase") && !deeds.body.contains("quantity of"), "{}", deeds.text("main"));

    set("q=crown", "move", &[("store", &north.to_string())]);
    assert_eq!(eddy.get(&told()[0]).texts("tbody th a"), ["Crown"], "it came here");
    set("q=lamp", "delete", &[]);
    assert_eq!(eddy.get(&told()[0]).texts("tbody th a"), ["Lamp"]);
    import("items", "store,name,price\nSecret dock,Gem,1\nNorth dock,Rug,1\n");
    assert_eq!(eddy.get(&told()[0]).texts("tbody th a"), ["Rug"]);
    import("stores", "name,notes\nNorth dock,Wide\nSecret dock,Deep\n");
    assert_eq!(eddy.get(&told()[0]).texts("tbody th a"), ["North dock"]);
    set("q=table", "move", &[("store", &secret.to_string())]);
    assert_eq!(
        (told().len(), eddy.get(&told()[0]).status),
        (8, 200),
        "what left is told of, though it is out of sight"
    );
    assert_eq!(site.get("/history").texts("tbody th a")[1], "Imported some.csv: 2 stores updated");

    // What was done before this was noted is found by what the journal has of it.
    let mut conn = site.database().connect();
    let noted =
        "SELECT change_set_id || ' in ' || store_id AS line FROM change_set_stores ORDER BY change_set_id, store_id";
    let before = lines(&mut conn, noted);
    let forget =
        "DROP TABLE change_set_stores; DELETE FROM __diesel_schema_migrations WHERE version = '20261201000120'";
    conn.batch_execute(forget).expect("it can be written");
    migrate(site.database().url()).expect("it is up to date");
    assert_eq!((before.len(), lines(&mut conn, noted)), (13, before));
}

fn what_moves_out_of_an_editor_s_stores_is_left_alone_and_the_rest_is_done(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let ids = site.stock_items(south, vec![("Table".to_owned(), 100, 1), ("Tent".to_owned(), 100, 1)]);
    let editor = site.signed_in("eddy", Role::Editor, Some(&[south]));
    let shown = preview(&editor, "", "set-quantity", &[("quantity", "9")]);
    site.fill(&format!("/items/{}/edit", ids[0]), &[("store", &north.to_string())]);
    let again = editor.get(&shown.path);
    assert_eq!((again.texts("tbody th a"), again.texts(".totals dd")), (vec!["Tent".to_owned()], vec!["1".to_owned()]));
    let done = apply(&again, &editor);
    assert_eq!(done.text("h1"), "Set the quantity of 1 item to 9");
    assert!(!done.body.contains("Table"), "{}", done.text("main"));
}
