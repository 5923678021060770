use stockroom::users::Role;

use super::WRONG;
use crate::support::{Browser, PASSWORD, Site};

on_both!(
    an_invitation_lets_somebody_in_with_the_role_it_was_made_for,
    an_invitation_is_good_once,
    of_eight_who_accept_an_invitation_at_once_one_gets_in,
    of_two_invitations_accepted_at_once_with_one_address_one_makes_an_account,
    an_invitation_that_ran_out_was_withdrawn_or_never_was_lets_nobody_in,
    an_invitation_is_no_more_than_who_made_it,
    an_invitation_for_some_stores_shows_these_and_no_more,
    who_accepts_an_invitation_cannot_choose_more_than_it_says,
    a_wrong_acceptance_spends_nothing,
    only_a_hash_of_an_invitation_is_kept_and_its_link_is_shown_once,
    who_opens_an_invitation_while_signed_in_becomes_the_new_person,
);

fn an_invitation_lets_somebody_in_with_the_role_it_was_made_for(site: Site) {
    for (name, role) in [("vera", "viewer"), ("eddy", "editor"), ("ada", "administrator")] {
        let link = site.invite("Somebody, weekends", role);
        let browser = site.stranger();
        let page = browser.get(&link);
        assert!(page.status == 200 && page.body.contains(role), "{}", page.body);
        assert!(page.header("cache-control").contains("no-store"));
        let done = browser.accept(&link, name);
        assert_eq!((done.status, done.header("location")), (303, "/"), "{}", done.body);
        assert!(browser.get("/account").body.contains(role));
        assert_eq!(browser.get("/stores/new").status, if role == "viewer" { 403 } else { 200 });
        assert_eq!(browser.get("/users").status, if role == "administrator" { 200 } else { 403 });
        assert_eq!(site.stranger().sign_in(name, PASSWORD).status, 303);
    }
    assert!(site.get("/users").body.contains("Nobody is invited at the moment"));
}

fn an_invitation_is_good_once(site: Site) {
    let link = site.invite("Anna", "editor");
    let late = site.stranger();
    let form = late.get(&link).form();
    assert_eq!(site.stranger().accept(&link, "anna").status, 303);
    assert_eq!(late.get(&link).status, 404);
    let fields = [("name", "eve"), ("email", "eve@example.com"), ("password", PASSWORD)];
    assert_eq!(late.submit(form.filled(&fields)).status, 404);
    assert_eq!(site.number("SELECT count(*) FROM users"), 2);
}

fn of_eight_who_accept_an_invitation_at_once_one_gets_in(site: Site) {
    let link = site.invite("Anna", "administrator");
    let form = site.stranger().get(&link).form();
    let statuses = site.stranger().at_once(move |browser, number| {
        let (name, email) = (format!("anna {number}"), format!("anna{number}@example.com"));
        // Each with a form of its own, so that no form is merely sent twice.
        let fields =
            [("token", format!("{number:032}")), ("name", name), ("email", email), ("password", PASSWORD.to_owned())];
        let fields: Vec<_> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        browser.submit(form.clone().filled(&fields)).status
    });
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 303 | 404)), "{statuses:?}");
    assert_eq!(site.number("SELECT count(*) FROM users"), 2);
}

fn of_two_invitations_accepted_at_once_with_one_address_one_makes_an_account(site: Site) {
    let links: Vec<_> = (0..8).map(|_| site.invite("Anna", "viewer")).collect();
    let forms: Vec<_> = links.iter().map(|link| site.stranger().get(link).form()).collect();
    let fields = [("name", "Anna"), ("email", "anna@example.com"), ("password", PASSWORD)];
    let statuses =
        site.stranger().at_once(move |browser, number| browser.submit(forms[number].clone().filled(&fields)).status);
    assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 7, "{statuses:?}");
    assert_eq!(site.number("SELECT count(*) FROM users"), 2);
    assert_eq!(site.number("SELECT count(*) FROM invitations"), 7, "the others can still be accepted");
}

fn assert_closed(site: &Site, link: &str) {
    let answer = site.stranger().get(link);
    assert_eq!(answer.status, 404, "{link}");
    if link.len() > 64 {
        assert!(answer.text("main").contains("ask who invited you for a new link"), "{link}: {}", answer.body);
    }
    let fields = [("name", "eve"), ("email", "eve@example.com"), ("password", PASSWORD)];
    assert_eq!(site.stranger().post(link, &fields).status, 404, "{link}");
    assert_eq!(site.number("SELECT count(*) FROM users WHERE name = 'eve'"), 0, "{link}");
}

fn an_invitation_that_ran_out_was_withdrawn_or_never_was_lets_nobody_in(site: Site) {
    let old = site.invite("Old", "editor");
    site.age("invitations", "expires_at", 7 * 24 * 60 - 5);
    assert_eq!(site.stranger().get(&old).status, 200);
    site.age("invitations", "expires_at", 10);
    assert_closed(&site, &old);
    let withdrawn = site.invite("Withdrawn", "editor");
    let button = site.get("/users").form_at("form[action^='/invitations/']");
    assert_eq!(site.submit(button.clone()).status, 303);
    assert_closed(&site, &withdrawn);
    assert_eq!(site.submit(button).follow().text(".notice"), "That invitation is not open any more.");
    let hash = site.invite("Anna", "viewer");
    assert_eq!(site.stranger().get(&hash).status, 200);
    for secret in site.lines("SELECT token_hash AS line FROM invitations").iter().map(String::as_str).chain([
        "",
        "1",
        "' OR 1=1 --",
        "..",
        "%2e%2e",
    ]) {
        let encoded = secret.replace(' ', "%20").replace('\'', "%27");
        assert_closed(&site, &format!("/invitations/{encoded}/acceptance"));
    }
}

fn an_invitation_is_no_more_than_who_made_it(site: Site) {
    let ada = site.signed_in("ada", Role::Administrator, None);
    let id = site.person("ada");
    let link = ada.invite("Eve", "administrator");
    assert_eq!(site.fill(&format!("/users/{id}"), &[("role", "editor")]).status, 303);
    assert_closed(&site, &link);
    assert!(site.get("/users").body.contains("Nobody is invited at the moment"));
    assert_eq!(site.fill(&format!("/users/{id}"), &[("role", "administrator")]).status, 303);
    assert_eq!(site.stranger().get(&link).status, 200);
    assert_eq!(site.post(&format!("/users/{id}/disablement"), &[]).status, 303);
    assert_closed(&site, &link);
}

fn an_invitation_for_some_stores_shows_these_and_no_more(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock"));
    let fields = [("label", "Anna"), ("role", "editor"), ("reach", "some"), ("stores", "North dock")];
    for (name, value) in [
        ("stores", ""),
        ("stores", "Nowhere"),
        ("reach", ""),
        ("role", "owner"),
        ("role", "administrator"),
        ("label", ""),
    ] {
        let form = site.get("/invitations/new").form().filled(&fields).filled(&[(name, value)]);
        assert_eq!(site.submit(form).status, 422, "{name}={value}");
    }
    let made = site.fill("/invitations/new", &fields);
    assert_eq!(site.get("/users").texts("section tbody :is(th, td)")[..3], ["Anna", "editor", "North dock"]);
    assert!(site.get("/audit").body.contains("Anna: editor, stores North dock"));
    let link = made.attr(".secret", "value").strip_prefix(site.origin()).expect("a link").to_owned();
    let anna = site.stranger();
    assert_eq!(anna.accept(&link, "anna").status, 303);
    assert_eq!(
        (anna.get(&format!("/stores/{north}")).status, anna.get(&format!("/stores/{south}")).status),
        (200, 404)
    );
    assert_eq!(anna.get("/stores/new").status, 403);
}

fn who_accepts_an_invitation_cannot_choose_more_than_it_says(site: Site) {
    let store = site.add_store("North dock");
    let link = site.invite("Anna", "viewer");
    site.sql("UPDATE invitations SET all_stores = FALSE");
    let form = site.stranger().get(&link).form();
    let mut fields = form.filled(&[("name", "anna"), ("email", "anna@example.com"), ("password", PASSWORD)]).fields;
    for (name, value) in [
        ("role", "administrator"),
        ("reach", "all"),
        ("all_stores", "1"),
        ("stores", "North dock"),
        ("id", "1"),
        ("user_id", "1"),
        ("version", "7"),
        ("disabled_at", ""),
        ("password_hash", "x"),
        ("created_by", "1"),
    ] {
        fields.push((name.to_owned(), value.to_owned()));
    }
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let anna = site.stranger();
    assert_eq!(anna.post(&link, &fields).status, 303);
    assert_eq!((anna.get("/users").status, anna.get(&format!("/stores/{store}")).status), (403, 404));
    assert_eq!(site.number("SELECT version FROM users WHERE name = 'anna'"), 1);
    assert_eq!(site.number("SELECT count(*) FROM users WHERE role = 'viewer' AND NOT all_stores"), 1);
}

fn a_wrong_acceptance_spends_nothing(site: Site) {
    let link = site.invite("Anna", "viewer");
    let browser = site.stranger();
    for (name, email, password, field) in [
        ("", "anna@example.com", PASSWORD, "name"),
        ("Somebody", "anna@example.com", PASSWORD, "name"),
        ("Somebody\u{2800}", "anna@example.com", PASSWORD, "name"),
        ("S\u{f6}mebody", "anna@example.com", PASSWORD, "name"),
        ("Ada (Token “till”)", "anna@example.com", PASSWORD, "name"),
        ("anna", "anna", PASSWORD, "email"),
        ("anna", "SOMEBODY@example.com", PASSWORD, "email"),
        ("anna", "anna@example.com", "short", "password"),
        ("anna", "anna@example.com", "anna@example.com", "password"),
    ] {
        let refused = browser.fill(&link, &[("name", name), ("email", email), ("password", password)]);
        assert!(refused.status == 422 && refused.html().has(&format!("#{field}-fault")), "{email}: {}", refused.body);
        assert!(!refused.body.contains("value=\"short"));
    }
    assert_eq!(browser.accept(&link, "anna").status, 303);
    assert_eq!(site.stranger().sign_in("somebody", WRONG).status, 422, "nobody's password was replaced");
    assert!(site.is_in());
}

fn only_a_hash_of_an_invitation_is_kept_and_its_link_is_shown_once(site: Site) {
    let form = site.get("/invitations/new").form().filled(&[("label", "Anna"), ("role", "editor")]);
    let made = site.submit(form.clone());
    let link = made.attr(".secret", "value");
    assert!(made.header("cache-control").contains("no-store"));
    let secret = link.split('/').rev().nth(1).expect("a secret").to_owned();
    assert_eq!(secret.len(), 64, "256 bits");
    assert!(!site.lines("SELECT token_hash AS line FROM invitations").contains(&secret));
    let again = site.submit(form);
    assert_eq!((again.status, again.header("location")), (303, "/users"), "a reload makes no second one");
    assert_eq!(site.number("SELECT count(*) FROM invitations"), 1);
    for path in ["/users", "/audit", "/invitations/new"] {
        assert!(!site.get(path).body.contains(&secret), "{path}");
    }
}

fn who_opens_an_invitation_while_signed_in_becomes_the_new_person(site: Site) {
    let link = site.invite("Anna", "viewer");
    let browser: Browser = site.browser();
    let before = browser.cookie("session");
    assert_eq!(browser.accept(&link, "anna").status, 303);
    assert_ne!(browser.cookie("session"), before);
    assert!(browser.get("/account").text("h1").contains("anna"));
}
