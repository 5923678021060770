use stockroom::items::{Item, ItemDraft};

use super::{all_ids, ids};
use crate::support::Site;

on_both!(
    items_are_filtered_by_price_and_quantity,
    filters_combine_and_walk_in_every_order,
    what_passes_a_filter_is_found_however_far_down_the_list_it_begins,
    a_bound_that_is_typed_wrongly_is_shown_again_and_does_not_count,
    items_are_filtered_by_store_and_tag_and_the_url_says_so,
    a_store_is_filtered_by_what_it_is_called,
    a_tag_that_nobody_has_is_told_from_one_that_is_not_there,
    the_title_of_a_list_says_what_is_searched_for_and_where,
    what_is_wrong_in_a_url_is_no_error,
);

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
            assert!(page.text(&format!(".faults li:has(a[href='#{field}'])")).contains(fault), "{query}");
            let shown = page.texts("tbody th");
            assert_eq!(shown.len(), usize::from(!query.contains("min_price=20")), "{query}");
        }
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
