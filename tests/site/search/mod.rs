//! Searching: what can be typed, and what is found.
mod index;
mod plans;

use stockroom::users::Role;

use crate::support::{Answer, Site};

use index::{
    a_seeded_catalogue_is_indexed, the_index_follows_every_edit,
    what_is_new_is_found_before_and_after_it_is_in_the_index,
};
use plans::{
    a_search_for_a_price_in_the_order_of_prices_shows_the_first_of_them, every_way_to_search_finds_the_same,
    for_short_words_postgres_does_not_go_by_its_index, the_best_matches_come_first_whichever_way_they_are_found,
};

on_both!(
    every_way_to_search_finds_the_same,
    a_search_for_a_price_in_the_order_of_prices_shows_the_first_of_them,
    the_best_matches_come_first_whichever_way_they_are_found,
    words_phrases_and_exclusions_find_what_people_mean,
    fields_are_searched_by_name,
    prices_and_stock_are_compared,
    every_script_is_searched_without_case_and_accents,
    a_tag_or_a_store_that_is_not_there_is_told,
    whether_there_is_a_hidden_store_or_tag_is_not_told,
    no_search_is_an_error,
    the_best_matches_come_first_when_asked_for,
    a_name_is_the_best_match_for_itself,
    short_and_broken_codes_are_found_among_many,
    for_short_words_postgres_does_not_go_by_its_index,
    the_best_matches_are_all_found_where_they_are_few_of_many,
    the_index_follows_every_edit,
    what_is_new_is_found_before_and_after_it_is_in_the_index,
    a_seeded_catalogue_is_indexed,
    suggestions_come_as_a_page_and_as_json,
);

fn with(path: &str, pairs: &[(&str, &str)]) -> String {
    format!("{path}?{}", serde_urlencoded::to_string(pairs).expect("pairs of texts"))
}

fn found(site: &Site, words: &str) -> Vec<String> {
    site.get(&with("/items", &[("q", words)])).texts("tbody th")
}

fn assert_found(site: &Site, searches: &[(&str, &[&str])]) {
    for (words, expected) in searches {
        assert_eq!(found(site, words), *expected, "{words}");
    }
}

/// Three lamps and a table in two stores.
fn stock(site: &Site) -> [i64; 2] {
    let north = site.fill("/stores/new", &[("name", "North dock"), ("code", "N1"), ("city", "Oslo")]).new_id();
    let south = site.fill("/stores/new", &[("name", "South dock"), ("code", "S2"), ("city", "Rome")]).new_id();
    let lamp = [("name", "Red desk lamp"), ("sku", "AB-17"), ("price", "10"), ("quantity", "3")];
    site.add_item(north, &[&lamp[..], &[("barcode", "4006381333931"), ("add_tags", "Used")]].concat());
    site.add_item(north, &[("name", "Lamp, red and blue"), ("price", "10.50"), ("quantity", "5")]);
    site.add_item(south, &[("name", "Lamp AB"), ("price", "20"), ("add_tags", "used, \"On sale\"")]);
    site.add_item(south, &[("name", "Table"), ("sku", "LA-1"), ("price", "1,234.50"), ("quantity", "100")]);
    [north, south]
}

fn words_phrases_and_exclusions_find_what_people_mean(site: Site) {
    stock(&site);
    assert_found(
        &site,
        &[
            ("lamp red", &["Lamp, red and blue", "Red desk lamp"]),
            ("\"desk lamp\"", &["Red desk lamp"]),
            ("“DESK lamp”", &["Red desk lamp"]),
            ("\"lamp desk\"", &[]),
            ("lamp -red", &["Lamp AB"]),
            ("-lamp", &["Table"]),
            ("lamp -\"desk lamp\" -tag:used", &["Lamp, red and blue"]),
            ("b", &["Lamp AB", "Lamp, red and blue", "Red desk lamp", "Table"]),
            ("ab", &["Lamp AB", "Red desk lamp", "Table"]),
            ("31", &["Red desk lamp"]),
            ("zq", &[]),
            ("-", &["Red desk lamp", "Table"]),
        ],
    );
}

fn fields_are_searched_by_name(site: Site) {
    let [north, _] = stock(&site);
    assert_found(
        &site,
        &[
            ("sku:ab", &["Red desk lamp"]),
            ("name:ab", &["Lamp AB", "Table"]),
            ("barcode:333", &["Red desk lamp"]),
            ("sku:333", &[]),
            ("tag:USED", &["Lamp AB", "Red desk lamp"]),
            ("tag:\"on sale\"", &["Lamp AB"]),
            ("tag:use", &[]),
            ("store:n1", &["Lamp, red and blue", "Red desk lamp"]),
            ("store:\"south dock\" lamp", &["Lamp AB"]),
            ("store:rome -lamp", &["Table"]),
            ("-store:n1", &["Lamp AB", "Table"]),
            ("store:nowhere", &[]),
        ],
    );
    let in_store = site.get(&with(&format!("/stores/{north}"), &[("q", "tag:used")]));
    assert_eq!(in_store.texts("tbody th"), ["Red desk lamp"]);
    assert!(site.get("/items").text("details.help").contains("store:"), "the page says how");
}

fn prices_and_stock_are_compared(site: Site) {
    stock(&site);
    assert_found(
        &site,
        &[
            ("price>10", &["Lamp AB", "Lamp, red and blue", "Table"]),
            ("price>=10 price <= 10.5", &["Lamp, red and blue", "Red desk lamp"]),
            ("price:$1,234.50", &["Table"]),
            ("-price>10", &["Red desk lamp"]),
            ("lamp stock<5", &["Lamp AB", "Red desk lamp"]),
            ("stock=0", &["Lamp AB"]),
            ("qty>=100", &["Table"]),
            ("price>", &[]),
        ],
    );
}

fn every_script_is_searched_without_case_and_accents(site: Site) {
    let store = site.add_store("North dock");
    for name in ["Άλφα πλυντήριο", "Красный чайник", "日本茶 急須", "مصباح أحمر", "Crème brûlée", "Straße"]
    {
        site.add_item(store, &[("name", name)]);
    }
    for name in ["Schreib\u{ad}tisch", "Men’s  ½"] {
        site.add_item(store, &[("name", name)]);
    }
    site.add_item(store, &[("name", "Łódź"), ("add_tags", "Spécialité")]);
    assert_found(
        &site,
        &[
            ("αλφα", &["Άλφα πλυντήριο"]),
            ("ΠΛΥΝΤΗΡΙΟ", &["Άλφα πλυντήριο"]),
            ("чАйник КРАС", &["Красный чайник"]),
            ("本茶", &["日本茶 急須"]),
            ("急", &["日本茶 急須"]),
            ("日本茶", &["日本茶 急須"]),
            ("احمر", &["مصباح أحمر"]),
            ("BRULEE", &["Crème brûlée"]),
            ("strasse", &["Straße"]),
            ("lodz", &["Łódź"]),
            ("ŁÓDŹ", &["Łódź"]),
            ("tag:specialite", &["Łódź"]),
            ("tag: SPÉCIALITÉ", &["Łódź"]),
            ("tag:spécialit", &[]),
            ("schreibtisch", &["Schreib\u{ad}tisch"]),
            ("\"men's 1/2\"", &["Men’s ½"]),
        ],
    );
    // Two tags to whoever reads, one to whoever searches: found once.
    site.add_item(store, &[("name", "Resume"), ("add_tags", "résumé, resume")]);
    for path in ["/items?tag=RESUME", "/items?q=tag:resume", "/items?tag=r%C3%A9sum%C3%A9&sort=-price"] {
        let page = site.get(path);
        assert_eq!(
            (page.texts("tbody th"), page.text(".pager__count")),
            (vec!["Resume".to_owned()], "1 item".to_owned())
        );
    }
}

fn a_tag_or_a_store_that_is_not_there_is_told(site: Site) {
    let [north, south] = ["North dock", "South dock"].map(|name| site.add_store(name));
    site.add_item(north, &[("name", "Lamp"), ("add_tags", "clearance, red")]);
    site.add_item(north, &[("name", "Chair"), ("add_tags", "red")]);
    site.add_item(south, &[("name", "Rug"), ("add_tags", "blue")]);
    let shown = |path: &str| {
        let page = site.get(path);
        (page.texts("main .note"), page.html().has("main a[href^='/bulk-edits/new']"))
    };
    let no_tag = |name: &str| vec![format!("No tag is called “{name}”.")];
    assert_eq!(shown("/items?q=tag:red+-tag:clearence"), (no_tag("clearence"), false), "it would leave nothing out");
    assert_eq!(shown("/items?q=tag:vodka"), (no_tag("vodka"), false));
    assert_eq!(shown("/items?q=-tag:clearance"), (vec![], true));
    let no_store = vec!["No store has “nowhere” for its code, or in its name or city.".to_owned()];
    assert_eq!(shown("/items?q=-store:nowhere"), (no_store, false));
    assert_eq!(shown("/items?q=store:dock"), (vec![], true));
    let of_store = vec!["No tag of this store is called “blue”.".to_owned()];
    assert_eq!(shown(&format!("/items?store={north}&q=-tag:blue")), (of_store.clone(), false));
    assert_eq!(shown(&format!("/stores/{north}?q=-tag:blue")).0, of_store);
    assert!(!shown("/items?q=tag:red+-price%3Echeap").1, "that leaves nothing out either");
}

fn whether_there_is_a_hidden_store_or_tag_is_not_told(site: Site) {
    let [north, south] = ["North dock", "Secret dock"].map(|name| site.add_store(name));
    let lamp = site.add_item(north, &[("name", "Lamp"), ("add_tags", "red")]);
    site.add_item(south, &[("name", "Rug"), ("add_tags", "hidden")]);
    let tag = site.get(&format!("/items/{lamp}")).attr("a.tag", "href");
    let eddy = site.signed_in("eddy", Role::Viewer, Some(&[north]));
    for path in ["/items".to_owned(), format!("/items?store={north}"), format!("/stores/{north}"), tag] {
        let told = |words: &str| {
            let and = if path.contains('?') { '&' } else { '?' };
            let page =
                eddy.get(&format!("{path}{and}{}", serde_urlencoded::to_string([("q", words)]).expect("a text")));
            (page.texts("main .note").len(), page.texts("tbody th"))
        };
        for (hidden, none) in [
            ("store:secret", "store:nowhere"),
            ("-store:\"Secret dock\"", "-store:nowhere"),
            ("-tag:hidden", "-tag:none"),
        ] {
            assert_eq!(told(hidden), told(none), "{path} {hidden}");
            assert_eq!(told(hidden).0, 1, "{path} {hidden}");
        }
        assert_eq!(told("store:dock").1, ["Lamp"], "{path}");
    }
}

fn no_search_is_an_error(site: Site) {
    let [north, _] = stock(&site);
    let long = ["x ".repeat(2_500), "\"".repeat(5_000), "a-b ".repeat(1_250), "store:a ".repeat(600)];
    let note = site.get("/items?q=price%3Echeap").text(".note");
    assert!(note.starts_with("“price>cheap” compares with no number"), "{note}");
    assert!(!site.get("/items?q=price%3E1").html().has(".note"));
    let odd = [
        "\"",
        "\"lamp",
        "''",
        "-",
        "--",
        "- -",
        "-\"",
        "\0",
        "a\0b",
        "price>",
        "price>x",
        "price>=",
        "stock<-5",
        "sku:",
        "store:\"\"",
        "tag:\u{301}",
        "\u{301}",
        "*",
        "lam*",
        "AND",
        "lamp OR table",
        "NEAR(lamp)",
        "{name}:lamp",
        "name:",
        "^lamp",
        "(lamp",
        "lamp)",
        "%",
        "_",
        "\\",
        "'; DROP TABLE items; --",
        "price>99999999999999999999",
        "🦀🦀🦀",
    ];
    for words in odd.into_iter().chain(long.iter().map(String::as_str)) {
        for path in ["/items", &format!("/stores/{north}"), "/stores", "/tags", "/suggestions"] {
            for sort in ["", "best", "-best", "-price"] {
                let answer = site.get(&with(path, &[("q", words), ("sort", sort)]));
                // An address can be too long for the server; nothing else is wrong with it.
                let fine = answer.status == 200 || (answer.status == 414 && words.len() > 1_000);
                let shown: String = words.chars().take(40).collect();
                assert!(fine, "{path} {shown}: {}", answer.status);
            }
        }
    }
}

fn the_best_matches_come_first_when_asked_for(site: Site) {
    let store = site.add_store("North dock");
    for name in ["Clamp", "Floor lamp", "Lamp", "Lamp shade", "Alamp"] {
        site.add_item(store, &[("name", name)]);
    }
    site.add_item(store, &[("name", "Zebra"), ("sku", "LAMP")]);
    let by_name = site.get("/items?q=lamp");
    assert_eq!(by_name.texts("tbody th")[0], "Alamp");
    let best = site.get(&by_name.attr(".order a", "href"));
    assert_eq!(best.texts("tbody th"), ["Lamp", "Zebra", "Lamp shade", "Floor lamp", "Alamp", "Clamp"]);
    assert!(!best.html().has(".order a"));
    assert!(!site.get("/items?q=price%3E%3D0").html().has(".order a"), "none of these fits better than another");
    assert_eq!(site.get("/items?sort=best").texts("tbody th")[0], "Alamp", "without words there is no best");
}

fn a_name_is_the_best_match_for_itself(site: Site) {
    let store = site.add_store("North dock");
    let names = [
        "New York",
        "100 x mm",
        "A “Curly” lamp",
        "A New York New York",
        "New York New York",
        "“Curly” lamp",
        "100 x 100 mm",
    ];
    for name in names {
        site.add_item(store, &[("name", name)]);
    }
    for name in &names[4..] {
        assert_eq!(site.get(&with("/items", &[("q", name), ("sort", "best")])).texts("tbody th")[0], **name);
    }
}

fn short_and_broken_codes_are_found_among_many(site: Site) {
    let store = site.add_store("North dock");
    site.stock_items(store, (0..5_500).map(|n| (format!("Part {n}"), 100, n % 50)).collect());
    for (name, sku) in [("Zz top", "7-42"), ("Zz saw", "AB-1"), ("Zz nail", "9"), ("Zz bolt", "12/8"), ("Zz nut", "q7")]
    {
        site.add_item(store, &[("name", name), ("sku", sku)]);
    }
    site.add_item(store, &[("name", "Pärt")]);
    for (words, name) in [("7-42", "Zz top"), ("sku:AB-1", "Zz saw"), ("12/8", "Zz bolt")] {
        for sort in ["", "best"] {
            let page = site.get(&with("/items", &[("q", words), ("sort", sort)]));
            assert_eq!(
                (page.texts("tbody th"), page.text(".pager__count")),
                (vec![name.to_owned()], "1 item".to_owned())
            );
        }
        assert_eq!(site.get(&with("/suggestions", &[("for", "items"), ("q", words)])).texts(".suggested a"), [name]);
    }
    let aside = [("9 price>0", "Zz nail"), ("\"q7\" stock>=0", "Zz nut")];
    for (words, name) in aside {
        assert_eq!(site.get(&with("/items", &[("q", words), ("sort", "best")])).texts("tbody th")[0], name);
    }
    for (words, name) in [("9", "Zz nail"), ("q7", "Zz nut"), ("part", "Pärt")] {
        let best = site.get(&with("/items", &[("q", words), ("sort", "best")]));
        assert_eq!(best.texts("tbody th")[0], name);
        assert_eq!(site.get(&with("/suggestions", &[("for", "items"), ("q", words)])).texts(".suggested a")[0], name);
    }
}

fn the_best_matches_are_all_found_where_they_are_few_of_many(site: Site) {
    let store = site.add_store("North dock");
    let part = |n: i64| (format!("Part {n}"), 100, n % 50);
    site.stock_items(store, (0..2_500).map(part).collect());
    site.stock_items(store, ["Pizza", "Jazz", "Zz top"].map(|name| (name.to_owned(), 100, 60)).into());
    let best = site.get("/items?q=zz&sort=best");
    assert_eq!(best.texts("tbody th"), ["Zz top", "Jazz", "Pizza"]);
    assert!(!best.html().has(".note"), "these are all there are");
    assert_eq!(site.get("/suggestions?for=items&q=az").texts(".suggested a"), ["Jazz"]);
    let sold_out = site.get("/items?q=part&max_quantity=0&sort=best");
    assert_eq!((sold_out.text(".pager__count"), sold_out.html().has(".note")), ("50 items".to_owned(), false));
    let many = site.get("/items?q=part&sort=best");
    assert!(many.text(".note").contains("could be compared"), "{}", many.text(".note"));
    let by_name = site.get(&many.attr(".note a", "href"));
    assert_eq!(by_name.texts("tbody th")[0], "Part 0");
}

fn suggestions_come_as_a_page_and_as_json(site: Site) {
    let [_, south] = stock(&site);
    let page = site.get("/suggestions?for=items&q=lamp");
    assert_eq!(page.texts(".suggested a"), ["Lamp AB", "Lamp, red and blue", "Red desk lamp"]);
    assert!(site.get(&page.attr(".suggested a", "href")).text("h1").contains("Lamp AB"));
    let json = |query: &str| -> Answer {
        site.send("GET", &format!("/suggestions?{query}"), &[("accept", "application/json")], "")
    };
    let values = |query: &str| -> Vec<String> {
        let answer = json(query);
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"), "{}", answer.body);
        let list = answer.json();
        let texts =
            list.as_array().expect("a list").iter().map(|one| one["value"].as_str().expect("a text").to_owned());
        texts.collect()
    };
    assert_eq!(values("for=items&q=la"), ["Lamp AB", "Lamp, red and blue", "Table", "Red desk lamp"]);
    assert_eq!(values("for=stores&q=dock"), ["North dock (N1)", "South dock (S2)"]);
    assert_eq!(values("for=tags&q=S"), ["On sale", "Used"]);
    assert_eq!(values(&format!("for=tags&q=us&store={south}")), ["used"]);
    assert_eq!(values("for=nonsense&q="), [""; 0]);
    site.stock_items(south, (0..20).map(|n| (format!("Zebra {n:02}"), 1, 1)).collect());
    assert_eq!(values("for=items&q=zebra").len(), 8);
    for (path, field, kind) in [
        ("/items", "#site-search", "items"),
        ("/items", "#store_name", "stores"),
        ("/items", "#tag", "tags"),
        ("/items/new", "#add_tags", "tags"),
    ] {
        assert_eq!(site.get(path).attr(field, "data-suggest"), kind);
    }
    assert_eq!(site.get(&format!("/items?store={south}")).texts("#tags option").len(), 2, "of one store all are there");
}
