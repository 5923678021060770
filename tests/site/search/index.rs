//! The search index: what it holds is what the items hold, and what it does not hold yet is found, too.
use crate::support::{Database, Site, program};

use super::{assert_found, stock, with};

pub fn the_index_follows_every_edit(site: Site) {
    let [north, _] = stock(&site);
    let id = site.get("/items?q=ab-17").attr("tbody th a", "href");
    site.fill(&format!("{id}/edit"), &[("name", "Éclairage"), ("sku", "QX-9")]);
    assert_found(&site, &[("desk", &[]), ("ab-17", &[]), ("eclair", &["Éclairage"]), ("qx-9", &["Éclairage"])]);
    site.fill(&format!("{id}/edit"), &[("price", "99")]);
    assert_found(&site, &[("eclair price=99", &["Éclairage"])]);
    site.delete(&id);
    assert_found(&site, &[("eclair", &[]), ("blue", &["Lamp, red and blue"])]);
    site.delete(&format!("/stores/{north}"));
    assert_found(&site, &[("blue", &[]), ("lamp", &["Lamp AB"])]);
    sound(site.database());
}

/// The index takes new items 64 at a time.
pub fn what_is_new_is_found_before_and_after_it_is_in_the_index(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_API", "open")]);
    let store = site.add_store("North dock");
    let bolts = |from: i64, to: i64| (from..to).map(|n| (format!("Bolt {n}"), 100, 1)).collect::<Vec<_>>();
    let first = site.stock_items(store, bolts(0, 60));
    let rename = |id: i64, name: &str| site.fill(&format!("/items/{id}/edit"), &[("name", name)]);
    rename(first[7], "Hinge");
    rename(first[8], "Screw");
    site.delete(&format!("/items/{}", first[8]));
    let wingnut = site.add_item(store, &[("name", "Wingnut"), ("sku", "W-1")]);
    let all = |count: usize| {
        assert_found(&site, &[("hinge", &["Hinge"]), ("wingn", &["Wingnut"]), ("w-", &["Wingnut"]), ("screw", &[])]);
        for words in ["bolt", "ol", "bo lt"] {
            assert_eq!(site.get(&with("/items", &[("q", words)])).text(".pager__count"), format!("{count} items"));
        }
        sound(site.database());
    };
    all(58);
    site.stock_items(store, bolts(60, 70));
    all(68);
    // What is in the index, and what is not, under ids of before and far behind.
    rename(first[9], "Rivet");
    rename(wingnut, "Hook");
    let put = |id: i64, name: &str| {
        let body = format!(r#"{{"name": "{name}", "price": 1.5, "store_id": {store}}}"#);
        let answer = site.send("PUT", &format!("/item/{id}"), &[("content-type", "application/json")], &body);
        assert_eq!(answer.status, 200, "{}", answer.body);
    };
    put(first[8], "Anchor");
    put(wingnut + 500, "Washer");
    put(wingnut + 400, "Spring");
    rename(wingnut + 400, "Springs");
    let found: [(&str, &[&str]); 7] = [
        ("rivet", &["Rivet"]),
        ("wingnut", &[]),
        ("hook", &["Hook"]),
        ("anchor", &["Anchor"]),
        ("washer", &["Washer"]),
        ("springs", &["Springs"]),
        ("zz", &[]),
    ];
    assert_found(&site, &found);
    sound(site.database());
    site.delete(&format!("/stores/{store}"));
    assert_found(&site, &[("bolt", &[]), ("spring", &[])]);
    sound(site.database());
}

fn sound(database: &Database) {
    let output = program(database).arg("check").output().expect("the program runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("ok     search index"), "{said}");
}

pub fn a_seeded_catalogue_is_indexed(database: Database) {
    for _ in 0..2 {
        let seeded = program(&database).args(["seed", "--stores", "2", "--items", "1500"]).status();
        assert!(seeded.expect("the program runs").success());
        sound(&database);
    }
    let mut conn = database.connect();
    if conn.is_sqlite() {
        use diesel::connection::SimpleConnection;
        // A row that slips past the index is found by the check.
        let slip = "DROP TRIGGER items_search_deleted; INSERT INTO open_change_set SELECT max(id) FROM change_sets;
             DELETE FROM items WHERE id = 7; DELETE FROM open_change_set;";
        conn.batch_execute(slip).expect("a deletion");
        let output = program(&database).arg("check").output().expect("the program runs");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("WRONG  search index") && said.contains("items_search_deleted is missing"), "{said}");
    }
}
