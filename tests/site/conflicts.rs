//! Two people edit the same thing: the second save overwrites nothing.
use diesel::connection::SimpleConnection;

use crate::support::{Answer, Form, Site};

on_both!(
    the_second_save_of_an_item_overwrites_nothing_and_offers_both,
    what_only_one_of_them_changed_is_chosen_already,
    what_each_changed_alone_is_merged_and_said,
    what_is_refused_comes_back_as_a_form_and_is_merged_then,
    a_merge_that_is_refused_says_what_is_in_it,
    a_tag_taken_off_is_not_put_back_by_a_move,
    choosing_saves_what_was_chosen,
    a_third_save_meanwhile_is_a_conflict_again,
    the_same_change_made_by_both_is_no_conflict,
    a_store_in_two_versions_offers_every_field_that_differs,
    a_tag_in_two_versions_offers_both_names,
    tags_of_both_versions_can_be_chosen,
    a_tag_that_is_taken_off_stays_off_where_the_item_was_moved_meanwhile,
    a_move_and_an_edit_are_merged,
    a_choice_that_is_wrong_comes_back_as_a_form,
    an_edit_after_a_deletion_keeps_its_text_and_makes_a_new_one,
    an_edit_after_its_store_was_deleted_keeps_its_text,
    a_form_for_what_is_gone_saves_over_nothing_that_has_its_id_now,
    a_deletion_of_what_was_changed_asks_again,
    evil_in_a_conflict_is_shown_as_text,
);

/// An item that a second person has saved, and the form that the first one still has open.
fn lamp(site: &Site, second: &[(&str, &str)]) -> (i64, Form) {
    let store = site.add_store("North dock");
    let fields =
        [("name", "Lamp"), ("price", "5"), ("quantity", "1"), ("description", "Old\r\nlines"), ("add_tags", "used")];
    let id = site.add_item(store, &fields);
    let open = site.get(&format!("/items/{id}/edit")).form();
    assert_eq!(site.browser().fill(&format!("/items/{id}/edit"), second).status, 303);
    (id, open)
}

fn choices(answer: &Answer) -> Vec<(String, Vec<String>)> {
    assert_eq!(answer.status, 409, "{}", answer.text("main"));
    let page = answer.html();
    let values = page.texts("fieldset.choice label");
    let legends = page.texts("fieldset.choice legend");
    legends.into_iter().zip(values.chunks(2).map(<[String]>::to_vec)).collect()
}

fn choice(legend: &str, yours: &str, theirs: &str) -> (String, Vec<String>) {
    (legend.to_owned(), vec![format!("Yours {yours}"), format!("Saved meanwhile {theirs}")])
}

fn the_second_save_of_an_item_overwrites_nothing_and_offers_both(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6"), ("name", "Lamp, red")]);
    let conflict =
        site.submit(open.filled(&[("price", "7"), ("description", "New\r\nlines"), ("quantity", "1")]).without("tag"));
    let told = choices(&conflict);
    let expected = [
        choice("Name", "Lamp", "Lamp, red"),
        choice("Description", "New lines", "Old lines"),
        choice("Price", "7.00", "6.00"),
    ];
    assert_eq!(told[..3], expected);
    assert_eq!(conflict.texts("fieldset.choice:last-of-type label"), ["used only saved meanwhile"]);
    assert!(conflict.text(".faults").starts_with("This was saved by somebody at "));
    assert_eq!(conflict.text("h1"), "Two versions of Lamp, red");
    let kept = site.get(&format!("/items/{id}"));
    assert_eq!((kept.text("h1").as_str(), kept.texts("dd")[0].as_str()), ("Lamp, red", "6.00 USD"));
}

fn what_only_one_of_them_changed_is_chosen_already(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6"), ("quantity", "70"), ("add_tags", "theirs")]);
    site.fill(&format!("/items/{id}/edit"), &[("quantity", "77"), ("barcode", "theirs too")]);
    let conflict =
        site.submit(open.filled(&[("price", "7"), ("description", "Mine"), ("add_tags", "mine")]).without("tag"));
    assert_eq!(conflict.status, 409);
    assert!(!conflict.html().has("[name=price][checked]"), "who saves has to choose what both changed");
    assert!(conflict.html().has("[name=price][required]"));
    assert!(conflict.html().has("[name=quantity][checked]"), "and need not choose the rest");
    let page = site.submit(conflict.form()).follow();
    assert_eq!(page.texts("dd")[..2], ["7.00 USD", "77"], "both changed the price; the quantity only they did");
    assert_eq!((page.text("dd.text"), page.texts("dd")[5].as_str()), ("Mine".to_owned(), "mine theirs"));
    assert!(page.body.contains("theirs too"));
}

fn what_each_changed_alone_is_merged_and_said(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6"), ("add_tags", "theirs")]);
    site.fill(&format!("/items/{id}/edit"), &[("barcode", "theirs too")]);
    let mine = open.filled(&[("quantity", "3"), ("description", "Mine"), ("add_tags", "mine")]).without("tag");
    let sent = site.submit(mine.clone());
    let page = sent.follow();
    assert_eq!(page.texts("dd")[..2], ["6.00 USD", "3"]);
    assert_eq!((page.text("dd.text"), page.texts("dd")[5].as_str()), ("Mine".to_owned(), "mine theirs"));
    let notice = page.text(".notice");
    assert!(notice.starts_with("Item “Lamp” is saved. somebody at ") && page.body.contains("theirs too"), "{notice}");
    assert!(notice.contains("is kept too: Barcode, Price, Tags."), "{notice}");
    let history = site.get(&format!("/items/{id}/history"));
    let mut newest = history.texts(".history > li:first-child tbody th");
    newest.sort();
    assert_eq!(newest, ["Description", "Quantity", "Tags", "Tags"], "only what I changed is mine");
    let again = site.submit(mine);
    assert_eq!(again.location(), sent.location());
    assert!(again.follow().text(".notice").contains("already saved"));

    let store = site.add_store("South dock");
    let open = site.get(&format!("/stores/{store}/edit")).form();
    site.fill(&format!("/stores/{store}/edit"), &[("city", "Rome")]);
    let page = site.submit(open.filled(&[("notes", "Ring twice")])).follow();
    assert!(page.text(".notice").contains("is kept too: City."), "{}", page.text(".notice"));
    assert!(page.text(".facts").contains("Rome") && page.text(".facts").contains("Ring twice"));
}

fn what_is_refused_comes_back_as_a_form_and_is_merged_then(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6")]);
    let store = site.get(&format!("/items/{id}/edit")).form().value("store").parse().expect("an id");
    site.add_item(store, &[("name", "Table"), ("sku", "L1")]);
    let refused = site.submit(open.filled(&[("sku", "l1")]));
    assert_eq!((refused.status, refused.html().has("#sku-fault")), (422, true));
    assert_eq!(site.submit(refused.form().filled(&[("sku", "L2")])).follow().texts("dd")[0], "6.00 USD");
}

fn a_merge_that_is_refused_says_what_is_in_it(site: Site) {
    site.fill("/stores/new", &[("name", "South dock"), ("code", "S1")]);
    let store = site.add_store("North dock");
    let open = site.get(&format!("/stores/{store}/edit")).form();
    site.database().connect().batch_execute("UPDATE users SET name = '<b>Eve'").expect("people have names");
    site.fill(&format!("/stores/{store}/edit"), &[("city", "Rome")]);
    let refused = site.submit(open.filled(&[("code", "s1")]));
    assert_eq!((refused.status, refused.form().value("city")), (422, "Rome"));
    let said = refused.texts(".faults").join(" ");
    assert!(said.starts_with("<b>Eve at ") && said.contains("kept too: City"), "{said}");
    assert!(said.contains("already taken") && !refused.html().has(".faults b"), "{said}");
    assert!(site.submit(refused.form().filled(&[("code", "N1")])).follow().text(".facts").contains("Rome"));
}

fn a_tag_taken_off_is_not_put_back_by_a_move(site: Site) {
    let south = site.add_store("South dock").to_string();
    let (id, open) = lamp(&site, &[("store", &south)]);
    let conflict = site.submit(open.filled(&[("price", "7")]).without("tag"));
    assert_eq!(conflict.status, 409, "the tag is another one in the other store");
    site.submit(conflict.form().without("tag"));
    let item = site.get(&format!("/items/{id}"));
    assert_eq!(item.texts("dd")[..3], ["7.00 USD", "1", "South dock"]);
    assert!(!item.html().has(".tag"));
}

fn choosing_saves_what_was_chosen(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6"), ("name", "Lamp, red")]);
    let conflict = site.submit(open.filled(&[("price", "7"), ("description", "New\r\nlines"), ("add_tags", "rare")]));
    let page = site.submit(conflict.form().filled(&[("name", "Lamp"), ("price", "6.00")])).follow();
    assert_eq!((page.text("h1").as_str(), page.texts("dd")[0].as_str()), ("Lamp", "6.00 USD"));
    assert_eq!(page.html().first("dd.text").text().collect::<String>(), "New\nlines");
    assert_eq!(page.texts("dd")[5], "rare used");
    assert_eq!(site.get(&format!("/items/{id}/history")).texts(".history > li").len(), 3);
}

fn a_third_save_meanwhile_is_a_conflict_again(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6")]);
    let conflict = site.submit(open.filled(&[("price", "7")]));
    site.fill(&format!("/items/{id}/edit"), &[("price", "8")]);
    let again = site.submit(conflict.form());
    assert_eq!(choices(&again)[0], choice("Price", "7.00", "8.00"));
    assert_eq!(site.submit(again.form()).follow().texts("dd")[0], "7.00 USD");
}

fn the_same_change_made_by_both_is_no_conflict(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6"), ("add_tags", "rare")]);
    let same = site.submit(open.filled(&[("price", "6.0"), ("add_tags", "RARE")]));
    assert_eq!((same.status, same.follow().texts("dd")[0].as_str()), (303, "6.00 USD"));
    assert_eq!(site.get(&format!("/items/{id}/history")).texts(".history > li").len(), 2);
}

fn a_store_in_two_versions_offers_every_field_that_differs(site: Site) {
    let id = site.add_store("North dock");
    let open = site.get(&format!("/stores/{id}/edit")).form();
    let all = |value: &'static str| {
        ["name", "code", "address", "city", "region", "postal_code", "country", "notes"].map(|field| (field, value))
    };
    site.fill(&format!("/stores/{id}/edit"), &all("theirs"));
    let conflict = site.submit(open.filled(&all("yours")));
    let told = choices(&conflict);
    assert_eq!(told.len(), 8);
    assert!(told.iter().all(|(_, values)| *values == ["Yours yours", "Saved meanwhile theirs"]));
    let page = site.submit(conflict.form().filled(&[("name", "theirs"), ("city", "")])).follow();
    assert_eq!(
        (page.text("h1").as_str(), &page.texts("dd")[..3]),
        ("theirs", &["yours".to_owned(), "yours".to_owned(), "not given".to_owned()][..])
    );
}

fn a_tag_in_two_versions_offers_both_names(site: Site) {
    let store = site.add_store("North dock").to_string();
    let tag = site.fill("/tags/new", &[("name", "used"), ("store", &store)]).location();
    let open = site.get(&format!("{tag}/edit")).form();
    site.fill(&format!("{tag}/edit"), &[("name", "second-hand")]);
    let conflict = site.submit(open.filled(&[("name", "worn")]));
    assert_eq!(choices(&conflict), [choice("Name", "worn", "second-hand")]);
    assert_eq!(site.submit(conflict.form()).follow().text("h1"), "Tag “worn”");
}

fn tags_of_both_versions_can_be_chosen(site: Site) {
    let (_, open) = lamp(&site, &[("add_tags", "theirs"), ("price", "6")]);
    let conflict = site.submit(open.filled(&[("add_tags", "mine, \"a, b\""), ("price", "7")]).without("tag"));
    assert_eq!(conflict.status, 409);
    assert_eq!(
        conflict.texts(".choice label"),
        ["Yours 7.00", "Saved meanwhile 6.00", "theirs only saved meanwhile", "used only saved meanwhile"]
    );
    assert_eq!(conflict.attr("#add_tags", "value"), "mine, \"a, b\"", "what was typed can be seen, and changed");
    let page = site.submit(conflict.form().without("tag")).follow();
    assert_eq!(page.texts("dd")[5], "a, b mine");
}

fn a_tag_that_is_taken_off_stays_off_where_the_item_was_moved_meanwhile(site: Site) {
    let south = site.add_store("South dock").to_string();
    let (id, open) = lamp(&site, &[("store", &south)]);
    let conflict = site.submit(open.filled(&[("price", "7")]).without("tag"));
    assert_eq!(conflict.status, 409);
    assert_eq!(conflict.texts(".choice:last-of-type label"), ["used only saved meanwhile"]);
    assert!(!conflict.html().has(".choice input[name=tag][checked]"), "{}", conflict.body);
    let page = site.submit(conflict.form()).follow();
    let told = page.text("main");
    assert!(told.contains("South dock") && told.contains("7.00") && !told.contains("used"), "{id}: {told}");
}

fn a_move_and_an_edit_are_merged(site: Site) {
    let south = site.add_store("South dock").to_string();
    let (id, open) = lamp(&site, &[("store", &south)]);
    let page = site.submit(open.filled(&[("price", "7")])).follow();
    assert!(page.text(".notice").contains("kept too: Store"), "{}", page.text(".notice"));
    assert_eq!(page.texts("dd")[..3], ["7.00 USD", "1", "South dock"]);
    assert_eq!(site.get(&format!("/items/{id}")).texts("dd")[5], "used", "tags of both stores are one by their name");
}

fn a_choice_that_is_wrong_comes_back_as_a_form(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6")]);
    let conflict = site.submit(open.filled(&[("price", "7"), ("sku", "L1")]));
    let store = site.get(&format!("/items/{id}/edit")).form().value("store").parse().expect("an id");
    site.add_item(store, &[("name", "Table"), ("sku", "l1")]);
    let refused = site.submit(conflict.form());
    assert_eq!((refused.status, refused.html().has("#sku-fault")), (422, true));
    assert_eq!(site.submit(refused.form().filled(&[("sku", "L2")])).follow().texts("dd")[0], "7.00 USD");
}

fn an_edit_after_a_deletion_keeps_its_text_and_makes_a_new_one(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("price", "5"), ("add_tags", "used")]);
    let tag = site.get("/tags").attr("tbody th a", "href");
    let cases = [
        (tag, vec![("name", "worn")]),
        (format!("/items/{item}"), vec![("name", "Lamp, red"), ("price", "7")]),
        (format!("/stores/{store}"), vec![("name", "South dock"), ("notes", "x")]),
    ];
    for (path, fields) in cases {
        let open = site.get(&format!("{path}/edit")).form();
        site.delete(&path);
        let gone = site.submit(open.filled(&fields));
        assert_eq!((gone.status, gone.attr(".faults a", "href")), (409, format!("{path}/history")));
        for (field, value) in &fields {
            assert_eq!(gone.form().value(field), *value);
        }
        if site.get(&format!("/stores/{store}")).status == 200 {
            let picked = [("store", store.to_string())];
            let form = gone.form();
            let form = if path.starts_with("/stores") { form } else { form.filled(&[("store", &picked[0].1)]) };
            let new = site.submit(form);
            assert_ne!(new.location(), path);
            assert!(new.follow().text("h1").contains(fields[0].1));
        } else {
            assert_eq!(site.submit(gone.form()).follow().text("h1"), "South dock");
        }
    }
}

fn an_edit_after_its_store_was_deleted_keeps_its_text(site: Site) {
    let south = site.add_store("South dock").to_string();
    let (id, open) = lamp(&site, &[("price", "6")]);
    let store = site.get(&format!("/items/{id}")).attr(".facts a[href^='/stores']", "href");
    site.delete(&store);
    let asked = site.submit(open.filled(&[("price", "7"), ("name", "Lamp, red")]));
    assert_eq!(asked.status, 409, "{}", asked.text("main"));
    assert_eq!((asked.form().value("price"), asked.form().value("name")), ("7", "Lamp, red"));
    let saved = site.submit(asked.form().filled(&[("store", &south)]));
    assert_eq!(saved.follow().texts("dd")[..3], ["7.00 USD", "1", "South dock"]);
}

fn a_form_for_what_is_gone_saves_over_nothing_that_has_its_id_now(site: Site) {
    let (id, open) = lamp(&site, &[("price", "6")]);
    let question = site.get(&format!("/items/{id}/deletion")).form();
    site.delete(&format!("/items/{id}"));
    let (token, program, south) = (site.make_token("till", "editor"), site.stranger(), site.add_store("South dock"));
    let crown = format!(r#"{{"name": "Crown", "price": 9999, "store_id": {south}}}"#);
    assert_eq!(program.with_token(&token, "PUT", &format!("/item/{id}"), &crown).status, 200);
    for price in 1..4 {
        assert_eq!(site.submit(open.clone().filled(&[("name", "Lamp, red")])).status, 409);
        assert_eq!(site.submit(question.clone()).status, 409);
        let body = format!(r#"{{"price": {price}}}"#);
        assert_eq!(program.with_token(&token, "PATCH", &format!("/item/{id}"), &body).status, 200);
    }
    assert_eq!(site.get(&format!("/items/{id}")).text("h1"), "Crown");
}

fn a_deletion_of_what_was_changed_asks_again(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.get("/tags").attr("tbody th a", "href");
    for path in [tag, format!("/items/{item}"), format!("/stores/{store}")] {
        let open = site.get(&format!("{path}/deletion")).form();
        site.fill(&format!("{path}/edit"), &[("name", "Changed")]);
        let asked = site.submit(open);
        assert_eq!(asked.status, 409, "{path}");
        assert!(
            asked.text("h1").contains("Changed") && asked.text(".faults").contains("say again whether to delete it")
        );
        assert_eq!(site.get(&path).status, 200);
        assert_eq!(site.submit(asked.form()).status, 303);
        assert_eq!(site.get(&path).status, 404);
    }
}

fn evil_in_a_conflict_is_shown_as_text(site: Site) {
    let evil = "\"><script>alert(1)</script><b>'";
    let (_, open) = lamp(&site, &[("name", &format!("{evil}2")), ("description", evil)]);
    let conflict = site.submit(open.filled(&[("name", evil), ("sku", evil), ("add_tags", evil)]));
    assert!(!conflict.html().has("main script, main b"), "{}", conflict.body);
    assert_eq!(choices(&conflict)[0], choice("Name", evil, &format!("{evil}2")));
    assert_eq!(site.submit(conflict.form()).follow().text("h1"), evil);
}
