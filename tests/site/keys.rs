//! What names are compared and found by, and how that is made anew by newer rules.
use diesel::prelude::*;
use serde_urlencoded::to_string;

use crate::support::{Site, program};

on_both!(
    what_looks_the_same_is_called_the_same,
    keys_of_older_rules_are_made_anew_at_the_next_start,
    what_would_be_called_the_same_by_newer_rules_is_left_as_it_is,
);

/// Fails unless each search finds these items.
fn assert_found(site: &Site, searches: &[(&str, &[&str])]) {
    for (words, expected) in searches {
        let query = to_string([("q", words)]).expect("a text");
        assert_eq!(site.get(&format!("/items?{query}")).texts("tbody th"), *expected, "{words}");
    }
}

/// Writes to the tables as an older program would have.
fn write(site: &Site, statements: &'static [&'static str]) {
    site.write(move |change| {
        for statement in statements {
            let is_sqlite = change.conn().is_sqlite();
            let statement = if is_sqlite { (*statement).to_owned() } else { statement.replace("char(", "chr(") };
            diesel::sql_query(statement).execute(change.conn())?;
        }
        Ok(())
    });
}

fn output(site: &Site, arguments: &[&str]) -> (bool, String) {
    let output = program(site.database()).args(arguments).output().expect("the program runs");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

fn what_looks_the_same_is_called_the_same(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("sku", "AB 17"), ("add_tags", "on sale")]);
    let taken = site.fill("/stores/new", &[("name", "North\u{a0} dock")]);
    assert_eq!((taken.status, taken.html().has("#name-fault")), (422, true));
    let new = format!("/items/new?store={store}");
    let table = [("name", "Table"), ("price", "1"), ("add_tags", "On\u{200b}  Sale")];
    for sku in ["AB\u{a0}17", "ab  17", "A\u{ad}B 17\u{feff}"] {
        let taken = site.fill(&new, &[&table[..], &[("sku", sku)]].concat());
        assert_eq!(taken.text("#sku-fault"), "This SKU is already taken in this store, by “Lamp”.", "{sku:?}");
    }
    let id = site.fill(&new, &[&table[..], &[("sku", "AB17")]].concat()).new_id();
    assert_eq!(site.get(&format!("/items/{id}")).text(".tag"), "on sale");
    assert_eq!(site.get("/tags").texts("tbody th"), ["on sale"]);
    assert_eq!(site.get("/stores").texts("tbody th"), ["North dock"]);
}

fn keys_of_older_rules_are_made_anew_at_the_next_start(site: Site) {
    let store = site.fill("/stores/new", &[("name", "Łódź"), ("code", "N\u{a0}1")]).new_id();
    let item = site.add_item(store, &[("name", "Øl"), ("sku", "A\u{200b}1"), ("add_tags", "Spécialité, Æ  ble")]);
    write(
        &site,
        &[
            "UPDATE stores SET search_key = 'łodz' || char(10) || 'n1' || char(10), code_key = 'n' || char(160) || '1'",
            "UPDATE items SET search_key = 'øl' || char(10) || char(10), sku_key = 'a' || char(8203) || '1'",
            "UPDATE tags SET search_key = ''",
            "UPDATE tags SET name_key = 'æ  ble' WHERE name_key = 'æ ble'",
            "UPDATE search_rules SET version = 1",
        ],
    );
    assert_found(&site, &[("ol", &[]), ("tag:specialite", &[])]);
    let site = site.again();
    assert_found(&site, &[("ol", &["Øl"]), ("a1 tag:specialite tag:\"ae ble\" store:\"n 1\"", &["Øl"])]);
    assert_eq!(site.get("/tags?q=ae").texts("tbody th"), ["Æ ble"]);
    let (is_sound, said) = output(&site, &["check"]);
    assert!(is_sound, "{said}");
    let history = site.get(&format!("/items/{item}/history")).texts(".history__by");
    assert_eq!(history.len(), 1, "nothing that people care about changed: {history:?}");

    // What an older program wrote here afterwards: tags it knew no key for, and items by its own rules.
    write(&site, &["UPDATE tags SET search_key = ''", "UPDATE items SET search_key = 'øl'"]);
    let site = site.again();
    assert_found(&site, &[("tag:specialite", &["Øl"]), ("ol", &[])]);
    let (is_done, said) = output(&site, &["migrate", "--search-keys"]);
    assert!(is_done, "{said}");
    assert_found(&site, &[("ol", &["Øl"])]);
}

fn what_would_be_called_the_same_by_newer_rules_is_left_as_it_is(site: Site) {
    let store = site.add_store("North dock");
    for (name, sku) in [("Lamp", "A 1"), ("Table", "B 1")] {
        site.add_item(store, &[("name", name), ("sku", sku), ("price", "1")]);
    }
    write(
        &site,
        &[
            "UPDATE items SET sku = 'A' || char(160) || '1', sku_key = 'a' || char(160) || '1', search_key = 'x'
             WHERE name = 'Table'",
            "UPDATE search_rules SET version = 2",
        ],
    );
    let site = site.again();
    assert_found(&site, &[("a 1", &["Lamp", "Table"]), ("table", &["Table"])]);
    let (is_sound, said) = output(&site, &["check"]);
    assert!(!is_sound && said.contains("unless another one is called the same"), "{said}");
    let other = site.get("/items?q=table").attr("tbody th a", "href");
    let refused = site.fill(&format!("{other}/edit"), &[("price", "2")]);
    assert_eq!(refused.text("#sku-fault"), "This SKU is already taken in this store, by “Lamp”.");
    assert_eq!(site.submit(refused.form().filled(&[("sku", "A2")])).status, 303);
    let (is_sound, said) = output(&site, &["check"]);
    assert!(is_sound, "{said}");
}
