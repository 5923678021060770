//! History: who did what to each record, and what it was before.
use crate::support::{Answer, Site};

on_both!(
    a_history_shows_who_when_and_every_field_before_and_after,
    tags_and_moves_stand_in_the_history_of_an_item,
    a_move_between_stores_of_one_name_tells_them_apart,
    a_store_and_a_tag_have_a_history_too,
    a_history_tells_stores_and_tags_by_what_they_were_called_then,
    the_history_of_what_was_deleted_can_be_reached,
    a_save_that_changed_nothing_leaves_no_trace,
    a_long_history_has_older_pages_and_they_are_right,
    a_save_of_a_hundred_tags_is_told_as_one,
    a_history_of_nothing_is_not_found,
    the_story_of_the_wrong_price_is_told_in_full,
);

/// What was done, the newest first: `Changed`, and each field with what it was and is.
fn deeds(answer: &Answer) -> Vec<(String, Vec<Vec<String>>)> {
    assert_eq!(answer.status, 200, "{}", answer.text("main"));
    let page = answer.html();
    let count = page.all(".history > li").len();
    let deed = |n: usize| {
        let li = format!(".history > li:nth-child({n})");
        let verb = page.text(&format!("{li} h2")).split(' ').next().unwrap_or_default().to_owned();
        let fields = page.texts(&format!("{li} tbody :is(th, td)"));
        (verb, fields.chunks(3).map(<[String]>::to_vec).collect())
    };
    (1..=count).map(deed).collect()
}

fn a_history_tells_stores_and_tags_by_what_they_were_called_then(site: Site) {
    let store = site.add_store("Old name");
    let south = site.add_store("South dock").to_string();
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "old")]);
    let tag = site.get("/tags").attr("tbody th a", "href");
    site.fill(&format!("{tag}/edit"), &[("name", "new")]);
    site.fill(&format!("/stores/{store}/edit"), &[("name", "New name"), ("code", "NN"), ("notes", "\"name\": x")]);
    site.fill(&format!("/items/{item}/edit"), &[("store", &south)]);
    site.fill(&format!("{tag}/edit"), &[("name", "newest")]);
    site.delete(&format!("/stores/{store}"));
    let told = deeds(&site.get(&format!("/items/{item}/history")));
    assert_eq!(told[0].1, [line("Store", "New name (NN)", "South dock")], "its tag came along");
    let added = &told[1].1;
    assert!(added.contains(&line("Store", "", "Old name")) && added.contains(&line("Tags", "", "old")), "{added:?}");
}

fn line(field: &str, before: &str, after: &str) -> Vec<String> {
    [field, before, after].map(str::to_owned).to_vec()
}

fn a_history_shows_who_when_and_every_field_before_and_after(site: Site) {
    let store = site.add_store("North dock");
    let fields = [
        ("name", "Lamp"),
        ("sku", "L1"),
        ("barcode", "96385074"),
        ("description", "Warm"),
        ("price", "1,000.5"),
        ("quantity", "1200"),
    ];
    let id = site.add_item(store, &fields);
    site.fill(&format!("/items/{id}/edit"), &[("price", "7"), ("sku", ""), ("description", "Warm\r\n<b>bright</b>")]);
    let answer = site.get(&format!("/items/{id}/history"));
    let told = deeds(&answer);
    assert_eq!(
        told[0].1,
        [line("SKU", "L1", ""), line("Description", "Warm", "Warm <b>bright</b>"), line("Price", "1,000.50", "7.00")]
    );
    let added = [
        line("Name", "", "Lamp"),
        line("Store", "", "North dock"),
        line("SKU", "", "L1"),
        line("Barcode", "", "96385074"),
        line("Description", "", "Warm"),
        line("Price", "", "1,000.50"),
        line("Quantity", "", "1,200"),
    ];
    assert_eq!((told[1].0.as_str(), &told[1].1[..]), ("Added", &added[..]));
    assert_eq!(told.len(), 2);
    let by = answer.text(".history__by");
    assert!(by.starts_with("by somebody, on a page, 20") && by.ends_with(" UTC"), "{by}");
    assert_eq!(answer.text("h1"), "History of Lamp");
}

fn tags_and_moves_stand_in_the_history_of_an_item(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let id = site.add_item(north, &[("name", "Lamp"), ("add_tags", "used")]);
    site.fill(&format!("/items/{id}/edit"), &[("add_tags", "rare")]);
    site.fill(&format!("/items/{id}/edit"), &[("store", &south.to_string())]);
    site.delete(&site.get(&format!("/tags?store={south}&q=used")).attr("tbody th a", "href"));
    site.delete(&format!("/stores/{north}"));
    let told = deeds(&site.get(&format!("/items/{id}/history")));
    assert_eq!(told[0], ("Changed".to_owned(), vec![line("Tags", "used", "")]), "its tag was deleted");
    assert_eq!(told[1].1, [line("Store", "North dock", "South dock")], "its tags came along");
    assert_eq!(told[2], ("Changed".to_owned(), vec![line("Tags", "", "rare")]));
    assert!(told[3].1.contains(&line("Tags", "", "used")) && told[3].1.contains(&line("Store", "", "North dock")));
}

fn a_move_between_stores_of_one_name_tells_them_apart(site: Site) {
    let [one, other] = ["TA", "TB"].map(|code| site.fill("/stores/new", &[("name", "Twin"), ("code", code)]).new_id());
    let id = site.add_item(one, &[("name", "Lamp")]);
    site.fill(&format!("/items/{id}/edit"), &[("store", &other.to_string())]);
    site.delete(&format!("/stores/{one}"));
    assert_eq!(deeds(&site.get(&format!("/items/{id}/history")))[0].1, [line("Store", "Twin (TA)", "Twin (TB)")]);
}

fn a_store_and_a_tag_have_a_history_too(site: Site) {
    let store = site.add_store("North dock");
    site.fill(&format!("/stores/{store}/edit"), &[("city", "Zürich"), ("notes", "x")]);
    let told = deeds(&site.get(&format!("/stores/{store}/history")));
    assert_eq!(told[0].1, [line("City", "", "Zürich"), line("Notes", "", "x")]);
    let tag = site.fill("/tags/new", &[("name", "used"), ("store", &store.to_string())]).location();
    site.fill(&format!("{tag}/edit"), &[("name", "worn")]);
    let told = deeds(&site.get(&format!("{tag}/history")));
    assert_eq!(
        told,
        [
            ("Changed".to_owned(), vec![line("Name", "used", "worn")]),
            ("Added".to_owned(), vec![line("Name", "", "used")])
        ]
    );
}

fn the_history_of_what_was_deleted_can_be_reached(site: Site) {
    let store = site.add_store("North dock");
    let id = site.add_item(store, &[("name", "Lamp"), ("price", "7"), ("add_tags", "used")]);
    let other = site.add_item(store, &[("name", "Table")]);
    let page = site.delete(&format!("/items/{id}")).follow();
    let history = site.get(&page.attr(".notice a", "href"));
    assert_eq!((history.text("h1").as_str(), history.text(".badge").as_str()), ("History of Lamp", "deleted"));
    let told = deeds(&history);
    assert_eq!(told[0].0, "Deleted");
    for expected in
        [line("Name", "Lamp", ""), line("Store", "North dock", ""), line("Price", "7.00", ""), line("Tags", "used", "")]
    {
        assert!(told[0].1.contains(&expected), "{expected:?}: {told:?}");
    }
    let missing = site.get(&format!("/items/{id}"));
    assert_eq!((missing.status, missing.attr("main a[href$=history]", "href")), (404, format!("/items/{id}/history")));
    site.delete(&format!("/stores/{store}"));
    let told = deeds(&site.get(&format!("/items/{other}/history")));
    assert_eq!((told[0].0.as_str(), told[0].1[1].clone()), ("Deleted", line("Store", "North dock", "")));
    assert_eq!(deeds(&site.get(&format!("/stores/{store}/history")))[0].0, "Deleted");
    assert_eq!(deeds(&site.get("/tags/1/history"))[0], ("Deleted".to_owned(), vec![line("Name", "used", "")]));
}

fn a_save_that_changed_nothing_leaves_no_trace(site: Site) {
    let store = site.add_store("North dock");
    let id = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    site.fill(&format!("/items/{id}/edit"), &[]);
    assert_eq!(deeds(&site.get(&format!("/items/{id}/history"))).len(), 1);
    assert_eq!(site.get("/").texts("tbody tr").len(), 2);
}

fn a_long_history_has_older_pages_and_they_are_right(site: Site) {
    let store = site.add_store("North dock");
    let id = site.add_item(store, &[("name", "Lamp"), ("price", "0")]);
    // One change set a save, as forms make them, would take long: seven changes each, so that a page ends between two.
    for first in (1..=224).step_by(7) {
        site.write(move |change| {
            for price in first..first + 7 {
                let item = stockroom::items::Item::find(change.conn(), id)?;
                let draft = stockroom::items::ItemDraft { price_minor: price * 100, ..(&item).into() };
                let tags = stockroom::items::TagChoice::default();
                stockroom::items::Item::update(change, id, item.version, &draft, &tags)?;
            }
            Ok(())
        });
    }
    site.fill(&format!("/items/{id}/edit"), &[("price", "999")]);
    let mut told = Vec::new();
    let mut next = Some(format!("/items/{id}/history"));
    let mut pages = 0;
    while let Some(path) = next {
        let answer = site.get(&path);
        let page = deeds(&answer);
        let is_whole = |fields: &[Vec<String>]| fields.len() == 7 || fields[0][2] == "999.00";
        assert!(page.iter().all(|(verb, fields)| verb == "Added" || is_whole(fields)), "a save is cut");
        told.extend(page.into_iter().flat_map(|(_, fields)| fields).filter(|fields| fields[0] == "Price"));
        next = answer.html().attrs(".pager a[rel=next]", "href").pop();
        pages += 1;
    }
    assert_eq!((pages, told.len()), (3, 226));
    assert_eq!(told[0], line("Price", "224.00", "999.00"));
    assert_eq!(told[225], line("Price", "", "0.00"));
    let mut steps: Vec<_> = told[1..225].iter().map(|fields| (fields[1].clone(), fields[2].clone())).collect();
    steps.sort_by_key(|(before, _)| before.trim_end_matches(".00").parse::<u32>().expect("a whole price"));
    for (price, step) in steps.iter().enumerate() {
        assert_eq!(*step, (format!("{price}.00"), format!("{}.00", price + 1)));
    }
}

fn a_save_of_a_hundred_tags_is_told_as_one(site: Site) {
    let store = site.add_store("North dock");
    let tags = (0..100).map(|n| format!("tag {n}")).collect::<Vec<_>>().join(",");
    let id = site.add_item(store, &[("name", "Lamp"), ("add_tags", &tags)]);
    let path = format!("/items/{id}/history");
    let told = deeds(&site.get(&path));
    assert_eq!((told.len(), told[0].0.as_str()), (1, "Added"));
    assert_eq!(told[0].1.iter().filter(|fields| fields[0] == "Tags").count(), 100);
    site.fill(&format!("/items/{id}/edit"), &[("price", "7")]);
    let newest = site.get(&path);
    assert_eq!(deeds(&newest), [("Changed".to_owned(), vec![line("Price", "1.00", "7.00")])]);
    let older = deeds(&site.get(&newest.attr(".pager a[rel=next]", "href")));
    assert_eq!(older, told);
    site.delete(&format!("/items/{id}"));
    assert_eq!(deeds(&site.get(&path))[0].0, "Deleted");
}

fn a_history_of_nothing_is_not_found(site: Site) {
    for path in
        ["/items/1/history", "/stores/7/history", "/tags/0/history", "/items/abc/history", "/change_sets/1/history"]
    {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.text("h1").as_str()), (404, "Page not found"), "{path}");
        assert!(!answer.html().has("main a[href$=history]"), "{path} leads to itself");
    }
}

/// The last paragraph, as a person does it.
fn the_story_of_the_wrong_price_is_told_in_full(site: Site) {
    site.stock_stores((1..=20).map(|n| format!("Hy-Vee {n}")).collect());
    let store = site.fill("/stores/new", &[("name", "Hy-Vee"), ("code", "2506"), ("city", "BURLINGTON")]).new_id();
    site.add_item(store, &[("name", "Juarez Gold Dss"), ("sku", "89197"), ("price", "10.27")]);
    site.add_item(1, &[("name", "Juarez Gold Dss"), ("sku", "89197"), ("price", "10.27")]);
    let found = site.submit(site.get("/").form_at("form.bar__search").filled(&[("q", "juarez")]));
    let found = site.submit(found.form_at("form.filters").filled(&[("store_name", "hy-vee burlington")])).follow();
    assert_eq!(found.texts("tbody th"), ["Juarez Gold Dss"]);
    let path = found.attr("tbody th a", "href");
    let edit = site.get(&path).attr(".head a[href$=edit]", "href");
    let refused = site.fill(&edit, &[("price", "7.1.3"), ("add_tags", "Tequila")]);
    assert_eq!(
        (refused.status, refused.form().value("price"), refused.form().value("add_tags")),
        (422, "7.1.3", "Tequila")
    );
    assert_eq!(site.submit(refused.form().filled(&[("price", "7.13")])).location(), path);
    let deletion = site.get(&path).attr(".head a[href$=deletion]", "href");
    let history = site.fill(&deletion, &[]).follow().attr(".notice a", "href");
    let told = deeds(&site.get(&history));
    assert_eq!(told.iter().map(|(verb, _)| verb.as_str()).collect::<Vec<_>>(), ["Deleted", "Changed", "Added"]);
    assert_eq!(told[1].1, [line("Price", "10.27", "7.13"), line("Tags", "", "Tequila")]);
}
