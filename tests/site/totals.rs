//! Totals: what the overview, the stores and the lists say there is, without counting it.
use stockroom::items::{Item, ItemDraft};

use crate::support::Site;

on_both!(
    totals_follow_every_save_move_and_deletion,
    totals_are_exact_however_much_there_is,
    lists_count_exactly_what_is_kept_and_up_to_a_cap_what_is_filtered,
);

/// What the overview says: stores, items, pieces in stock, their worth.
fn overview(site: &Site) -> Vec<String> {
    site.get("/").texts(".totals dd")
}

/// The same on the page of a store, but for the stores.
fn of_store(site: &Site, store: i64) -> Vec<String> {
    site.get(&format!("/stores/{store}")).texts(".facts dd")[6..9].to_vec()
}

fn totals_follow_every_save_move_and_deletion(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let lamp = site.add_item(north, &[("name", "Lamp"), ("price", "2.50"), ("quantity", "4")]);
    site.add_item(south, &[("name", "Table"), ("price", "100"), ("quantity", "1")]);
    assert_eq!(overview(&site), ["2", "2", "5", "110.00 USD"]);
    site.fill(&format!("/items/{lamp}/edit"), &[("price", "3"), ("quantity", "10")]);
    assert_eq!((of_store(&site, north), overview(&site)[3].as_str()), (own(["1", "10", "30.00 USD"]), "130.00 USD"));
    site.fill(&format!("/items/{lamp}/edit"), &[("store", &south.to_string()), ("quantity", "11")]);
    assert_eq!(of_store(&site, north), own(["0", "0", "0.00 USD"]));
    assert_eq!((of_store(&site, south), overview(&site)[3].as_str()), (own(["2", "12", "133.00 USD"]), "133.00 USD"));
    assert!(site.get(&format!("/stores/{south}/deletion")).text("main").contains("2 items"));
    site.delete(&format!("/items/{lamp}"));
    assert_eq!(of_store(&site, south), own(["1", "1", "100.00 USD"]));
    site.delete(&format!("/stores/{south}"));
    assert_eq!(overview(&site), ["1", "0", "0", "0.00 USD"]);
}

fn own(texts: [&str; 3]) -> Vec<String> {
    texts.map(str::to_owned).to_vec()
}

fn totals_are_exact_however_much_there_is(site: Site) {
    let store = site.add_store("North dock");
    let most = (100_000_000_000_000, 1_000_000_000);
    let dear = (0..3).map(|n| (format!("Palace {n}"), most.0, most.1)).chain([("Nail".to_owned(), 1, 7)]).collect();
    let ids = site.stock_items(store, dear);
    assert_eq!(overview(&site)[2..], ["3,000,000,007", "3,000,000,000,000,000,000,000.07 USD"]);
    assert_eq!(of_store(&site, store)[2], "3,000,000,000,000,000,000,000.07 USD");
    site.fill(&format!("/items/{}/edit", ids[0]), &[("price", "999,999,999,999.99"), ("quantity", "999999999")]);
    assert_eq!(overview(&site)[3], "2,999,999,998,999,990,000,000.08 USD");
    ids[..3].iter().for_each(|id| drop(site.delete(&format!("/items/{id}"))));
    assert_eq!(overview(&site), ["1", "1", "7", "0.07 USD"]);
}

fn lists_count_exactly_what_is_kept_and_up_to_a_cap_what_is_filtered(site: Site) {
    let (large, small) = (site.add_store("North dock"), site.add_store("South dock"));
    site.write(move |change| {
        let draft = |n: i64| ItemDraft {
            store_id: if n < 20 { small } else { large },
            name: format!("Lamp {n}"),
            price_minor: n,
            ..ItemDraft::default()
        };
        let drafts: Vec<_> = (0..10_040).map(|n| (draft(n).with_keys(), Vec::new())).collect();
        Item::create_many(change, &drafts)
    });
    for (path, expected) in [
        ("/items".to_owned(), "10,040 items"),
        ("/items?sort=-price&page=last".to_owned(), "10,040 items"),
        (format!("/stores/{large}"), "10,020 items"),
        (format!("/items?store={small}"), "20 items"),
        ("/items?min_price=0".to_owned(), "10,000+ items"),
        ("/items?min_price=0.40".to_owned(), "10,000 items"),
        (format!("/items?max_price=0.39&store={large}"), "20 items"),
        ("/items?q=lamp&min_price=100.30".to_owned(), "10 items"),
        ("/stores".to_owned(), "2 stores"),
    ] {
        assert_eq!(site.get(&path).text(".pager__count"), expected, "{path}");
    }
}
