//! Lists: their pages, order, search and filters, all of it in the URL.
use stockroom::items::{Item, ItemDraft};

use crate::support::Site;

on_both!(
    fifty_rows_make_a_page_and_every_order_walks_through_all,
    a_list_walks_back_the_way_it_came,
    rows_that_tie_are_neither_skipped_nor_repeated,
    a_row_deleted_while_paging_skips_no_other,
    a_row_changed_while_paging_moves_no_other,
    a_page_that_was_emptied_meanwhile_leads_back,
    the_last_page_ends_with_the_last_row_and_leads_back,
    the_last_page_survives_what_others_do,
    items_are_filtered_by_price_and_quantity,
    filters_combine_and_walk_in_every_order,
    what_passes_a_filter_is_found_however_far_down_the_list_it_begins,
    a_bound_that_is_typed_wrongly_is_shown_again_and_does_not_count,
    names_sort_alike_on_both_databases,
    a_search_finds_words_in_any_order_whatever_case_and_accents,
    a_search_takes_signs_literally,
    a_search_finds_names_skus_and_barcodes,
    items_are_filtered_by_store_and_tag_and_the_url_says_so,
    a_store_is_filtered_by_what_it_is_called,
    stores_and_tags_are_searched_and_sorted_too,
    a_tag_that_nobody_has_is_told_from_one_that_is_not_there,
    the_title_of_a_list_says_what_is_searched_for_and_where,
    what_is_wrong_in_a_url_is_no_error,
);

/// 120 items in one store: names, prices and quantities that tie, and some that do not.
fn stock(site: &Site) -> Vec<i64> {
    let store = site.add_store("North dock");
    let row = |n: i64| (format!("Lamp {}", n % 40), 100 * (n % 7), n % 3);
    site.stock_items(store, (0..120).map(row).collect())
}

fn ids(site: &Site, path: &str) -> Vec<String> {
    site.get(path).html().attrs("tbody th a", "href")
}

/// The ids on all pages from this one on.
fn all_ids(site: &Site, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = site.get(&path).html();
        found.extend(page.attrs("tbody th a", "href"));
        next = page.attrs(".pager a[rel=next]", "href").pop();
        assert!(found.len() < 1000, "{path} leads round in circles");
    }
    found
}

fn fifty_rows_make_a_page_and_every_order_walks_through_all(site: Site) {
    stock(&site);
    for sort in
        ["", "name", "-name", "price", "-price", "quantity", "-quantity", "updated_at", "-updated_at", "nonsense"]
    {
        let pages = site.walk(&format!("/items?sort={sort}"));
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20], "{sort}");
    }
    let page = site.get("/items?sort=-price");
    assert_eq!(page.text(".pager__count"), "120 items");
    assert_eq!(page.text("thead th[aria-sort=descending]"), "Price");
    let prices: Vec<String> = page.texts("tbody td.number:nth-child(4)");
    assert_eq!((prices[0].as_str(), prices[49].as_str()), ("6.00", "4.00"));
    let turned = page.attr("thead th[aria-sort=descending] a", "href");
    assert_eq!(turned, "/items?sort=price", "a heading turns its order round");
}

fn a_list_walks_back_the_way_it_came(site: Site) {
    stock(&site);
    for sort in ["name", "-price", "quantity", "-updated_at"] {
        let forth = site.walk(&format!("/items?sort={sort}"));
        let page = |path: &str, rel: &str| site.get(path).attr(&format!(".pager a[rel={rel}]"), "href");
        let last = page(&page(&format!("/items?sort={sort}"), "next"), "next");
        assert!(!site.get(&last).html().has(".pager a[rel=next]"));
        let mut back = site.walk_by(&last, "prev");
        back.reverse();
        assert_eq!(back, forth, "{sort}");
        assert_eq!(site.get(&last).attr(".pager a:not([rel])", "href"), format!("/items?sort={sort}"));
    }
}

fn rows_that_tie_are_neither_skipped_nor_repeated(site: Site) {
    let stocked = stock(&site);
    for sort in ["name", "-name", "quantity", "-quantity", "updated_at"] {
        let mut found = all_ids(&site, &format!("/items?sort={sort}"));
        assert_eq!(found.len(), stocked.len(), "{sort}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), stocked.len(), "{sort}");
    }
}

fn a_row_deleted_while_paging_skips_no_other(site: Site) {
    stock(&site);
    let all = all_ids(&site, "/items?sort=quantity");
    let first = site.get("/items?sort=quantity");
    let next = first.attr(".pager a[rel=next]", "href");
    // Even the very row that the cursor names.
    site.delete(&all[49]);
    site.delete(&all[10]);
    assert_eq!(ids(&site, &next)[..], all[50..100]);
    let back = site.get(&next).attr(".pager a[rel=prev]", "href");
    let kept: Vec<_> = all[..50].iter().filter(|path| **path != all[49] && **path != all[10]).cloned().collect();
    assert_eq!(ids(&site, &back), kept);
}

fn a_row_changed_while_paging_moves_no_other(site: Site) {
    stock(&site);
    let all = all_ids(&site, "/items?sort=name");
    let next = site.get("/items?sort=name").attr(".pager a[rel=next]", "href");
    site.fill(&format!("{}/edit", all[49]), &[("name", "Zebra")]);
    site.fill(&format!("{}/edit", all[0]), &[("name", "Aardvark")]);
    assert_eq!(ids(&site, &next)[..], all[50..100]);
    assert_eq!(all_ids(&site, &next).last(), Some(&all[49]), "it stands where it belongs now");
}

fn a_page_that_was_emptied_meanwhile_leads_back(site: Site) {
    let store = site.add_store("North dock");
    let stocked = site.stock_items(store, (0..51).map(|n| (format!("Lamp {n:02}"), 1, 1)).collect());
    let next = site.get("/items").attr(".pager a[rel=next]", "href");
    site.delete(&format!("/items/{}", stocked[50]));
    let page = site.get(&next);
    assert_eq!(page.text(".empty"), "Nothing is left on this page. Go to the first page.");
    for link in [".empty a", ".pager a"] {
        assert_eq!(ids(&site, &page.attr(link, "href")).len(), 50, "{link}");
    }
}

fn the_last_page_ends_with_the_last_row_and_leads_back(site: Site) {
    stock(&site);
    for sort in ["name", "-name", "price", "-price", "quantity", "-quantity", "updated_at", "-updated_at"] {
        let start = format!("/items?sort={sort}");
        let all = all_ids(&site, &start);
        let last = site.get(&site.get(&start).attr(".pager a:not([rel])", "href"));
        assert_eq!(last.html().attrs("tbody th a", "href")[..], all[70..], "{sort}");
        assert!(!last.html().has(".pager a[rel=next]"), "{sort}");
        assert_eq!(last.attr(".pager a:not([rel])", "href"), start);
        assert_eq!(ids(&site, &last.attr(".pager a[rel=prev]", "href"))[..], all[20..70], "{sort}");
    }
    assert_eq!(ids(&site, "/items?page=last&min_quantity=2").len(), 40);
    assert!(site.get("/items?page=last&min_quantity=3").text(".empty").contains("No item fits"));
}

fn the_last_page_survives_what_others_do(site: Site) {
    stock(&site);
    let all = all_ids(&site, "/items?sort=price&max_price=5");
    let last = site.get("/items?sort=price&max_price=5&page=last");
    let back = last.attr(".pager a[rel=prev]", "href");
    let from = all.len() - 50;
    site.delete(&all[from]);
    site.fill(&format!("{}/edit", all[from + 1]), &[("price", "0")]);
    site.fill(&format!("{}/edit", all[1]), &[("price", "4.99")]);
    let kept: Vec<_> = all[from - 50..from].to_vec();
    let before = ids(&site, &back);
    assert!(kept.iter().filter(|id| **id != all[1]).all(|id| before.contains(id)), "none is skipped");
    assert_eq!(ids(&site, "/items?sort=price&max_price=5&page=last").last(), all.last());
}

fn items_are_filtered_by_price_and_quantity(site: Site) {
    let store = site.add_store("North dock");
    for (name, price, quantity) in [("Nail", "0.05", "9000"), ("Lamp", "12.50", "3"), ("Table", "1,200", "0")] {
        site.add_item(store, &[("name", name), ("price", price), ("quantity", quantity)]);
    }
    let found = |query: &str| site.get(&format!("/items?sort=price&{query}")).texts("tbody th");
    assert_eq!(found("min_price=12.50"), ["Lamp", "Table"]);
    assert_eq!(found("max_price=12.49"), ["Nail"]);
    assert_eq!(found("min_price=%241&max_price=1,000"), ["Lamp"]);
    assert_eq!(found("min_quantity=1"), ["Nail", "Lamp"]);
    assert_eq!(found("max_quantity=0"), ["Table"]);
    assert_eq!(found("min_quantity=1&max_price=1"), ["Nail"]);
    for path in ["/items".to_owned(), format!("/stores/{store}")] {
        let form = site.get(&path).form_at("form.filters").filled(&[("min_price", "1"), ("max_quantity", "5")]);
        let page = site.submit(form);
        assert_eq!(page.texts("tbody th"), ["Lamp", "Table"], "{path}");
        assert_eq!(page.attr("#min_price", "value"), "1");
        assert!(page.attr("thead a", "href").contains("min_price=1"), "an order keeps the filters");
        let empty = site.get(&format!("{path}?min_price=5000"));
        assert!(empty.text(".empty").contains("No item fits"), "{path}");
    }
}

fn filters_combine_and_walk_in_every_order(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    for store in [north, south] {
        site.stock_items(store, (0..130).map(|n| (format!("Lamp {}", n % 40), n % 7, n % 3)).collect());
        site.add_item(store, &[("name", "Lamp"), ("price", "0.03"), ("add_tags", "used")]);
    }
    site.write(|change| {
        let used =
            "INSERT INTO item_tags SELECT items.id, tags.id FROM items JOIN tags ON tags.store_id = items.store_id
            WHERE NOT EXISTS (SELECT 1 FROM item_tags WHERE item_id = items.id) AND items.id % 5 <> 0";
        Ok(diesel::RunQueryDsl::execute(diesel::sql_query(used), change.conn())?)
    });
    let filters = [
        format!("store={north}"),
        "tag=used".to_owned(),
        format!("tag=used&store={south}"),
        "min_price=0.02&max_price=0.05".to_owned(),
        "tag=USED&min_price=0.01&min_quantity=1&q=lamp".to_owned(),
        format!("store={north}&tag=used&max_price=0.04&max_quantity=1"),
    ];
    for filter in &filters {
        let mut expected = all_ids(&site, &format!("/items?{filter}"));
        expected.sort();
        assert!(expected.len() > 50, "{filter}: {}", expected.len());
        for sort in ["-name", "price", "-quantity", "updated_at"] {
            let path = format!("/items?{filter}&sort={sort}");
            let forth = all_ids(&site, &path);
            let count = format!("{} items", forth.len());
            assert_eq!(site.get(&path).text(".pager__count"), count, "{path}");
            assert_eq!(ids(&site, &format!("{path}&page=last"))[..], forth[forth.len() - 50..], "{path}");
            let mut found = forth;
            found.sort();
            assert_eq!(found, expected, "{path}");
        }
    }
}

fn what_passes_a_filter_is_found_however_far_down_the_list_it_begins(site: Site) {
    // More are in stock than would be looked up at once; the dearest that is comes after thousands that are not.
    let store = site.add_store("North dock");
    let item = move |n: i64| ItemDraft {
        store_id: store,
        name: format!("Lamp {n}"),
        price_minor: n,
        quantity: i64::from(n < 5_100),
        ..ItemDraft::default()
    };
    site.write(move |change| {
        let drafts: Vec<_> = (0..7_500).map(|n| (item(n).with_keys(), Vec::new())).collect();
        Item::create_many(change, &drafts)
    });
    let path = "/items?min_quantity=1&sort=-price";
    let page = site.get(path);
    assert_eq!(page.text(".pager__count"), "5,100 items");
    let names: Vec<_> = (5_050..5_100).rev().map(|n| format!("Lamp {n}")).collect();
    assert_eq!(page.texts("tbody th"), names);
    assert!(page.texts(".note").is_empty(), "nothing was left out");
    let next = page.html().attrs(".pager a[rel=next]", "href").pop().expect("a next page");
    assert_eq!(site.get(&next).texts("tbody th")[0], "Lamp 5049");
    assert_eq!(site.get("/items?max_quantity=0&page=last").texts("tbody th").len(), 50);
}

fn a_bound_that_is_typed_wrongly_is_shown_again_and_does_not_count(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("price", "12.50"), ("quantity", "3")]);
    for path in ["/items".to_owned(), format!("/stores/{store}")] {
        for (query, field, typed, fault) in [
            ("min_price=cheap", "min_price", "cheap", "is not a price"),
            ("max_price=-1", "max_price", "-1", "below zero"),
            ("max_quantity=many", "max_quantity", "many", "whole number"),
            ("min_price=20&max_price=10", "max_price", "10", "less than the lowest price"),
            ("min_quantity=2&max_quantity=1", "max_quantity", "1", "less than the lowest quantity"),
        ] {
            let page = site.get(&format!("{path}?{query}"));
            assert_eq!(page.status, 200, "{query}");
            assert_eq!(page.attr(&format!("#{field}"), "value"), typed);
            assert_eq!(page.attr(&format!("#{field}"), "aria-describedby"), format!("{field}-fault"));
            assert!(page.text(&format!("#{field}-fault")).contains(fault), "{query}");
            let shown = page.texts("tbody th");
            assert_eq!(shown.len(), usize::from(!query.contains("min_price=20")), "{query}");
        }
    }
}

fn names_sort_alike_on_both_databases(site: Site) {
    let store = site.add_store("North dock");
    let names = [
        "zebra", "Zürich", "Äpfel", "apple", "Apfel", "a b", "a-b", "ab", "_x", "Éclair", "eclair", "10", "9", "日本",
        "ß", "st",
    ];
    site.stock_items(store, names.iter().map(|name| ((*name).to_owned(), 1, 1)).collect());
    let expected = [
        "10", "9", "_x", "a b", "a-b", "ab", "Apfel", "apple", "Äpfel", "eclair", "Éclair", "ß", "st", "zebra",
        "Zürich", "日本",
    ];
    assert_eq!(site.get("/items").texts("tbody th"), expected);
    let mut turned = site.get("/items?sort=-name").texts("tbody th");
    turned.reverse();
    assert_eq!(turned, expected);
    site.stock_stores(["Zürich", "zebra", "Äpfel"].map(str::to_owned).to_vec());
    assert_eq!(site.get("/stores").texts("tbody th"), ["Äpfel", "North dock", "zebra", "Zürich"]);
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "Zürich, zebra, Äpfel")]);
    assert_eq!(site.get("/tags").texts("tbody th"), ["Äpfel", "zebra", "Zürich"]);
}

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

fn items_are_filtered_by_store_and_tag_and_the_url_says_so(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    site.add_item(north, &[("name", "Lamp"), ("add_tags", "Used, Warm")]);
    site.add_item(north, &[("name", "Table")]);
    site.add_item(south, &[("name", "Lamp shade"), ("add_tags", "used")]);
    assert_eq!(site.get("/items?tag=USED").texts("tbody th"), ["Lamp", "Lamp shade"]);
    assert_eq!(site.get("/items?tag=use").texts("tbody th"), [""; 0]);
    let page = site.get(&format!("/items?store={north}&sort=-name"));
    assert_eq!(
        (page.text("h1").as_str(), page.texts("tbody th")),
        ("Items in North dock", vec!["Table".to_owned(), "Lamp".to_owned()])
    );
    let mut form = page.form_at("form.filters");
    form = form.filled(&[("tag", "used"), ("q", "la")]);
    let found = site.submit(form);
    assert_eq!(found.texts("tbody th"), ["Lamp"]);
    assert_eq!(
        found.path,
        format!("/items?store={north}&min_price=&max_price=&min_quantity=&max_quantity=&sort=-name&tag=used&q=la")
    );
    for link in found.html().attrs("thead a, .filters__chosen a + a", "href") {
        assert!(link.contains("q=la") && link.contains("tag=used"), "{link} forgets what was searched");
    }
    assert_eq!(site.get(&found.attr(".filters__chosen a + a", "href")).texts("tbody th"), ["Lamp shade", "Lamp"]);
}

fn a_store_is_filtered_by_what_it_is_called(site: Site) {
    let ids = site.stock_stores((1..=30).map(|n| format!("Shop {n:02}")).collect());
    let one = site.get("/items?store_name=shop+07&q=x");
    assert_eq!(one.location(), format!("/items?store_name=&q=x&store={}", ids[6]).replace("store_name=&", ""));
    let several = site.get("/items?store_name=shop+1&sort=price");
    assert_eq!(several.texts(".note li").len(), 12, "{}", several.text(".note"));
    assert!(!several.body.contains("Change all"), "nobody meant all that are shown");
    let picked = site.get(&several.attr(".note li a", "href"));
    assert!(picked.text("h1").starts_with("Items in Shop") && picked.path.contains("sort=price"));
    assert!(site.get("/items?store_name=nowhere").text(".faults").contains("No store has “nowhere”"));
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

fn a_tag_that_nobody_has_is_told_from_one_that_is_not_there(site: Site) {
    let (store, other) = (site.add_store("North dock").to_string(), site.add_store("Canal street").to_string());
    site.fill("/tags/new", &[("name", "Café"), ("store", &store)]);
    let told = [
        ("/items?tag=cafe".to_owned(), "No item fits."),
        (format!("/items?tag=cafe&store={store}"), "No item fits."),
        (format!("/items?tag=cafe&store={other}"), "No tag of this store is called “cafe”."),
        ("/items?tag=%3Cb%3E".to_owned(), "No tag is called “<b>”."),
    ];
    for (path, words) in told {
        let empty = site.get(&path).text(".empty");
        assert!(empty.starts_with(words), "{path}: {empty}");
    }
}

fn the_title_of_a_list_says_what_is_searched_for_and_where(site: Site) {
    let store = site.add_store("North <dock>");
    let titles = [
        ("/items".to_owned(), "Items · Stockroom"),
        ("/items?q=%3Clamp%3E".to_owned(), "<lamp> · Items · Stockroom"),
        (format!("/items?q=lamp&store={store}"), "lamp · Items in North <dock> · Stockroom"),
        ("/items?tag=used".to_owned(), "Items tagged “used” · Stockroom"),
        (format!("/items?tag=%3Cb%3E&store={store}"), "Items in North <dock> tagged “<b>” · Stockroom"),
        (format!("/stores/{store}?q=lamp"), "lamp · North <dock> · Stockroom"),
        ("/stores?q=dock".to_owned(), "dock · Stores · Stockroom"),
        (format!("/tags?q=new&store={store}"), "new · Tags of North <dock> · Stockroom"),
    ];
    for (path, title) in titles {
        assert_eq!(site.get(&path).html().text("title"), title, "{path}");
    }
}

fn what_is_wrong_in_a_url_is_no_error(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let long = "x+".repeat(100);
    let queries = [
        "sort=nonsense",
        "sort=-",
        "after=nonsense",
        "after=1",
        "after=~",
        "after=x~y",
        "before=9999999999999999999~a",
        "sort=price&after=1~abc",
        "sort=price&after=1~99999999999999999999",
        "sort=updated_at&after=1~9223372036854775807",
        "sort=updated_at&after=1~-8000000000000000000",
        "sort=updated_at&before=1~8000000000000000000",
        "after=1~%00",
        "q=%00",
        "q=a%00b",
        "tag=%00",
        "store_name=%00",
        "q=%ff%fe",
        "q=%F0%9F%92%A1",
        "store=abc",
        "store=-1x",
        "before=1~%00",
        "q=%E2%80%AE",
        "%00=%00",
        "q=%",
        "&&&=",
        "copy=abc",
        "page=last&sort=nonsense",
        "page=nonsense",
        "min_price=%00&max_price=99999999999999999999&min_quantity=-1&max_quantity=%ff",
    ];
    for list in [
        "/items",
        "/stores",
        "/tags",
        &format!("/stores/{store}"),
        "/tags/1",
        "/items/1/history",
        "/items/new",
        "/tags/new",
    ] {
        for query in queries.iter().copied().chain([
            format!("q={long}").as_str(),
            &format!("tag={long}"),
            &format!("store_name={long}"),
        ]) {
            let answer = site.get(&format!("{list}?{query}"));
            assert_eq!(answer.status, 200, "{list}?{query}: {}", answer.body);
        }
    }
    for path in ["/items?store=999", "/items?store=-5", "/tags?store=999"] {
        assert_eq!(site.get(path).follow().status, 200, "{path}");
    }
    assert_eq!(site.get("/items/new?copy=999").status, 404);
}
