use stockroom::users::Role;

use crate::support::Site;

on_both!(
    what_is_in_a_store_one_may_not_see_is_not_there_by_any_path,
    a_field_of_a_form_leads_to_no_store_that_one_may_not_see,
    an_old_form_tells_nothing_of_what_an_item_was_in_a_store_that_one_may_not_see,
    the_api_leads_to_no_store_that_one_may_not_see,
    a_store_that_one_may_not_see_does_not_hide_one_s_own_from_a_search,
    a_code_that_is_another_store_s_name_gives_nobody_another_store,
    stores_that_are_named_are_not_passed_over,
    what_happened_in_a_store_one_may_not_see_is_not_told,
);

fn what_happened_in_a_store_one_may_not_see_is_not_told(site: Site) {
    let (secret, gone, _) = secret(&site);
    site.fill(&format!("/items/{gone}/edit"), &[("price", "4711")]);
    site.delete(&format!("/items/{gone}"));
    let moved = site.add_item(secret, &[("name", "Vase"), ("price", "98765432"), ("add_tags", "Common")]);
    site.fill(&format!("/items/{moved}/edit"), &[("description", "Secret words")]);
    let north = site.add_store("North dock");
    let moving = [("store", north.to_string()), ("price", "9".to_owned())];
    site.fill(&format!("/items/{moved}/edit"), &moving.each_ref().map(|(name, value)| (*name, value.as_str())));
    let eddy = site.signed_in("eddy", Role::Editor, Some(&[north]));
    let token = eddy.make_token("till", "editor");
    let new = format!(r#"{{"name": "Mine", "price": 1, "store_id": {north}}}"#);
    let answer = site.stranger().with_token(&token, "PUT", &format!("/item/{gone}"), &new);
    assert_eq!(answer.status, 200, "the id is free: {}", answer.body);

    let mine = eddy.get(&format!("/items/{gone}/history"));
    assert_eq!((mine.status, mine.html().all(".history h2").len()), (200, 1), "{}", mine.body);
    let vase = eddy.get(&format!("/items/{moved}/history"));
    assert!(vase.body.contains("another store") && vase.html().all(".history h2").len() == 1, "{}", vase.body);
    let all = eddy.get("/history");
    assert!(all.body.contains("Mine"), "{}", all.body);
    for page in [&mine, &vase, &all, &eddy.get("/")] {
        for told in ["Secret", "4,711", "98,765,432", "98765432"] {
            assert!(!page.body.contains(told), "{told} in {}", page.body);
        }
    }
    assert!(site.get(&format!("/items/{gone}/history")).body.contains("4,711"));
    assert!(site.get(&format!("/items/{moved}/history")).body.contains("98,765,432.00"));
}

fn stores_that_are_named_are_not_passed_over(site: Site) {
    let store = site.fill("/stores/new", &[("name", "North, \"old\" dock"), ("code", "C,1")]).new_id();
    site.signed_in("betty", Role::Editor, Some(&[store]));
    let page = format!("/users/{}", site.person("betty"));
    assert_eq!(site.get(&page).form().value("stores"), "\"C,1\"");
    assert!(site.fill(&page, &[]).follow().text(".notice").contains("Nothing is changed"));
    let unclear = site.fill(&page, &[("reach", "all")]);
    assert!(unclear.status == 422 && unclear.text(".faults").contains("Stores are named below"), "{}", unclear.body);
    assert_eq!(site.fill(&page, &[("reach", "all"), ("stores", "")]).status, 303);
}

fn a_store_that_one_may_not_see_does_not_hide_one_s_own_from_a_search(site: Site) {
    site.fill("/stores/new", &[("name", "North dock"), ("city", "Hull")]);
    for other in [&[("name", "Harbour"), ("code", "HULL")], &[("name", "Hull"), ("code", "")]] {
        site.fill("/stores/new", other);
    }
    let north = site.number("SELECT id FROM stores WHERE name = 'North dock'");
    site.add_item(north, &[("name", "Lamp")]);
    let eddy = site.signed_in("eddy", Role::Viewer, Some(&[north]));
    for search in ["store:hull", "lamp+store:hull", "store:hull&sort=best", "store:hull&sort=price"] {
        assert_eq!(eddy.get(&format!("/items?q={search}")).texts("tbody th"), ["Lamp"], "{search}");
        assert_eq!(site.get(&format!("/items?q={search}")).texts("tbody th"), [""; 0], "{search}");
    }
    assert_eq!(eddy.get("/items?q=-store:hull").texts("tbody th"), [""; 0]);
    assert_eq!(eddy.get("/items?store_name=hull").location(), format!("/items?store={north}"));
    assert!(site.get("/items?store_name=hull").location().ends_with("store=2"), "whose code it is");
}

fn a_code_that_is_another_store_s_name_gives_nobody_another_store(site: Site) {
    let (alpha, gamma) = (site.add_store("Alpha"), site.add_store("Gamma"));
    let betty = site.signed_in("betty", Role::Editor, Some(&[gamma]));
    site.fill(&format!("/stores/{alpha}/edit"), &[("code", "GAMMA")]);
    let page = format!("/users/{}", site.person("betty"));
    assert_eq!(site.fill(&page, &[("role", "viewer")]).status, 303);
    let seen = [alpha, gamma].map(|id| betty.get(&format!("/stores/{id}")).status);
    assert_eq!(seen, [404, 200]);
    assert!(site.get("/audit").body.contains("viewer, stores Gamma, before: editor, stores Gamma"));
    let unclear = site.fill(&page, &[("stores", "gamma")]);
    let expected = format!(
        "Several stores are called “gamma”. Write which you mean: #{alpha} for Alpha (GAMMA), #{gamma} for Gamma."
    );
    assert_eq!((unclear.status, unclear.text("#stores-fault")), (422, expected));
    // A name like a number is taken for none.
    site.fill(&format!("/stores/{alpha}/edit"), &[("name", &format!("#{gamma}")), ("code", "GAMMA")]);
    assert_eq!(site.fill(&page, &[("role", "editor")]).status, 303);
    assert_eq!(betty.get(&format!("/stores/{gamma}")).status, 200);
    site.fill(&format!("/stores/{alpha}/edit"), &[("name", "Alpha")]);
    site.fill(&page, &[("role", "viewer")]);
    assert_eq!(site.fill(&page, &[("stores", &format!("#{alpha}"))]).status, 303);
    assert!(site.get("/audit").body.contains("viewer, stores Alpha (GAMMA), before: viewer, stores Gamma"));
}

/// The ids of a store that somebody may not see, of its item and of its tag.
fn secret(site: &Site) -> (i64, i64, i64) {
    let store = site.add_store("Secret dock");
    let item = site.add_item(store, &[("name", "Secret lamp"), ("add_tags", "Secret tag")]);
    (store, item, site.number("SELECT id FROM tags WHERE name = 'Secret tag'"))
}

fn what_is_in_a_store_one_may_not_see_is_not_there_by_any_path(site: Site) {
    let (store, item, tag) = secret(&site);
    let north = site.add_store("North dock");
    let eddy = site.signed_in("eddy", Role::Editor, Some(&[north]));
    for path in [
        format!("/stores/{store}"),
        format!("/stores/{store}/edit"),
        format!("/stores/{store}/history"),
        format!("/items/{item}"),
        format!("/items/{item}/edit"),
        format!("/items/{item}/deletion"),
        format!("/items/{item}/history"),
        format!("/tags/{tag}"),
        format!("/tags/{tag}/edit"),
        format!("/tags/{tag}/deletion"),
        format!("/tags/{tag}/history"),
    ] {
        let answer = eddy.get(&path);
        assert!(answer.status == 404 && !answer.body.contains("Secret"), "{path}: {} {}", answer.status, answer.body);
    }
    for path in [
        "/".to_owned(),
        "/stores?q=secret".to_owned(),
        "/items?q=secret".to_owned(),
        "/items?tag=secret+tag".to_owned(),
        format!("/items?store={store}"),
        "/items?store_name=secret+dock".to_owned(),
        "/tags".to_owned(),
        format!("/tags?store={store}"),
        format!("/items/new?store={store}"),
        format!("/items/new?copy={item}"),
        format!("/tags/new?store={store}"),
        "/account".to_owned(),
    ] {
        let answer = eddy.get(&path);
        assert!(!answer.body.contains("Secret"), "{path}: {}", answer.body);
    }
    for (path, fields) in [
        (format!("/stores/{store}/edit"), vec![("name", "Mine"), ("version", "1")]),
        (format!("/stores/{store}/edit"), vec![("name", "Mine"), ("version", "1"), ("resume", "yes")]),
        (format!("/items/{item}/edit"), vec![("name", "Mine"), ("price", "1"), ("version", "1")]),
        (format!("/items/{item}/deletion"), vec![("version", "1")]),
        (format!("/tags/{tag}/edit"), vec![("name", "Mine"), ("version", "1")]),
        (format!("/tags/{tag}/edit"), vec![("name", "Mine"), ("version", "1"), ("resume", "yes")]),
        (format!("/items/{item}/edit"), vec![("name", "Mine"), ("version", "1"), ("resume", "yes")]),
        (format!("/tags/{tag}/deletion"), vec![("version", "1"), ("items", "1")]),
    ] {
        let answer = eddy.post(&path, &fields);
        assert!(matches!(answer.status, 404 | 409 | 422), "{path}: {}", answer.status);
        assert!(!answer.body.contains("Secret"), "{path}: {}", answer.body);
    }
    assert_eq!(site.number("SELECT version FROM items WHERE name = 'Secret lamp'"), 1);
    assert_eq!(site.number("SELECT count(*) FROM tags WHERE name = 'Secret tag'"), 1);
}

fn a_field_of_a_form_leads_to_no_store_that_one_may_not_see(site: Site) {
    let (store, _, tag) = secret(&site);
    let north = site.add_store("North dock");
    let eddy = site.signed_in("eddy", Role::Editor, Some(&[north]));
    let (hidden, tick, mine) = (store.to_string(), tag.to_string(), north.to_string());
    let item = [("name", "Lamp"), ("price", "1")];
    for fields in [
        [&item[..], &[("store", hidden.as_str())]].concat(),
        [&item[..], &[("store_name", "Secret dock")]].concat(),
        [&item[..], &[("store", hidden.as_str()), ("find", "yes")]].concat(),
        [&item[..], &[("store", hidden.as_str()), ("resume", "yes")]].concat(),
        [&item[..], &[("store", mine.as_str()), ("tag", tick.as_str()), ("resume", "yes")]].concat(),
        [&item[..], &[("store", mine.as_str()), ("tag", tick.as_str())]].concat(),
    ] {
        let answer = eddy.post("/items", &fields);
        assert!(matches!(answer.status, 200 | 404 | 422), "{fields:?}: {}", answer.status);
        let typed = fields.iter().any(|(_, value)| *value == "Secret dock");
        assert!(typed || !answer.body.contains("Secret"), "{fields:?}: {}", answer.body);
    }
    let made = eddy.post("/tags", &[("name", "x"), ("store", &hidden)]);
    assert!(made.status == 422 && !made.body.contains("Secret"), "{}", made.body);
    assert_eq!(site.number(&format!("SELECT count(*) FROM items WHERE store_id = {store}")), 1);
    assert_eq!(site.number(&format!("SELECT count(*) FROM item_tags WHERE tag_id = {tag}")), 1);
}

fn an_old_form_tells_nothing_of_what_an_item_was_in_a_store_that_one_may_not_see(site: Site) {
    let (secret, north) = (secret(&site).0, site.add_store("North dock"));
    let item = site.add_item(secret, &[("name", "Vase"), ("price", "5")]);
    let edit = format!("/items/{item}/edit");
    site.fill(&edit, &[("price", "12.34")]);
    let eddy = site.signed_in("eddy", Role::Editor, Some(&[north]));
    site.fill(&edit, &[("price", "99"), ("store", &north.to_string())]);
    let version = site.number(&format!("SELECT version FROM items WHERE id = {item}"));
    for earlier in 1..version {
        let old = eddy.get(&edit).form().filled(&[("version", &earlier.to_string())]);
        let answers = ["12.34", "12.33", "1"].map(|price| {
            let answer = eddy.submit(old.clone().filled(&[("price", price)]));
            (answer.status, answer.texts("legend"))
        });
        assert_eq!(answers[0], answers[1], "{earlier}");
        assert_eq!((answers[0].0, &answers[0]), (409, &answers[2]), "{earlier}");
    }
    let mine = eddy.get(&edit).form();
    site.fill(&edit, &[("description", "Mended")]);
    let merged = eddy.submit(mine.filled(&[("price", "98")]));
    assert_eq!(merged.status, 303, "what happened in their own store is merged as ever");
}

fn the_api_leads_to_no_store_that_one_may_not_see(site: Site) {
    let (store, item, tag) = secret(&site);
    let north = site.add_store("North dock");
    let mine = site.add_item(north, &[("name", "Lamp")]);
    let token = site.signed_in("eddy", Role::Editor, Some(&[north])).make_token("till", "editor");
    let program = site.stranger();
    let new = format!(r#"{{"name": "x", "price": 1, "store_id": {store}}}"#);
    for (method, path, body) in [
        ("GET", format!("/store/{store}"), ""),
        ("GET", format!("/store/{store}/tag"), ""),
        ("PATCH", format!("/store/{store}"), r#"{"name": "x"}"#),
        ("POST", format!("/store/{store}/tag"), r#"{"name": "x"}"#),
        ("GET", format!("/item/{item}"), ""),
        ("PUT", format!("/item/{item}"), r#"{"name": "x", "price": 1}"#),
        ("DELETE", format!("/item/{item}"), ""),
        ("GET", format!("/tag/{tag}"), ""),
        ("DELETE", format!("/tag/{tag}"), ""),
        ("POST", format!("/item/{mine}/tag/{tag}"), ""),
        ("POST", format!("/item/{item}/tag/{tag}"), ""),
        ("POST", "/item".to_owned(), new.as_str()),
        ("PATCH", format!("/item/{mine}"), new.as_str()),
    ] {
        let answer = program.with_token(&token, method, &path, body);
        assert!((400..=422).contains(&answer.status), "{method} {path}: {}", answer.status);
        assert!(!answer.body.contains("Secret"), "{method} {path}: {}", answer.body);
    }
    // Whatever is wrong with what is sent, an item there is answered like none at all.
    for (method, body) in [("PUT", r#"{"price": "x"}"#), ("PUT", "{}"), ("PATCH", r#"{"price": "x"}"#), ("PATCH", "{}")]
    {
        let answers = [item, 4711].map(|id| program.with_token(&token, method, &format!("/item/{id}"), body));
        let [hidden, none] = answers.map(|answer| (answer.status, answer.body));
        assert_eq!(hidden, none, "{method} {body}");
    }
    for path in ["/store", "/item", "/item?tag=Secret+tag"] {
        assert!(!program.with_token(&token, "GET", path, "").body.contains("Secret"), "{path}");
    }
    assert_eq!(site.number("SELECT version FROM items WHERE name = 'Secret lamp'"), 1);
    assert_eq!(site.number("SELECT count(*) FROM items"), 2);
}
