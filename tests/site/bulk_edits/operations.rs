//! What can be done to all the items of a list.
use super::{apply, pairs, preview, prices, stocked};
use crate::journal::{Snapshot, journal, lines};
use crate::support::{Site, program};

on_both!(
    prices_change_by_a_percentage_and_are_rounded_as_said,
    prices_change_by_an_amount_but_never_below_zero,
    rounding_raises_no_price_that_is_to_be_lowered,
    prices_in_the_database_change_as_the_arithmetic_says,
    a_preview_tells_how_many_would_cost_nothing,
    one_price_quantity_or_description_is_set,
    a_tag_is_added_in_each_store_and_removed_again,
    items_move_to_another_store_with_their_tags,
    a_tag_that_comes_along_is_spelled_as_it_was_first,
    of_items_with_one_sku_the_first_moves,
    items_are_deleted,
    walking_the_journal_back_gives_what_was_before_each_bulk_edit,
);

fn prices_change_by_a_percentage_and_are_rounded_as_said(site: Site) {
    stocked(&site);
    let fields = [("percent", "+10 %"), ("rounding", "ending-99")];
    let shown = preview(&site, "", "change-price-by-percentage", &fields);
    assert_eq!(shown.text("h1"), "Change the price of 2 items by +10 %?");
    assert_eq!(shown.texts(".totals dd"), ["2", "1"], "the rug costs nothing and goes on costing nothing");
    assert_eq!(shown.texts("tbody del"), ["4.49", "17.99"]);
    assert_eq!(shown.texts("tbody ins"), ["4.99", "19.99"]);
    assert_eq!(prices(&site), pairs(&[("Chair", "4.49"), ("Lamp", "17.99"), ("Rug", "0.00")]), "nothing is done yet");
    let done = apply(&shown, &site);
    assert_eq!(done.text("h1"), "Changed the price of 2 items by +10 %");
    assert!(done.text("main").contains("1 item was like this already"), "{}", done.text("main"));
    assert_eq!(prices(&site), pairs(&[("Chair", "4.99"), ("Lamp", "19.99"), ("Rug", "0.00")]));
}

fn prices_change_by_an_amount_but_never_below_zero(site: Site) {
    stocked(&site);
    let shown = preview(&site, "", "change-price-by-amount", &[("amount", "-5")]);
    assert_eq!(shown.texts(".totals dd"), ["1", "2"]);
    assert_eq!(shown.texts(".reasons a"), ["Chair", "Rug"]);
    assert!(shown.text(".reasons").contains("below zero"));
    let done = apply(&shown, &site);
    assert_eq!(done.text("h1"), "Changed the price of 1 item by −5.00");
    assert_eq!(done.texts(".reasons a"), ["Chair", "Rug"], "and the outcome names them too");
    assert_eq!(prices(&site), pairs(&[("Chair", "4.49"), ("Lamp", "12.99"), ("Rug", "0.00")]));
}

fn a_preview_tells_how_many_would_cost_nothing(site: Site) {
    let store = site.add_store("North dock");
    let rows = [("Pen", 4), ("Ink", 199), ("Pad", 1_000), ("Rug", 0)];
    site.stock_items(store, rows.map(|(name, price)| (name.to_owned(), price, 1)).into());
    let note = |percent: &str| {
        let fields = [("percent", percent), ("rounding", "100")];
        preview(&site, "", "change-price-by-percentage", &fields).texts("main .note").join("")
    };
    assert_eq!(note("-50"), "Of these, 1 item would cost nothing: 0.00 instead of what it costs now.");
    assert_eq!(note("-80"), "Of these, 2 items would cost nothing: 0.00 instead of what they cost now.");
    assert_eq!(note("50"), "", "what is to be dearer is left alone where it would not be");
    let exact = [("percent", "-50"), ("rounding", "1")];
    assert_eq!(preview(&site, "", "change-price-by-percentage", &exact).texts("main .note"), [""; 0]);
}

fn rounding_raises_no_price_that_is_to_be_lowered(site: Site) {
    let store = site.add_store("North dock");
    let rows = [("Pen", 50), ("Ink", 199), ("Pad", 1_000)];
    site.stock_items(store, rows.map(|(name, price)| (name.to_owned(), price, 1)).into());
    let fields = [("percent", "-50"), ("rounding", "ending-99")];
    let shown = preview(&site, "", "change-price-by-percentage", &fields);
    assert_eq!(
        (shown.texts(".totals dd"), shown.texts("tbody ins")),
        (vec!["2".into(), "1".into()], vec!["0.99".into(), "4.99".into()])
    );
    assert_eq!(shown.texts(".reasons li"), ["Pen North dock: Rounded, its price would go the other way."]);
    apply(&shown, &site);
    assert_eq!(prices(&site), pairs(&[("Ink", "0.99"), ("Pad", "4.99"), ("Pen", "0.50")]));
    let fields = [("percent", "1"), ("rounding", "ending-9")];
    let shown = preview(&site, "", "change-price-by-percentage", &fields);
    assert_eq!(shown.texts(".reasons a"), ["Pen"], "and lowers none that is to be raised");
}

/// The database computes in SQL what the examples of the preview compute in the program.
fn prices_in_the_database_change_as_the_arithmetic_says(site: Site) {
    use stockroom::bulk_edits::{By, PriceChange, Rounding};
    const HIGHEST: i64 = 100_000_000_000_000;
    let store = site.add_store("North dock");
    let rules = [
        By::Percent(-10_000),
        By::Percent(-3_333),
        By::Percent(1),
        By::Percent(100_000),
        By::Amount(HIGHEST),
        By::Amount(-7),
    ];
    let rules = rules.into_iter().flat_map(|by| Rounding::ALL.map(|rounding| PriceChange { by, rounding }));
    let mut conn = site.database().connect();
    for rule in rules {
        let (lowest, highest) = rule.range();
        let edges = [lowest, lowest + 1, highest - 1, highest];
        for price in edges
            .into_iter()
            .chain([1, 4, 5, 49, 50, 99, 100, 149, 12_345])
            .filter(|price| (lowest..=highest).contains(price))
        {
            let query = format!(
                "SELECT CAST({} AS TEXT) AS line FROM (SELECT CAST({price} AS BIGINT) AS p) AS prices",
                rule.sql("p")
            );
            assert_eq!(
                lines(&mut conn, &query),
                [rule.of(price).expect("in range").to_string()],
                "{rule:?} of {price}"
            );
        }
    }
    site.stock_items(store, vec![("Palace".to_owned(), HIGHEST, 1), ("Lamp".to_owned(), 100, 1)]);
    let shown = preview(&site, "", "change-price-by-percentage", &[("percent", "1000"), ("rounding", "1")]);
    assert_eq!(shown.texts(".reasons a"), ["Palace"]);
    apply(&shown, &site);
    assert_eq!(prices(&site), pairs(&[("Lamp", "11.00"), ("Palace", "1,000,000,000,000.00")]));
}

fn one_price_quantity_or_description_is_set(site: Site) {
    let (_, ids) = stocked(&site);
    apply(&preview(&site, "", "set-price", &[("price", "4.49")]), &site);
    apply(&preview(&site, "q=lamp", "set-quantity", &[("quantity", "12")]), &site);
    let text = "Two\r\nlines with “quotes” and a 'b' $1";
    let done = apply(&preview(&site, "", "set-description", &[("description", text)]), &site);
    assert_eq!(done.text("h1"), "Set the description of 3 items");
    let form = site.get(&format!("/items/{}/edit", ids[1])).form();
    assert_eq!((form.value("price"), form.value("quantity"), form.value("description")), ("4.49", "12", text));
    let emptied = apply(&preview(&site, "", "set-description", &[("description", "")]), &site);
    assert_eq!(emptied.text("h1"), "Emptied the description of 3 items");
    assert_eq!(site.get(&format!("/items/{}/edit", ids[1])).form().value("description"), "");
}

fn a_tag_is_added_in_each_store_and_removed_again(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let lamp = site.add_item(north, &[("name", "Lamp"), ("add_tags", "SALE, old")]);
    let chair = site.add_item(north, &[("name", "Chair")]);
    let rug = site.add_item(south, &[("name", "Rug")]);
    let shown = preview(&site, "", "add-tag", &[("tag", "Sale")]);
    assert_eq!(shown.texts(".totals dd"), ["2", "1"]);
    assert_eq!(shown.texts("tbody ins"), ["SALE", "Sale"], "as it is spelled there");
    assert_eq!(apply(&shown, &site).text("h1"), "Tagged 2 items with “Sale”");
    let tags = |id: i64| site.get(&format!("/items/{id}")).texts(".tag");
    assert_eq!([tags(lamp), tags(chair), tags(rug)], [vec!["old", "SALE"], vec!["SALE"], vec!["Sale"]]);
    let shown = preview(&site, "tag=sale", "remove-tag", &[("tag", "sale")]);
    assert_eq!(shown.texts("tbody del"), ["old, SALE", "SALE", "Sale"]);
    assert_eq!(apply(&shown, &site).text("h1"), "Took tag “sale” off 3 items");
    assert_eq!([tags(lamp), tags(chair), tags(rug)], [vec!["old"], vec![], vec![]]);
    assert_eq!(site.get(&format!("/items/{chair}/edit")).form().value("version"), "3");
}

fn items_move_to_another_store_with_their_tags(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let lamp = site.add_item(north, &[("name", "Lamp"), ("sku", "L-1"), ("add_tags", "old, used")]);
    site.add_item(north, &[("name", "Rug"), ("sku", "R-1")]);
    site.add_item(south, &[("name", "Chair"), ("sku", "r-1"), ("add_tags", "USED")]);
    let shown = preview(&site, "", "move", &[("store", &south.to_string())]);
    assert_eq!(shown.text("h1"), "Move 1 item to store “South dock”?");
    assert_eq!(
        (shown.texts(".totals dd"), shown.texts(".reasons a")),
        (vec!["1".to_owned(); 3], vec!["Rug".to_owned()])
    );
    let done = apply(&shown, &site);
    assert!(done.text(".reasons").contains("SKU"), "{}", done.text("main"));
    let page = site.get(&format!("/items/{lamp}"));
    assert_eq!(
        (page.text(".crumbs"), page.texts(".tag")),
        ("Items / South dock".to_owned(), vec!["old".to_owned(), "USED".to_owned()])
    );
    assert_eq!(site.get(&format!("/tags?store={south}")).text(".pager__count"), "2 tags");
}

fn a_tag_that_comes_along_is_spelled_as_it_was_first(site: Site) {
    let (north, south, east) =
        (site.add_store("North dock"), site.add_store("South dock"), site.add_store("East dock"));
    site.add_item(north, &[("name", "Lamp"), ("add_tags", "new")]);
    site.add_item(south, &[("name", "Chair"), ("add_tags", "New")]);
    apply(&preview(&site, "", "move", &[("store", &east.to_string())]), &site);
    assert_eq!(site.get(&format!("/tags?store={east}")).texts("tbody th"), ["new"]);
}

fn of_items_with_one_sku_the_first_moves(site: Site) {
    let stores = site.stock_stores(["A", "B", "C"].map(str::to_owned).into());
    for (number, store) in stores[..2].iter().enumerate() {
        site.add_item(*store, &[("name", &format!("Lamp {number}")), ("sku", "L-1")]);
        site.add_item(*store, &[("name", &format!("Chair {number}"))]);
    }
    let shown = preview(&site, "", "move", &[("store", &stores[2].to_string())]);
    assert_eq!(
        (shown.texts(".totals dd"), shown.texts(".reasons a")),
        (vec!["3".to_owned(), "1".to_owned()], vec!["Lamp 1".to_owned()])
    );
    assert_eq!(shown.texts(".reasons small"), ["L-1", "B (B)"], "and it is told which one is meant");
    assert_eq!(apply(&shown, &site).texts(".reasons small"), ["L-1", "B (B)"]);
    assert_eq!(site.get(&format!("/items?store={}", stores[2])).texts("tbody th"), ["Chair 0", "Chair 1", "Lamp 0"]);
}

fn items_are_deleted(site: Site) {
    let (store, ids) = stocked(&site);
    site.fill(&format!("/items/{}/edit", ids[0]), &[("add_tags", "old")]);
    let shown = preview(&site, "q=a", "delete", &[]);
    assert_eq!(shown.text("form .button--danger"), "Delete 2 items");
    assert_eq!(apply(&shown, &site).text("h1"), "Deleted 2 items");
    assert_eq!(site.get(&format!("/items?store={store}")).texts("tbody th"), ["Rug"]);
    assert!(site.get(&format!("/items/{}/history", ids[0])).text(".history h2").starts_with("Deleted by somebody"));
}

fn walking_the_journal_back_gives_what_was_before_each_bulk_edit(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    for number in 0..30 {
        let store = if number % 2 == 0 { south } else { north };
        let tags = ["", "old", "old, used"][number % 3];
        site.add_item(
            store,
            &[
                ("name", &format!("Lamp {number}")),
                ("sku", &format!("L-{}", if number < 8 { number / 2 } else { number })),
                ("add_tags", tags),
            ],
        );
    }
    let mut conn = site.database().connect();
    let south = south.to_string();
    for (operation, fields) in [
        ("change-price-by-percentage", vec![("percent", "7.5"), ("rounding", "5")]),
        ("add-tag", vec![("tag", "new")]),
        ("move", vec![("store", south.as_str())]),
        ("remove-tag", vec![("tag", "OLD")]),
        ("set-description", vec![("description", "All the same")]),
        ("delete", vec![]),
    ] {
        let (before, known) = (Snapshot::take(&mut conn), journal(&mut conn).len());
        apply(&preview(&site, "", operation, &fields), &site);
        let mut past = Snapshot::take(&mut conn);
        let changes = journal(&mut conn);
        assert!(changes.len() > known, "{operation}");
        assert!(changes[known..].iter().all(|change| change.change_set_id == changes[known].change_set_id));
        changes[known..].iter().rev().for_each(|change| past.take_back(change));
        assert_eq!(past, before, "{operation}");
    }
    let check = program(site.database()).arg("check").output().expect("the program runs");
    assert!(check.status.success(), "{}", String::from_utf8_lossy(&check.stdout));
}
