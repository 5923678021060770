use diesel::RunQueryDsl;
use stockroom::users::Role;

use super::{OTHER, WRONG, run};
use crate::support::{PASSWORD, Site};

on_both!(
    the_audit_log_has_who_came_in_who_failed_and_what_was_decided,
    the_audit_log_can_be_neither_changed_nor_deleted,
    what_is_no_address_is_not_in_the_audit_log,
    the_journal_names_the_person_and_the_way,
    the_log_has_no_password_cookie_token_or_code,
);

fn the_audit_log_has_who_came_in_who_failed_and_what_was_decided(site: Site) {
    site.stranger().sign_in("somebody", WRONG);
    site.stranger().sign_in("somebody", PASSWORD);
    site.signed_in("eddy", Role::Editor, None);
    site.fill(&format!("/users/{}", site.person("eddy")), &[("role", "viewer")]);
    let again = site.fill(&format!("/users/{}", site.person("eddy")), &[]).follow();
    assert_eq!(again.text(".notice"), "Nothing is changed: that is what eddy may do.");
    run(site.database(), &["currency", "EUR"], "");
    site.post(&format!("/users/{}/disablement", site.person("eddy")), &[]);
    site.make_token("till", "viewer");
    let link = site.invite("Anna <b>", "viewer");
    site.stranger().accept(&link, "anna");
    run(site.database(), &["export"], "");
    let rows = site.get("/audit").texts("tbody tr");
    for (event, detail) in [
        ("sign-in failed", "somebody@example.com"),
        ("signed in", "127.0.0.1"),
        ("role changed", "eddy@example.com: viewer, all stores, before: editor, all stores"),
        ("currency changed", "EUR, before: USD"),
        ("person disabled", "eddy@example.com"),
        ("token made", "“till”, viewer"),
        ("invitation made", "Anna <b>: viewer"),
        ("invitation accepted", "anna"),
        ("catalogue exported", ""),
    ] {
        assert!(rows.iter().any(|row| row.contains(event) && row.contains(detail)), "{event}: {rows:?}");
    }
    assert_eq!(rows.iter().filter(|row| row.contains("role changed")).count(), 1, "what changed nothing is no event");
}

fn the_audit_log_can_be_neither_changed_nor_deleted(site: Site) {
    site.stranger().sign_in("somebody", PASSWORD);
    for statement in ["UPDATE audit_events SET who = 'x'", "DELETE FROM audit_events"] {
        assert!(diesel::sql_query(statement).execute(&mut site.database().connect()).is_err(), "{statement}");
    }
    if !site.database().connect().is_sqlite() {
        assert!(diesel::sql_query("TRUNCATE audit_events").execute(&mut site.database().connect()).is_err());
    }
    for method in ["POST", "DELETE", "PUT"] {
        assert_eq!(site.send(method, "/audit", &[("sec-fetch-site", "same-origin")], "").status, 405, "{method}");
    }
    assert!(site.number("SELECT count(*) FROM audit_events") > 0);
}

fn what_is_no_address_is_not_in_the_audit_log(site: Site) {
    for typed in [PASSWORD, "my Secret p@ss phrase", "p@ss@word"] {
        site.stranger().post("/session", &[("email", typed), ("password", "")]);
        let page = site.get("/audit");
        assert!(page.body.contains("no address") && !page.body.contains(typed), "{}", page.body);
    }
}

fn the_journal_names_the_person_and_the_way(site: Site) {
    let store = site.signed_in("Eddy", Role::Editor, None).add_store("North dock");
    let token = site.make_token("till", "editor");
    let path = format!("/store/{store}");
    assert_eq!(site.stranger().with_token(&token, "PATCH", &path, r#"{"name": "Hull"}"#).status, 200);
    let history = site.get(&format!("/stores/{store}/history")).body;
    for words in ["Eddy", "on a page", "somebody (token “till”)", "by the API"] {
        assert!(history.contains(words), "{words}: {history}");
    }
}

fn the_log_has_no_password_cookie_token_or_code(site: Site) {
    let browser = site.stranger();
    browser.sign_in("somebody", WRONG);
    browser.sign_in("somebody", PASSWORD);
    browser.get("/session/new?password=secret-in-a-query");
    browser.get("/stores?q=secret-in-a-query");
    let fields = [("password", PASSWORD), ("new_password", OTHER)];
    browser.submit(browser.get("/account").form_at("form[action='/account/password']").filled(&fields));
    let token = browser.make_token("till", "viewer");
    browser.with_token(&token, "GET", "/store", "");
    browser.with_token(&format!("{token}x"), "GET", "/store", "");
    let link = browser.invite("Anna", "viewer");
    let secret = link.split('/').nth(2).expect("a secret").to_owned();
    site.stranger().accept(&link, "anna");
    site.stranger().get(&link);
    let cookie = browser.cookie("session").expect("a cookie");
    let log = site.log();
    assert!(log.contains("/invitations/…/acceptance"), "{log}");
    for hidden in [WRONG, PASSWORD, OTHER, &token, &secret, &cookie, "secret-in-a-query", "argon2"] {
        let encoded = hidden.replace(' ', "+");
        assert!(!log.contains(hidden) && !log.contains(&encoded), "{hidden} is in the log");
    }
}
