//! Forms that are wrong come back: what was typed is still there, and each fault beside its field.
use crate::support::{Answer, Database, Site};

on_both!(
    a_wrong_store_comes_back_with_everything_typed,
    a_wrong_item_comes_back_with_everything_typed,
    what_is_taken_is_told_together_with_the_other_faults,
    a_wrong_tag_comes_back_with_what_was_typed,
    every_fault_is_told_at_once_and_can_be_put_right,
    a_price_that_is_none_is_refused_in_words,
    a_quantity_is_a_whole_number_that_is_not_negative,
    a_barcode_with_a_wrong_check_digit_is_refused,
    lengths_are_counted_in_characters,
    no_browser_cuts_what_is_pasted_without_a_word,
    hidden_characters_are_refused,
    a_deleted_store_in_a_stale_form_is_said_to_be_deleted,
    a_deleted_tag_in_a_stale_form_is_said_to_be_deleted,
    html_and_sql_are_shown_as_they_were_typed,
    far_too_many_tags_are_refused_quickly,
    a_text_keeps_its_lines_and_its_first_empty_one,
    a_form_is_sent_to_another_address_than_its_page_s,
);

const EVIL: &str = "<script>alert(1)</script>\"'><b>&amp; '); DROP TABLE items; --";

/// A browser that does not reach the site puts an error in the place of a page with the same address, and goes back to none.
fn a_form_is_sent_to_another_address_than_its_page_s(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.get("/tags").attr("tbody th a", "href");
    for path in [tag, format!("/items/{item}"), format!("/stores/{store}")] {
        let open = site.get(&format!("{path}/edit"));
        let mut refused = site.submit(open.form().filled(&[("name", "")]));
        assert_ne!(open.form().action, open.path);
        for _ in 0..2 {
            assert_eq!((refused.status, site.get(&refused.path).form().value("version")), (422, "1"), "{path}");
            assert_ne!(refused.form().action, refused.path);
            refused = site.submit(refused.form());
        }
        site.fill(&format!("{path}/edit"), &[("name", "Theirs")]);
        let conflict = site.submit(open.form().filled(&[("name", "Mine")]));
        assert_eq!(conflict.status, 409);
        assert_ne!(conflict.form().action, conflict.path);
        assert!(site.submit(conflict.form()).follow().text("h1").contains("Mine"));
    }
}

/// A page that refuses a form: every fault is listed at the top with a link that leads somewhere, and described where it is.
fn faults(answer: &Answer) -> Vec<String> {
    assert_eq!(answer.status, 422, "{}", answer.text("main"));
    let page = answer.html();
    for href in page.attrs(".faults li a", "href") {
        assert!(page.has(&format!("main {href}")), "{href} leads nowhere");
        let fault = format!("{}-fault", href.trim_start_matches('#'));
        assert!(page.has(&format!("#{fault}")), "nothing is said beside {href}");
        let described = format!("[aria-describedby~='{fault}']");
        assert!(page.has(&described), "nothing is described by {fault}");
    }
    assert_eq!(page.attrs(".faults[role=alert]", "role").len(), 1);
    let invalid = page.attrs("main input[aria-invalid], main textarea[aria-invalid]", "name");
    for name in &invalid {
        assert!(page.has(&format!("#{name}-fault")));
    }
    page.texts(".faults li")
}

fn a_wrong_store_comes_back_with_everything_typed(site: Site) {
    let fields = [
        ("name", ""),
        ("code", " N1 "),
        ("address", "Dock Road 1"),
        ("city", "Zürich"),
        ("region", "ZH"),
        ("postal_code", "8000"),
        ("country", "Switzerland"),
        ("notes", "\r\nLine 1\r\n  Line 2\r\n"),
    ];
    let refused = site.fill("/stores/new", &fields);
    assert_eq!(faults(&refused), ["Name: Write something here: this cannot be empty."]);
    for (field, value) in fields {
        assert_eq!(refused.form().value(field), value);
    }
    let saved = site.submit(refused.form().filled(&[("name", "North dock")]));
    assert_eq!(saved.follow().text("h1"), "North dock");
    let refused = site.fill(&format!("/stores/{}/edit", saved.new_id()), &[("name", " \u{200b}"), ("notes", "New")]);
    assert_eq!(faults(&refused).len(), 1);
    assert_eq!((refused.form().value("notes"), refused.form().value("version")), ("New", "1"));
    assert_eq!(site.submit(refused.form().filled(&[("name", "South dock")])).follow().text("h1"), "South dock");
}

fn a_wrong_item_comes_back_with_everything_typed(site: Site) {
    let store = site.add_store("North dock");
    let other = site.add_store("South dock").to_string();
    site.add_item(store, &[("name", "Table"), ("add_tags", "used, rare")]);
    let tag = site.get(&format!("/items/new?store={store}")).attr(".ticks label:last-of-type input", "value");
    let fields = [
        ("name", "Lamp"),
        ("sku", "L1"),
        ("barcode", "BOX 1"),
        ("description", "Warm\r\n& bright"),
        ("price", "7.1.3"),
        ("quantity", "3"),
        ("add_tags", "new, \"old, worn\""),
        ("tag", &tag),
        ("store", &other),
    ];
    let refused = site.fill(&format!("/items/new?store={store}"), &fields);
    assert_eq!(faults(&refused), ["Price: “7.1.3” is not a price. Write it like 12.50."]);
    for (field, value) in fields {
        assert_eq!(refused.form().value(field), value, "{field}");
    }
    let saved = site.submit(refused.form().filled(&[("price", "7.13")])).follow();
    assert_eq!(saved.texts("dd")[2..6], ["South dock", "L1", "BOX 1", "new old, worn used"]);
    let edit = format!("{}/edit", saved.path);
    let refused = site.submit(site.get(&edit).form().without("tag").filled(&[("price", "x"), ("name", "Lamps")]));
    assert_eq!(faults(&refused).len(), 1);
    assert!(!refused.form().fields.iter().any(|(name, _)| name == "tag"), "what was unticked stays so");
    assert_eq!(site.submit(refused.form().filled(&[("price", "8")])).follow().texts("dd")[5], "none");
}

fn what_is_taken_is_told_together_with_the_other_faults(site: Site) {
    site.fill("/stores/new", &[("name", "North dock"), ("code", "N1")]);
    let long = "x".repeat(201);
    let refused = site.fill("/stores/new", &[("name", ""), ("code", "n1"), ("address", &long)]);
    assert_eq!((faults(&refused).len(), faults(&refused)[1].as_str()), (3, "Code: This code is already taken."));
    let refused = site.fill("/stores/new", &[("name", "north dock"), ("address", &long)]);
    assert!(faults(&refused)[0].starts_with("Name: This name is already taken."), "in the order of the form");
    let store = site.add_store("South dock");
    let south = format!("/stores/{store}/edit");
    let refused = site.fill(&south, &[("code", "N1"), ("address", &long)]);
    assert_eq!(faults(&refused)[0], "Code: This code is already taken.");
    assert_eq!(faults(&site.fill(&south, &[("code", ""), ("address", &long)])).len(), 1, "its own name is not taken");

    site.add_item(store, &[("name", "Lamp"), ("sku", "L1")]);
    let taken = "SKU: This SKU is already taken in this store, by “Lamp”.";
    let refused = site.fill(&format!("/items/new?store={store}"), &[("name", ""), ("sku", "l1"), ("price", "x")]);
    assert_eq!((faults(&refused).len(), faults(&refused)[2].as_str()), (3, taken));
    let id = site.add_item(store, &[("name", "Table"), ("sku", "T1")]);
    let edit = format!("/items/{id}/edit");
    let refused = site.fill(&edit, &[("sku", "L1"), ("price", "x")]);
    assert_eq!((faults(&refused).len(), faults(&refused)[1].as_str()), (2, taken));
    assert_eq!(faults(&site.fill(&edit, &[("price", "x")])).len(), 1, "its own SKU is not taken");
    let unreadable = site.fill(&edit, &[("sku", "L1\0"), ("price", "x")]);
    assert_eq!((unreadable.status, faults(&unreadable).len()), (422, 2));
}

fn a_wrong_tag_comes_back_with_what_was_typed(site: Site) {
    let store = site.add_store("North dock").to_string();
    site.add_store("South dock");
    let none = site.fill("/tags/new", &[("name", "used")]);
    assert_eq!(faults(&none), ["Store: Choose a store."]);
    let id = site.submit(none.form().filled(&[("store", &store)])).new_id();
    let taken = site.fill("/tags/new", &[("name", "USED"), ("store", &store)]);
    assert_eq!(faults(&taken), ["Name: This name is already taken in this store."]);
    assert_eq!((taken.form().value("name"), taken.form().value("store")), ("USED", store.as_str()));
    let long = "x".repeat(101);
    let refused = site.fill(&format!("/tags/{id}/edit"), &[("name", &long)]);
    assert_eq!(faults(&refused), ["Name: This is 101 characters long. Use 100 at most."]);
    assert_eq!(refused.form().value("name"), long);
}

fn every_fault_is_told_at_once_and_can_be_put_right(site: Site) {
    site.add_store("North dock");
    site.add_store("South dock");
    let fields = [
        ("price", "-1"),
        ("quantity", "1.5"),
        ("barcode", "96385075"),
        ("sku", "a\u{7}"),
        ("description", "\u{202e}x"),
    ];
    let refused = site.fill("/items/new", &fields);
    let told = faults(&refused);
    let fields: Vec<_> = told.iter().map(|fault| fault.split(':').next().unwrap_or_default()).collect();
    assert_eq!(fields, ["Name", "Store", "Price", "Quantity", "SKU", "Barcode", "Description"]);
    assert_eq!(site.get("/items").text(".pager__count"), "0 items");
}

fn a_price_that_is_none_is_refused_in_words(site: Site) {
    let store = site.add_store("North dock");
    for (typed, words) in [
        ("7.1.3", "is not a price"),
        ("", "Write a price"),
        ("-1", "below zero"),
        ("1.005", "has 2 decimals; this has 3"),
        ("1,23", "is not a price. Write it with a point, like 12.50"),
        ("1e3", "is not a price"),
        ("NaN", "is not a price"),
        ("7,130,0", "is not a price"),
        ("99999999999999999999", "the highest price there can be"),
        ("１２", "is not a price"),
        (".", "is not a price"),
        ("<b>", "“<b>” is not a price"),
    ] {
        let refused = site.fill(&format!("/items/new?store={store}"), &[("name", "Lamp"), ("price", typed)]);
        let told = faults(&refused);
        assert!(told.len() == 1 && told[0].contains(words), "{typed}: {told:?}");
        assert_eq!(refused.form().value("price"), typed);
    }
    assert_eq!(site.get("/items").text(".pager__count"), "0 items");
}

fn a_quantity_is_a_whole_number_that_is_not_negative(site: Site) {
    let store = site.add_store("North dock");
    for (typed, words) in [
        ("-1", "below zero"),
        ("1.5", "a whole number"),
        ("many", "a whole number"),
        ("1000000001", "more than 1,000,000,000"),
        ("99999999999999999999", "more than 1,000,000,000"),
        ("+", "a whole number"),
        ("+12", "how many there are in all"),
        ("--1", "a whole number"),
        ("2,5", "a whole number"),
        ("1 2", "a whole number"),
        ("1,0000", "a whole number"),
        ("-1,000", "below zero"),
    ] {
        let fields = [("name", "Lamp"), ("price", "1"), ("quantity", typed)];
        let told = faults(&site.fill(&format!("/items/new?store={store}"), &fields));
        assert!(told.len() == 1 && told[0].contains(words), "{typed}: {told:?}");
    }
}

fn a_barcode_with_a_wrong_check_digit_is_refused(site: Site) {
    let store = site.add_store("North dock");
    for (right, wrong) in [
        ("96385074", "96385075"),
        ("036000291452", "036000291453"),
        ("4006381333931", "4006381333930"),
        ("10614141000415", "10614141000414"),
    ] {
        let told = faults(
            &site.fill(&format!("/items/new?store={store}"), &[("name", "Lamp"), ("price", "1"), ("barcode", wrong)]),
        );
        assert!(told[0].contains("does not fit"), "{told:?}");
        site.add_item(store, &[("name", "Lamp"), ("barcode", right)]);
    }
    site.add_item(store, &[("name", "Lamp"), ("barcode", "123456789")]);
}

fn lengths_are_counted_in_characters(site: Site) {
    let store = site.add_store("North dock");
    let wide = |length: usize| "💡".repeat(length);
    let name = wide(200);
    site.add_item(
        store,
        &[("name", &name), ("sku", &wide(80)), ("barcode", &wide(80)), ("description", &wide(10_000))],
    );
    assert_eq!(site.get("/items").texts("tbody th"), [name]);
    let fields = [
        ("name", wide(201)),
        ("sku", wide(81)),
        ("barcode", wide(81)),
        ("description", wide(10_001)),
        ("price", "1".to_owned()),
    ];
    let fields = fields.each_ref().map(|(field, value)| (*field, value.as_str()));
    let told = faults(&site.fill(&format!("/items/new?store={store}"), &fields));
    assert_eq!(told.len(), 4);
    assert!(told[3].contains("10001 characters long. Use 10000 at most"), "{told:?}");
    for (field, max) in [
        ("name", 200),
        ("code", 40),
        ("address", 200),
        ("city", 100),
        ("region", 100),
        ("postal_code", 20),
        ("country", 100),
        ("notes", 10_000),
    ] {
        let (fits, long) = ("x".repeat(max), "x".repeat(max + 1));
        let wrong = [("name", "Dock"), (field, long.as_str())];
        let refused = site.fill("/stores/new", if field == "name" { &wrong[1..] } else { &wrong[..] });
        assert_eq!(faults(&refused).len(), 1, "{field}");
        assert_eq!(refused.form().value(field), long);
        let saved = site.submit(refused.form().filled(&[("name", &format!("Dock {field}"))]).filled(&[(field, &fits)]));
        assert_eq!(saved.status, 303, "{field}: {}", saved.body);
    }
}

fn no_browser_cuts_what_is_pasted_without_a_word(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp")]);
    for path in [
        "/invitations/new",
        "/account/tokens/new",
        "/bulk-edits/new?operation=add-tag",
        "/items/new",
        "/stores/new",
        "/tags/new",
        &format!("/items/{item}/edit"),
        "/bulk-edits/new?operation=set-description",
    ] {
        let page = site.get(path);
        assert!(page.html().has("main form[method=post] :is(input[id], textarea)"), "{path}");
        let cut = page.html().attrs("main form[method=post] [maxlength]", "name");
        assert!(cut.iter().all(|name| name == "store_search"), "{path}: {cut:?}");
    }
}

fn hidden_characters_are_refused(site: Site) {
    let store = site.add_store("North dock");
    for hidden in ['\0', '\u{7}', '\u{1b}', '\u{7f}', '\u{85}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
        let name = format!("La{hidden}mp");
        let fields = [
            ("name", name.as_str()),
            ("sku", &name),
            ("barcode", &name),
            ("description", &name),
            ("price", "1"),
            ("add_tags", &name),
        ];
        let told = faults(&site.fill(&format!("/items/new?store={store}"), &fields));
        assert_eq!(told.len(), 5, "{hidden:?}: {told:?}");
        assert!(told.iter().all(|fault| fault.contains("character (U+")), "{told:?}");
        let mut fields = ["name", "code", "address", "city", "region", "postal_code", "country", "notes"]
            .map(|field| (field, name.as_str()));
        assert_eq!(faults(&site.fill("/stores/new", &fields)).len(), 8);
        fields[0].1 = "two\r\nlines";
        assert!(faults(&site.fill("/stores/new", &fields[..1]))[0].contains("Write this in one line"));
        let tag = [("name", name.as_str()), ("store", &store.to_string())];
        assert_eq!(faults(&site.fill("/tags/new", &tag)).len(), 1);
    }
}

fn a_deleted_store_in_a_stale_form_is_said_to_be_deleted(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let path = format!("/items/new?store={north}");
    let (form, other) = (site.get(&path).form(), site.get(&path).form());
    site.delete(&format!("/stores/{north}"));
    let refused = site.submit(form.filled(&[("name", "Lamp"), ("price", "7"), ("add_tags", "used")]));
    assert_eq!(faults(&refused), ["Store: This store has been deleted. Pick another one."]);
    let all_at_once = site.submit(other.filled(&[("price", "7")]));
    assert_eq!(
        faults(&all_at_once),
        ["Name: Write something here: this cannot be empty.", "Store: This store has been deleted. Pick another one."]
    );
    let saved = site.submit(refused.form().filled(&[("store", &south.to_string())])).follow();
    assert_eq!(saved.texts("dd")[..3], ["7.00 USD", "0", "South dock"]);
}

fn a_deleted_tag_in_a_stale_form_is_said_to_be_deleted(site: Site) {
    let store = site.add_store("North dock");
    let id = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used, rare")]);
    let form = site.get(&format!("/items/{id}/edit")).form();
    let tag = site.get("/tags?q=used").attr("tbody th a", "href");
    site.delete(&tag);
    let refused = site.submit(form.filled(&[("price", "7")]));
    assert!(faults(&refused)[0].starts_with("Tags: A tag that you had chosen was deleted meanwhile."));
    assert_eq!(refused.form().value("price"), "7");
    assert_eq!(site.submit(refused.form()).follow().texts("dd")[5], "rare");
}

fn html_and_sql_are_shown_as_they_were_typed(site: Site) {
    let all = |fields: &[&'static str]| fields.iter().map(|field| (*field, EVIL)).collect::<Vec<_>>();
    let mut store = all(&["name", "address", "city", "region", "country", "notes"]);
    store.push(("code", "<i>'\"&"));
    let store = site.fill("/stores/new", &store);
    let store_page = store.follow();
    assert_eq!(store_page.text("h1"), EVIL);
    assert_eq!(store_page.text("dd.text"), EVIL);
    let id = store.new_id();
    let mut item = all(&["name", "sku", "barcode", "description"]);
    item.extend([("price", "1"), ("add_tags", "\"<u>, '\"\" &amp;\"")]);
    let item = site.fill(&format!("/items/new?store={id}"), &item).new_id();
    let refused = site.fill(&format!("/items/{item}/edit"), &[("price", EVIL), ("quantity", EVIL)]);
    assert_eq!((faults(&refused).len(), refused.form().value("price")), (2, EVIL));
    let tag = site.get("/tags").attr("tbody th a", "href");
    assert_eq!(site.get(&tag).text("h1"), "Tag “<u>, '\" &amp;”");
    let other = format!("{EVIL} and more");
    let evil = serde_urlencoded::to_string([("q", EVIL), ("tag", EVIL), ("store_name", &other)]).expect("a query");
    for path in [
        "/",
        "/stores",
        "/items",
        "/tags",
        &format!("/stores/{id}"),
        &format!("/stores/{id}/edit"),
        &format!("/stores/{id}/deletion"),
        &format!("/stores/{id}/history"),
        &format!("/items/{item}"),
        &format!("/items/{item}/edit"),
        &format!("/items/{item}/deletion"),
        &format!("/items/{item}/history"),
        &tag,
        &format!("{tag}/edit"),
        &format!("{tag}/deletion"),
        &format!("{tag}/history"),
        &format!("/items?{evil}"),
        &format!("/items?{evil}&store={id}"),
        &format!("/stores?{evil}"),
        &format!("/tags?{evil}"),
    ] {
        let answer = site.get(path);
        assert_eq!(answer.status, 200, "{path}");
        let page = answer.html();
        assert!(!page.has("b, i, u, script:not([src])"), "{path}: {}", answer.body);
        assert!(!answer.body.contains("alert(1)</script>"), "{path}");
    }
    let form = site.get(&format!("/items/{item}/edit")).form();
    assert_eq!((form.value("name"), form.value("description")), (EVIL, EVIL));
    let notice = site.submit(form.filled(&[("price", "2")])).follow().text(".notice");
    assert_eq!(notice, format!("Item “{EVIL}” is saved."));
}

fn far_too_many_tags_are_refused_quickly(site: Site) {
    let store = site.add_store("North dock");
    let names = (0..20_000).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
    let started = std::time::Instant::now();
    let told = faults(
        &site.fill(&format!("/items/new?store={store}"), &[("name", "Lamp"), ("price", "1"), ("add_tags", &names)]),
    );
    assert_eq!(told, ["Add tags: An item can have 100 tags at most."]);
    let ticked = vec![("tag", "1"); 33_000];
    let fields = [&[("name", "Lamp"), ("price", "1")], &ticked[..]].concat();
    let refused = site.post("/items", &fields);
    assert_eq!((refused.status, refused.form().value("name")), (422, "Lamp"), "more than a statement can name");
    assert!(started.elapsed().as_secs() < 8, "{:?}", started.elapsed());
}

fn a_text_keeps_its_lines_and_its_first_empty_one(site: Site) {
    let store = site.add_store("North dock");
    let text = "\r\n\r\n  One\r\n\r\n\ttwo";
    let refused =
        site.fill(&format!("/items/new?store={store}"), &[("name", ""), ("price", "1"), ("description", text)]);
    assert_eq!(refused.form().value("description"), text);
    let saved = site.submit(refused.form().filled(&[("name", "Lamp")])).follow();
    assert_eq!(saved.html().first("dd.text").text().collect::<String>(), "One\n\n\ttwo");
}

#[test]
fn yen_have_no_decimals() {
    let site = Site::start_with(Database::sqlite(), &[("STOCKROOM_CURRENCY", "JPY")]);
    let store = site.add_store("North dock");
    let refused = site.fill(&format!("/items/new?store={store}"), &[("name", "Lamp"), ("price", "100.5")]);
    assert_eq!(faults(&refused), ["Price: JPY has no decimals. Write a whole number."]);
    assert!(refused.html().texts("label").contains(&"Price in JPY (required)".to_owned()));
    let saved = site.submit(refused.form().filled(&[("price", "¥1,000.0")])).follow();
    assert_eq!(saved.texts("dd")[0], "1,000 JPY");
}
