//! Items: added, seen, edited, moved, copied, deleted.
use crate::support::Site;

on_both!(
    a_form_says_where_a_store_has_more_tags_than_it_offers,
    an_item_is_added_with_every_field,
    an_item_is_edited,
    a_price_is_the_same_with_and_without_a_comma,
    saving_and_adding_another_keeps_the_store,
    duplicate_starts_a_new_item_from_an_old_one,
    an_item_takes_its_tags_along_by_name_when_it_moves,
    a_tag_is_taken_off_and_another_put_on,
    a_new_tag_that_is_there_already_is_the_same_tag,
    a_deleted_item_is_gone_and_its_sku_is_free,
    who_deletes_an_item_of_a_list_comes_back_to_that_list,
    the_list_of_a_store_that_is_gone_leads_to_that_of_all_stores,
    an_sku_is_taken_in_its_store_only_and_whatever_its_case,
    two_items_saved_at_once_with_one_new_tag_share_it,
    the_overview_counts_and_says_what_changed_last,
);

fn an_item_is_added_with_every_field(site: Site) {
    let store = site.add_store("Hy-Vee");
    let fields = [
        ("name", "Juarez Gold Dss"),
        ("sku", "89197"),
        ("barcode", "4006381333931"),
        ("description", "Tequila.\r\n\r\nOne litre."),
        ("price", "1,234.5"),
        ("quantity", "1,200"),
        ("add_tags", "Tequila, \"Rum, dark\""),
    ];
    let saved = site.fill(&format!("/items/new?store={store}"), &fields);
    assert_eq!(saved.status, 303, "{}", saved.body);
    let page = saved.follow();
    assert_eq!(page.text("h1"), "Juarez Gold Dss");
    assert_eq!(page.text(".notice"), "Item “Juarez Gold Dss” is added.");
    let facts = page.texts("dd");
    assert_eq!(facts[..6], ["1,234.50 USD", "1,200", "Hy-Vee", "89197", "4006381333931", "Rum, dark Tequila"]);
    assert_eq!(page.html().first("dd.text").text().collect::<String>(), "Tequila.\n\nOne litre.");
    let form = site.get(&format!("/items/{}/edit", saved.new_id())).form();
    for (field, value) in &fields[..4] {
        assert_eq!(form.value(field), *value);
    }
    assert_eq!(
        (form.value("price"), form.value("quantity"), form.value("store")),
        ("1,234.50", "1200", &*store.to_string())
    );
    assert_eq!(form.fields.iter().filter(|(name, _)| name == "tag").count(), 2, "its tags are ticked");
}

fn an_item_is_edited(site: Site) {
    let store = site.add_store("Hy-Vee");
    let id = site.add_item(store, &[("name", "Juarez Gold Dss"), ("sku", "89197"), ("quantity", "3")]);
    let saved = site.fill(&format!("/items/{id}/edit"), &[("price", "7.13"), ("sku", ""), ("quantity", "")]);
    assert_eq!(saved.location(), format!("/items/{id}"));
    let page = saved.follow();
    assert_eq!(page.text(".notice"), "Item “Juarez Gold Dss” is saved.");
    assert_eq!(page.texts("dd")[..4], ["7.13 USD", "0", "Hy-Vee", "not given"]);
}

fn a_price_is_the_same_with_and_without_a_comma(site: Site) {
    let store = site.add_store("Hy-Vee");
    for (typed, shown) in [
        ("1,234.50", "1,234.50"),
        ("1234.5", "1,234.50"),
        ("$7.1", "7.10"),
        (" 7 ", "7.00"),
        ("0", "0.00"),
        ("7.100", "7.10"),
    ] {
        let id = site.add_item(store, &[("name", "Lamp"), ("price", typed)]);
        assert_eq!(site.get(&format!("/items/{id}")).texts("dd")[0], format!("{shown} USD"), "{typed}");
        assert_eq!(site.get(&format!("/items/{id}/edit")).form().value("price"), shown);
    }
}

fn saving_and_adding_another_keeps_the_store(site: Site) {
    site.add_store("North dock");
    let store = site.add_store("South dock");
    let saved =
        site.fill(&format!("/items/new?store={store}"), &[("name", "Lamp"), ("price", "1"), ("add_another", "yes")]);
    let again = saved.follow();
    assert_eq!(again.text(".notice"), "Item “Lamp” is added. See it");
    let form = again.form();
    assert_eq!((form.value("store"), form.value("name")), (store.to_string().as_str(), ""));
    let second = site.submit(form.filled(&[("name", "Table"), ("price", "2")]));
    assert_eq!(second.follow().text("h1"), "Table");
    assert_eq!(site.get(&format!("/stores/{store}")).texts("tbody th"), ["Lamp", "Table"]);
}

fn duplicate_starts_a_new_item_from_an_old_one(site: Site) {
    let store = site.add_store("North dock");
    let old = site.add_item(
        store,
        &[
            ("name", "Lamp"),
            ("sku", "L1"),
            ("price", "12.5"),
            ("quantity", "3"),
            ("description", "Warm"),
            ("add_tags", "used"),
        ],
    );
    let link = site.get(&format!("/items/{old}")).attr("a[href*='copy=']", "href");
    let form = site.get(&link).form();
    let values = ["name", "price", "quantity", "description", "store", "sku"].map(|field| form.value(field).to_owned());
    assert_eq!(values, ["Lamp", "12.50", "3", "Warm", &store.to_string(), ""], "all but what is one item's alone");
    let new = site.submit(form).follow();
    assert_eq!(new.texts("dd")[5], "used");
    assert_eq!(site.get("/items").texts("tbody th"), ["Lamp", "Lamp"]);
}

fn an_item_takes_its_tags_along_by_name_when_it_moves(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let id = site.add_item(north, &[("name", "Lamp"), ("add_tags", "used, rare")]);
    site.add_item(south, &[("name", "Table"), ("add_tags", "USED")]);
    let moved = site.fill(&format!("/items/{id}/edit"), &[("store", &south.to_string())]).follow();
    assert_eq!((moved.texts("dd")[2].as_str(), moved.texts("dd")[5].as_str()), ("South dock", "rare USED"));
    assert_eq!(site.get(&format!("/tags?store={south}")).texts("tbody th"), ["rare", "USED"], "no tag is doubled");
    let fields = site.get(&format!("/items/{id}/history")).texts(".history > li:first-child tbody th");
    assert_eq!(fields, ["Tags", "Store", "Tags"], "one of them is spelled otherwise there");
}

fn a_tag_is_taken_off_and_another_put_on(site: Site) {
    let store = site.add_store("North dock");
    let id = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    site.add_item(store, &[("name", "Table"), ("add_tags", "rare")]);
    let form = site.get(&format!("/items/{id}/edit"));
    let labels = form.texts(".ticks label");
    assert_eq!(labels, ["rare", "used"], "the store's tags are offered");
    let rare = form.attr(".ticks label:first-of-type input", "value");
    let page = site.submit(form.form().filled(&[("tag", &rare)])).follow();
    assert_eq!(page.texts("dd")[5], "rare");
    let none = site.submit(site.get(&format!("/items/{id}/edit")).form().without("tag")).follow();
    assert_eq!(none.texts("dd")[5], "none");
}

fn a_new_tag_that_is_there_already_is_the_same_tag(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "Éclair")]);
    let id = site.add_item(store, &[("name", "Table"), ("add_tags", "éclair, ÉCLAIR ,, éclair")]);
    assert_eq!(site.get(&format!("/items/{id}")).texts("dd")[5], "Éclair");
    assert_eq!(site.get("/tags").text(".pager__count"), "1 tag");
}

fn a_deleted_item_is_gone_and_its_sku_is_free(site: Site) {
    let store = site.add_store("North dock");
    let id = site.add_item(store, &[("name", "Lamp"), ("sku", "L1")]);
    let page = site.get(&format!("/items/{id}/deletion"));
    assert_eq!(page.texts("dd"), ["North dock", "L1", "1.00 USD", "0"]);
    let deleted = site.submit(page.form());
    assert_eq!(deleted.location(), format!("/stores/{store}"));
    assert_eq!(deleted.follow().text(".notice"), "Item “Lamp” is deleted. See its history");
    assert_eq!(site.get(&format!("/items/{id}")).status, 404);
    site.add_item(store, &[("name", "Lamp"), ("sku", "L1")]);
}

fn who_deletes_an_item_of_a_list_comes_back_to_that_list(site: Site) {
    let store = site.add_store("North dock");
    for (list, leads_to) in [
        ("?tag=used&sort=-price", "/items?tag=used&sort=-price".to_owned()),
        ("", format!("/stores/{store}")),
        ("//elsewhere.example", format!("/stores/{store}")),
        ("?a\r\nset-cookie: b=c", format!("/stores/{store}")),
    ] {
        let id = site.add_item(store, &[("name", "Lamp")]);
        let form = site.get(&format!("/items/{id}/deletion")).form();
        // The browser fills this in, as it knows the list.
        assert_eq!(form.value("list"), "");
        assert_eq!(site.submit(form.filled(&[("list", list)])).location(), leads_to, "{list}");
    }
}

fn the_list_of_a_store_that_is_gone_leads_to_that_of_all_stores(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(site.add_store("South dock"), &[("name", "Lamp"), ("add_tags", "used")]);
    site.delete(&format!("/stores/{store}"));
    for (list, rest) in [("items", "sort=-price"), ("tags", "q=used")] {
        let answer = site.get(&format!("/{list}?store={store}&{rest}"));
        assert_eq!((answer.status, answer.location()), (303, format!("/{list}?{rest}")));
        let shown = answer.follow();
        assert!(shown.text(".notice").contains("not there any more"), "{}", shown.text(".notice"));
        assert_eq!(shown.texts("tbody th").len(), 1);
    }
}

fn an_sku_is_taken_in_its_store_only_and_whatever_its_case(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    site.add_item(north, &[("name", "Lamp"), ("sku", "É-1")]);
    site.add_item(south, &[("name", "Lamp"), ("sku", "É-1")]);
    let refused = site.fill(&format!("/items/new?store={north}"), &[("name", "Table"), ("price", "1"), ("sku", "é-1")]);
    assert_eq!(refused.status, 422);
    assert_eq!(refused.text("#sku-fault"), "This SKU is already taken in this store, by “Lamp”.");
    let id = site.add_item(north, &[("name", "Table")]);
    let refused = site.fill(&format!("/items/{id}/edit"), &[("sku", "E\u{301}-1")]);
    assert_eq!((refused.status, refused.html().has("#sku-fault")), (422, true));
}

fn two_items_saved_at_once_with_one_new_tag_share_it(site: Site) {
    let store = site.add_store("North dock");
    let form = site.get(&format!("/items/new?store={store}")).form().filled(&[("price", "1")]);
    for round in 0..4 {
        let form = form.clone();
        let saved = site.at_once(move |browser, number| {
            let (one, other) = (format!("a{round}"), format!("b{round}"));
            let tags = if number % 2 == 0 { format!("{one}, {other}") } else { format!("{other}, {one}") };
            let token = format!("tokenoftwoitems{round}x{number}");
            let form = form.clone().filled(&[("name", "Lamp"), ("add_tags", &tags), ("token", &token)]);
            browser.submit(form)
        });
        for answer in saved {
            assert_eq!(answer.status, 303, "{}", answer.body);
            assert_eq!(answer.follow().texts("dd")[5], format!("a{round} b{round}"));
        }
    }
    assert_eq!(site.get("/tags").text(".pager__count"), "8 tags");
}

fn the_overview_counts_and_says_what_changed_last(site: Site) {
    let empty = site.get("/");
    assert_eq!(empty.texts(".totals dd"), ["0", "0", "0", "0.00 USD"]);
    assert!(empty.text(".empty").contains("Add the first store"));
    let store = site.add_store("North dock");
    let lamp = site.add_item(store, &[("name", "Lamp"), ("price", "1,000.50"), ("quantity", "3")]);
    site.add_item(store, &[("name", "Table"), ("price", "2"), ("quantity", "0")]);
    site.delete(&format!("/items/{lamp}"));
    site.add_item(store, &[("name", "Chair"), ("price", "0.10"), ("quantity", "12000")]);
    let page = site.get("/");
    assert_eq!(page.texts(".totals dd"), ["1", "2", "12,000", "1,200.00 USD"]);
    let recent = page.texts("tbody th");
    let expected = [
        "Added item “Chair”",
        "Deleted item “Lamp”",
        "Added item “Table”",
        "Added item “Lamp”",
        "Added store “North dock”",
    ];
    assert_eq!(recent, expected);
    let elsewhere = site.add_store("South dock");
    let limited = site.signed_in("bob", stockroom::users::Role::Editor, Some(&[elsewhere]));
    assert_eq!(limited.get("/").texts("tbody th"), ["Added store “South dock”"]);
    // Saves of others, more than are looked at.
    for n in 0..201 {
        site.write(move |change| {
            change.call("Saved something");
            stockroom::tags::Tag::ensure(change, store, &[format!("tag {n}")]).map(drop)
        });
    }
    assert_eq!(limited.get("/").text(".empty"), "Nothing was changed lately in the stores that you see.");
    for link in page.html().attrs("tbody a", "href") {
        assert_eq!(site.get(&link).status, 200, "{link}");
    }
}

fn a_form_says_where_a_store_has_more_tags_than_it_offers(site: Site) {
    let store = site.add_store("North dock");
    let tags = |from, to| (from..=to).map(|number| format!("t{number:02}")).collect::<Vec<_>>().join(", ");
    site.add_item(store, &[("name", "Lamp"), ("add_tags", &tags(1, 40))]);
    let form = || site.get(&format!("/items/new?store={store}"));
    assert!(form().texts("#tags label").len() == 40 && !form().text("#tags").contains("more tags"));
    site.add_item(store, &[("name", "Chair"), ("add_tags", &tags(41, 41))]);
    assert!(form().texts("#tags label").len() == 40 && form().text("#tags").contains("The store has more tags"));
}
