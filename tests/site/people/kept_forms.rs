use stockroom::users::Role;

use crate::support::{Answer, Browser, Form, PASSWORD, Site};

on_both!(
    a_form_that_was_filled_in_while_the_session_ran_out_is_there_after_signing_in,
    a_form_of_a_quarter_megabyte_survives_a_wrong_password,
    a_form_that_is_not_to_be_shown_again_leads_back_to_its_page,
    what_was_chosen_between_two_versions_is_kept,
    what_was_typed_into_a_form_is_kept_though_its_record_was_deleted_meanwhile,
    another_site_cannot_plant_a_form,
    who_signs_in_as_somebody_else_gets_no_further_than_their_role,
);

/// Signs in on the page that a form was answered with.
fn sign_in_on(browser: &Browser, page: &Answer, name: &str, password: &str) -> Answer {
    browser.submit(page.form().filled(&[("email", &format!("{name}@example.com")), ("password", password)]))
}

fn sent_too_late(site: &Site, form: Form) -> Answer {
    site.sql("DELETE FROM sessions");
    let asked = site.submit(form);
    assert_eq!(asked.status, 401, "{}", asked.body);
    assert!(asked.text("[role=alert]").contains("what you typed is still there"));
    asked
}

/// What a person has typed: everything that a form sends but for its token.
fn typed(form: &Form) -> Vec<(String, String)> {
    let mut typed = form.fields.clone();
    typed.retain(|(name, value)| !matches!(name.as_str(), "token" | "resume") && !value.is_empty());
    typed.sort();
    typed
}

fn a_form_that_was_filled_in_while_the_session_ran_out_is_there_after_signing_in(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used, rare, old")]);
    let tag = site.number("SELECT min(id) FROM tags");
    let ticks: Vec<_> = site.lines("SELECT CAST(id AS TEXT) AS line FROM tags ORDER BY id");
    let text = "<b>Ümläut</b> & \"quotes\"\r\n'; DROP TABLE items; --";
    for (path, fields, table) in [
        (
            "/items/new".to_owned(),
            vec![("name", "Shelf"), ("price", "1x"), ("description", text), ("add_tags", "new")],
            "items",
        ),
        (
            format!("/items/new?store={store}"),
            vec![("name", "Chair"), ("price", "2"), ("tag", &ticks[0]), ("tag", &ticks[2])],
            "items",
        ),
        (format!("/items/{item}/edit"), vec![("name", "Lamp 2"), ("tag", &ticks[1])], "items"),
        ("/stores/new".to_owned(), vec![("name", "South dock"), ("city", "Hull"), ("notes", text)], "stores"),
        (format!("/stores/{store}/edit"), vec![("name", "North dock 2"), ("notes", text)], "stores"),
        ("/tags/new".to_owned(), vec![("name", "brand new")], "tags"),
        (format!("/tags/{tag}/edit"), vec![("name", "renamed")], "tags"),
    ] {
        let before = site.number(&format!("SELECT count(*) FROM {table}"));
        let form = site.get(&path).form().filled(&fields);
        let asked = sent_too_late(&site, form.clone());
        let wrong = sign_in_on(&site, &asked, "somebody", super::WRONG);
        assert_eq!(wrong.status, 422, "{path}");
        assert!(wrong.text("[role=alert]").contains("is still there"), "{path}");
        let led = sign_in_on(&site, &wrong, "somebody", PASSWORD);
        assert_eq!(led.status, 200, "{path}: {}", led.body);
        let shown = site.submit(led.form());
        assert_eq!(shown.status, 200, "{path}: {}", shown.body);
        assert_eq!(typed(&shown.form()), typed(&form), "{path}");
        assert!(shown.text("[role=alert]").contains("not saved yet"), "{path}");
        assert_eq!(site.number(&format!("SELECT count(*) FROM {table}")), before, "{path}: nothing is saved unasked");
        assert!(!shown.body.contains("<b>Ümläut"), "{path}");
    }
    // And it can be sent.
    let form = site.get("/stores/new").form().filled(&[("name", "East dock")]);
    let led = sign_in_on(&site, &sent_too_late(&site, form), "somebody", PASSWORD);
    let saved = site.submit(site.submit(led.form()).form());
    assert!(saved.status == 303 && saved.follow().text("h1").contains("East dock"), "{}", saved.body);
}

fn a_form_of_a_quarter_megabyte_survives_a_wrong_password(site: Site) {
    let notes = "ä b&c=d\r\n".repeat(9_000);
    let form = site.get("/stores/new").form().filled(&[("name", "North dock"), ("notes", &notes)]);
    let size = serde_urlencoded::to_string(&form.fields).expect("texts").len();
    assert!((180_000..262_144).contains(&size), "{size}");
    let asked = sent_too_late(&site, form);
    let again = sign_in_on(&site, &asked, "somebody", super::WRONG);
    let led = sign_in_on(&site, &again, "somebody", PASSWORD);
    assert_eq!(led.status, 200, "{}", &led.body[..500]);
    let shown = site.submit(led.form());
    assert_eq!((shown.status, shown.form().value("notes")), (200, notes.as_str()));
}

fn a_form_that_is_not_to_be_shown_again_leads_back_to_its_page(site: Site) {
    let fields = [("password", PASSWORD), ("new_password", super::OTHER)];
    let form = site.get("/account").form_at("form[action='/account/password']").filled(&fields);
    let body = serde_urlencoded::to_string(&form.fields).expect("texts");
    site.sql("DELETE FROM sessions");
    for (referer, next) in [("/account", "/account"), ("//evil.example", ""), ("/\\evil.example", "")] {
        let referer = format!("{}{referer}", site.origin());
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("referer", referer.as_str()),
        ];
        let asked = site.send("POST", "/account/password", &headers, &body);
        assert_eq!(asked.status, 401);
        assert!(asked.text("[role=alert]").contains("nothing was done"));
        assert!(!asked.body.contains(PASSWORD) && !asked.body.contains(super::OTHER), "a password is not kept");
        let fields = asked.form().fields;
        let led = fields.iter().find(|(name, _)| name == "next").map_or("", |(_, value)| value.as_str());
        assert_eq!(led, next, "{referer}");
    }
}

fn what_was_chosen_between_two_versions_is_kept(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    for path in [format!("/items/{item}/edit"), format!("/stores/{store}/edit")] {
        let open = site.get(&path).form().filled(&[("name", "Mine")]);
        site.fill(&path, &[("name", "Theirs")]);
        let conflict = site.submit(open);
        assert_eq!(conflict.status, 409);
        let led = sign_in_on(&site, &sent_too_late(&site, conflict.form()), "somebody", PASSWORD);
        let shown = site.submit(led.form());
        assert_eq!((shown.status, shown.form().value("name")), (200, "Mine"), "{}", shown.body);
        assert_eq!(site.submit(shown.form()).follow().text("h1"), "Mine");
    }
}

fn what_was_typed_into_a_form_is_kept_though_its_record_was_deleted_meanwhile(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let tag = site.number("SELECT min(id) FROM tags");
    let empty = site.add_store("South dock");
    for (noun, path) in
        [("item", format!("/items/{item}")), ("tag", format!("/tags/{tag}")), ("store", format!("/stores/{empty}"))]
    {
        let form = site.get(&format!("{path}/edit")).form().filled(&[("name", "Typed name")]);
        assert_eq!(site.fill(&format!("{path}/deletion"), &[]).status, 303, "{noun}");
        let led = sign_in_on(&site, &sent_too_late(&site, form), "somebody", PASSWORD);
        let shown = site.submit(led.form());
        assert_eq!((shown.status, shown.form().value("name")), (409, "Typed name"), "{noun}: {}", shown.body);
        assert!(shown.text("[role=alert]").contains(&format!("This {noun} was deleted")), "{noun}");
        let again = if noun == "store" { shown.form() } else { shown.form().filled(&[("store", &store.to_string())]) };
        let saved = site.submit(again);
        assert!(saved.status == 303 && saved.follow().text("h1").contains("Typed name"), "{noun}: {}", saved.body);
    }
}

fn another_site_cannot_plant_a_form(site: Site) {
    let kept = "name=Planted&resumable=yes";
    let planted = [("email", "somebody@example.com"), ("password", PASSWORD), ("kept_path", "/stores"), ("kept", kept)];
    let body = serde_urlencoded::to_string(planted).expect("texts");
    for path in ["/session", "/session/second-factor", "/stores", "/session/new"] {
        for from in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
            let headers = [("content-type", "application/x-www-form-urlencoded"), from];
            let refused = site.stranger().send("POST", path, &headers, &body);
            assert!(matches!(refused.status, 403 | 405), "{path}: {}", refused.status);
            assert!(!refused.body.contains("Planted") && refused.headers.get("set-cookie").is_none(), "{path}");
        }
    }
    // A link plants none either.
    let page = site.stranger().get(&format!("/session/new?{body}"));
    assert!(!page.body.contains("Planted") && !page.body.contains("kept_path"), "{}", page.body);
    // What was kept is shown and not done, even when it says otherwise.
    let mischief = [planted[0], planted[1], ("kept_path", "/stores"), ("kept", "name=Planted&resume=&find=")];
    let browser = site.stranger();
    let shown = browser.submit(browser.post("/session", &mischief).form());
    assert_eq!((shown.status, site.number("SELECT count(*) FROM stores")), (200, 0), "{}", shown.body);
}

fn who_signs_in_as_somebody_else_gets_no_further_than_their_role(site: Site) {
    site.signed_in("vera", Role::Viewer, None);
    let form = site.get("/stores/new").form().filled(&[("name", "North dock")]);
    let asked = sent_too_late(&site, form);
    let led = sign_in_on(&site, &asked, "vera", PASSWORD);
    let refused = site.submit(led.form());
    assert_eq!(refused.status, 403);
    assert_eq!(site.number("SELECT count(*) FROM stores"), 0);
}
