//! Bulk edits: one change to all the items of a list, by its preview.
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use stockroom::db::Conn;
use stockroom::users::Role;

use crate::journal::{Snapshot, journal, lines};
use crate::support::{Answer, Browser, Site, program};

on_both!(
    prices_change_by_a_percentage_and_are_rounded_as_said,
    prices_change_by_an_amount_but_never_below_zero,
    prices_in_the_database_change_as_the_arithmetic_says,
    one_price_quantity_or_description_is_set,
    a_tag_is_added_in_each_store_and_removed_again,
    items_move_to_another_store_with_their_tags,
    of_items_with_one_sku_the_first_moves,
    items_are_deleted,
    the_list_leads_to_the_form_with_its_filters,
    what_fits_later_is_not_touched_and_what_changed_is_left_alone,
    a_store_deleted_after_the_preview_takes_nothing_in,
    a_bulk_edit_sent_twice_is_done_once,
    a_wrong_form_comes_back_with_everything_typed,
    a_list_in_which_nothing_fits_or_changes_says_so,
    the_history_tells_of_it_as_of_any_change,
    walking_the_journal_back_gives_what_was_before_each_bulk_edit,
    other_saves_go_on_meanwhile,
    a_bulk_edit_that_was_killed_is_finished_at_the_next_start,
    old_previews_are_removed,
    only_editors_of_the_stores_concerned_may_do_it,
);

/// The preview of a bulk edit of what this list shows.
fn preview(browser: &Browser, list: &str, operation: &str, fields: &[(&str, &str)]) -> Answer {
    let sent = browser.fill(&format!("/bulk-edits/new?{list}&operation={operation}"), fields);
    assert_eq!(sent.status, 303, "{}", sent.body);
    sent.follow()
}

/// Presses the button of a preview, and gives the page that tells what was done.
fn apply(preview: &Answer, browser: &Browser) -> Answer {
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
fn prices(browser: &Browser) -> Vec<(String, String)> {
    let page = browser.get("/items");
    page.texts("tbody th").into_iter().zip(page.texts("tbody td:nth-of-type(3)")).collect()
}

fn stocked(site: &Site) -> (i64, Vec<i64>) {
    let store = site.add_store("North dock");
    let rows = [("Chair", 449, 1), ("Lamp", 1_799, 2), ("Rug", 0, 0)];
    let ids = site.stock_items(store, rows.map(|(name, price, quantity)| (name.to_owned(), price, quantity)).into());
    (store, ids)
}

fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
    expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

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
    apply(&shown, &site);
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
    assert_eq!(shown.texts("tbody th"), ["Chair", "Lamp"]);
    assert_eq!(shown.attr(".crumbs a", "href"), list);
}

fn what_fits_later_is_not_touched_and_what_changed_is_left_alone(site: Site) {
    let (store, ids) = stocked(&site);
    let shown = preview(&site, "", "set-quantity", &[("quantity", "9")]);
    site.add_item(store, &[("name", "Table"), ("quantity", "3")]);
    site.fill(&format!("/items/{}/edit", ids[1]), &[("name", "Lamp, blue")]);
    site.delete(&format!("/items/{}", ids[2]));
    let done = apply(&shown, &site);
    assert_eq!(done.text("h1"), "Set the quantity of 1 item to 9");
    assert_eq!(done.text("#left-alone"), "2 items left alone");
    assert_eq!(
        done.texts(".reasons li"),
        ["Lamp, blue: It was changed meanwhile.", &format!("Item {}: It was deleted meanwhile.", ids[2])]
    );
    assert_eq!(site.get("/items").texts("tbody td:nth-of-type(4)"), ["9", "2", "3"]);
}

fn a_store_deleted_after_the_preview_takes_nothing_in(site: Site) {
    let (_, ids) = stocked(&site);
    let south = site.add_store("South dock");
    let shown = preview(&site, "", "move", &[("store", &south.to_string())]);
    site.delete(&format!("/stores/{south}"));
    assert_eq!(site.get(&shown.path).status, 200, "the preview can still be looked at");
    let done = apply(&shown, &site);
    assert_eq!(
        (done.text("h1"), done.text("#left-alone")),
        ("Moved 0 items to store “South dock”".to_owned(), "3 items left alone".to_owned())
    );
    assert_eq!(site.get(&format!("/items/{}", ids[0])).text(".crumbs"), "Items / North dock");
}

fn a_bulk_edit_sent_twice_is_done_once(site: Site) {
    stocked(&site);
    let form = site.get("/bulk-edits/new?operation=change-price-by-amount").form().filled(&[("amount", "1")]);
    let sent = site.at_once(move |browser, _| browser.submit(form.clone()).location());
    assert!(sent.iter().all(|location| *location == sent[0]), "{sent:?}");
    let mut shown = site.get(&sent[0]);
    while shown.html().has("[data-progress]") {
        shown = site.get(&sent[0]);
    }
    let apply_form = shown.form();
    let answers = site.at_once(move |browser, _| browser.submit(apply_form.clone()));
    assert!(answers.iter().all(|answer| answer.status == 303 && answer.location() == sent[0]));
    assert_eq!(prices(&site), pairs(&[("Chair", "5.49"), ("Lamp", "18.99"), ("Rug", "1.00")]));
    let again = site.submit(shown.form()).follow();
    assert!(again.text(".notice").contains("Nothing is done twice"));
    assert_eq!(again.text("h1"), "Changed the price of 3 items by +1.00");
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
    let form = site.get("/bulk-edits/new?q=xyz&operation=delete").form();
    let refused = site.submit(form);
    assert_eq!(refused.status, 422);
    assert!(refused.text(".faults").contains("No item fits"));
    let shown = preview(&site, "q=lamp", "set-quantity", &[("quantity", "2")]);
    assert_eq!(shown.text("h1"), "There is nothing to change");
    assert!(!shown.html().has("main form"));
}

fn the_history_tells_of_it_as_of_any_change(site: Site) {
    let (_, ids) = stocked(&site);
    apply(&preview(&site, "", "set-quantity", &[("quantity", "9")]), &site);
    let history = site.get(&format!("/items/{}/history", ids[0]));
    assert!(history.text(".history h2").starts_with("Changed by somebody, on a page"));
    assert_eq!(history.texts(".history tr:first-child td")[..2], ["1", "9"]);
    let overview = site.get("/");
    assert_eq!(overview.text("tbody td a"), "Set the quantity of 3 items to 9");
    assert_eq!(site.get(&overview.attr("tbody td a", "href")).text("h1"), "Set the quantity of 3 items to 9");
}

fn walking_the_journal_back_gives_what_was_before_each_bulk_edit(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    for number in 0..30 {
        let store = if number % 2 == 0 { south } else { north };
        let tags = ["", "old", "old, used"][number % 3];
        site.add_item(
            store,
            &[("name", &format!("Lamp {number}")), ("sku", &format!("L-{}", number / 2)), ("add_tags", tags)],
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

/// So many items that a bulk edit has many pieces.
fn stock_many(site: &Site, count: i64) -> i64 {
    let store_id = site.add_store("Warehouse");
    site.write(move |change| {
        let conn = change.conn();
        conn.batch_execute(&format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
             INSERT INTO items (store_id, name, name_key, price_minor, search_key, created_at, updated_at)
             SELECT {store_id}, 'part ' || n, 'part ' || n, 100, 'part ' || n, '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM numbers"
        ))?;
        Ok(())
    });
    store_id
}

fn other_saves_go_on_meanwhile(site: Site) {
    const COUNT: i64 = 30_000;
    stock_many(&site, COUNT);
    let other = site.add_item(site.add_store("Other"), &[("name", "Lamp")]);
    let shown = preview(&site, "q=part", "change-price-by-percentage", &[("percent", "5")]);
    let sent = site.submit(shown.form());
    let mut saves = 0;
    while site.get(&sent.location()).html().has("[data-progress]") {
        let saved = site.fill(&format!("/items/{other}/edit"), &[("quantity", &saves.to_string())]);
        assert_eq!(saved.status, 303);
        saves += 1;
    }
    assert_eq!(site.get(&sent.location()).text("h1"), "Changed the price of 30,000 items by +5 %");
    let mut conn = site.database().connect();
    assert_one_change_set(&mut conn, COUNT);
}

/// One change set tells of them all, and each is changed once.
fn assert_one_change_set(conn: &mut Conn, count: i64) {
    let sets = "SELECT s.title || ': ' || count(*) || ' of ' || count(DISTINCT c.row_id) AS line FROM changes AS c
        JOIN change_sets AS s ON s.id = c.change_set_id WHERE c.operation = 'update' AND c.before LIKE '%price_minor%'
        GROUP BY s.id, s.title";
    assert_eq!(
        lines(conn, sets),
        [format!("Changed the price of {},000 items by +5 %: {count} of {count}", count / 1_000)]
    );
    let left = "SELECT CAST(count(*) AS TEXT) AS line FROM items WHERE search_key LIKE 'part%' AND price_minor <> 105";
    assert_eq!(lines(conn, left), ["0"]);
}

fn a_bulk_edit_that_was_killed_is_finished_at_the_next_start(site: Site) {
    const COUNT: i64 = 60_000;
    let mut site = site;
    stock_many(&site, COUNT);
    let shown = preview(&site, "", "change-price-by-percentage", &[("percent", "5")]);
    let browser = site.browser();
    let form = shown.form();
    let sending = std::thread::spawn(move || browser.try_submit(form).is_some());
    let mut conn = site.database().connect();
    let changed = |conn: &mut Conn| {
        lines(conn, "SELECT CAST(changed AS TEXT) AS line FROM bulk_edits")[0].parse::<i64>().expect("a number")
    };
    let begun = Instant::now();
    while changed(&mut conn) == 0 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    site.kill();
    sending.join().expect("no panic");
    let done = changed(&mut conn);
    assert!((1..COUNT).contains(&done), "it was killed in the middle: {done}");
    let titles = lines(&mut conn, "SELECT title AS line FROM change_sets ORDER BY id DESC LIMIT 1");
    assert!(titles[0].starts_with("Changed the price of "), "what is done so far has its name: {titles:?}");
    let site = site.again();
    let begun = Instant::now();
    while lines(&mut conn, "SELECT state AS line FROM bulk_edits") != ["applied"]
        && begun.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(site.get(&shown.path).text("h1"), "Changed the price of 60,000 items by +5 %");
    assert_one_change_set(&mut conn, COUNT);
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
    assert_eq!(shown.texts("tbody th"), ["Table", "Tent"]);
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
    assert!(site.get(&format!("/items/{}/history", ids[0])).text(".history h2").contains("by Admin"));
}
