use crate::support::Site;

on_both!(
    a_search_finds_words_in_any_order_whatever_case_and_accents,
    a_search_takes_signs_literally,
    a_search_finds_names_skus_and_barcodes,
    stores_and_tags_are_searched_and_sorted_too,
);

fn a_search_finds_words_in_any_order_whatever_case_and_accents(site: Site) {
    let store = site.add_store("North dock");
    for name in ["Crème brûlée", "Creme fraiche", "Éclair au chocolat", "Straße"] {
        site.add_item(store, &[("name", name)]);
    }
    let found = |words: &str| {
        site.get(&format!("/items?{}", serde_urlencoded::to_string([("q", words)]).expect("a query"))).texts("tbody th")
    };
    assert_eq!(found("creme"), ["Creme fraiche", "Crème brûlée"]);
    assert_eq!(found("  BRULEE   creme "), ["Crème brûlée"]);
    assert_eq!(found("chocolat ECLAIR"), ["Éclair au chocolat"]);
    assert_eq!(found("strasse"), ["Straße"]);
    assert_eq!(found("eclair creme"), [""; 0]);
    assert!(site.get("/items?q=nothing").text(".empty").contains("No item fits"));
    assert_eq!(site.get("/items?q=creme").text(".pager__count"), "2 items");
}

fn a_search_takes_signs_literally(site: Site) {
    let store = site.add_store("North dock");
    for name in ["100% cotton", "100 grams", "a_b", "axb", r"C:\temp", "C:temp", "O'Neill \"x\""] {
        site.add_item(store, &[("name", name)]);
    }
    for (words, expected) in [
        ("100%25", "100% cotton"),
        ("a_b", "a_b"),
        (r"c:%5Ct", r"C:\temp"),
        ("o'n", "O'Neill \"x\""),
        ("x%22", "O'Neill \"x\""),
    ] {
        assert_eq!(site.get(&format!("/items?q={words}")).texts("tbody th"), [expected], "{words}");
    }
    assert_eq!(site.get("/items?q=%25").texts("tbody th"), ["100% cotton"]);
}

fn a_search_finds_names_skus_and_barcodes(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("sku", "AB-17"), ("barcode", "4006381333931")]);
    site.add_item(store, &[("name", "Table"), ("sku", "CD-18")]);
    for words in ["lam", "b-1", "ab-17+lamp", "333931"] {
        assert_eq!(site.get(&format!("/items?q={words}")).texts("tbody th"), ["Lamp"], "{words}");
    }
}

fn stores_and_tags_are_searched_and_sorted_too(site: Site) {
    let stores = site.stock_stores((0..60).map(|n| format!("Shop {n:02}")).collect());
    for sort in ["name", "-name", "updated_at", "-updated_at"] {
        let lengths = site.walk(&format!("/stores?sort={sort}")).iter().map(Vec::len).collect::<Vec<_>>();
        assert_eq!(lengths, [50, 10], "{sort}");
    }
    assert_eq!(site.get("/stores?q=sHOP+3&sort=-name").texts("tbody th")[..2], ["Shop 53", "Shop 43"]);
    let names = (0..60).map(|n| format!("tag{n:02}")).collect::<Vec<_>>().join(",");
    let lamp = site.add_item(stores[3], &[("name", "Lamp"), ("add_tags", &names)]);
    for sort in ["name", "-name", "updated_at", "-updated_at"] {
        let pages = site.walk(&format!("/tags?store={}&sort={sort}", stores[3]));
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 10], "{sort}");
    }
    assert_eq!(site.get("/tags?q=G5&sort=-name").texts("tbody th").len(), 10);
    assert_eq!(site.get(&format!("/tags?store={}", stores[4])).texts("tbody th"), [""; 0]);
    let tag = site.get("/tags?q=tag17").attr("tbody th a", "href");
    assert_eq!(site.get(&format!("{tag}?q=lam")).html().attrs("tbody th a", "href"), [format!("/items/{lamp}")]);
    assert_eq!(site.get(&site.get(&tag).attr(".head a[href^='/items?tag=']", "href")).texts("tbody th"), ["Lamp"]);
}
