use diesel::connection::SimpleConnection;
use stockroom::users::Role;

use super::{OTHER, WRONG, within_seconds};
use crate::support::{Database, PASSWORD, Site};

on_both!(
    a_session_gets_a_new_id_at_sign_in_and_a_planted_one_is_worth_nothing,
    the_session_one_had_before_ends_when_one_signs_in_again,
    only_a_hash_of_the_cookie_is_kept,
    a_cookie_is_out_of_reach_of_scripts_and_of_other_sites,
    behind_https_a_cookie_is_secure_and_bound_to_the_host,
    signing_out_ends_the_session_for_whoever_kept_its_cookie,
    a_session_ends_when_nothing_is_done_in_it,
    looking_on_waits_for_nobody_who_writes,
    a_session_ends_after_two_weeks_however_much_it_is_used,
    one_sees_where_one_is_signed_in_and_signs_out_elsewhere,
    a_stolen_form_is_refused_and_does_nothing,
    what_is_changed_by_hand_of_who_may_do_what_holds_at_the_next_request,
);

fn a_session_gets_a_new_id_at_sign_in_and_a_planted_one_is_worth_nothing(site: Site) {
    let planted = "a".repeat(64);
    let victim = site.stranger().with_cookie("session", &planted);
    assert!(!victim.is_in());
    assert_eq!(victim.sign_in("somebody", PASSWORD).status, 303);
    assert_ne!(victim.cookie("session").expect("a cookie"), planted);
    assert!(victim.is_in());
    assert!(!site.stranger().with_cookie("session", &planted).is_in(), "whoever planted it is not in");
    // The same with a session that is somebody's.
    let attacker = site.signed_in("eve", Role::Viewer, None);
    let planted = attacker.cookie("session").expect("a cookie");
    let victim = site.stranger().with_cookie("session", &planted);
    victim.sign_in("somebody", PASSWORD);
    assert_ne!(victim.cookie("session").expect("a cookie"), planted);
    assert!(!attacker.is_in() && victim.is_in());
}

fn the_session_one_had_before_ends_when_one_signs_in_again(site: Site) {
    let browser = site.stranger();
    browser.sign_in("somebody", PASSWORD);
    let before = browser.cookie("session").expect("a cookie");
    browser.sign_in("somebody", PASSWORD);
    assert!(browser.is_in() && !site.stranger().with_cookie("session", &before).is_in());
    let wrong = browser.cookie("session");
    browser.sign_in("somebody", WRONG);
    assert_eq!(browser.cookie("session"), wrong, "a wrong password ends nothing");
    assert!(browser.is_in());
}

fn only_a_hash_of_the_cookie_is_kept(site: Site) {
    let browser = site.stranger();
    browser.sign_in("somebody", PASSWORD);
    let secret = browser.cookie("session").expect("a cookie");
    assert!(secret.len() == 64 && secret.bytes().all(|b| b.is_ascii_hexdigit()), "256 bits: {secret}");
    let kept = site.lines("SELECT token_hash AS line FROM sessions");
    assert!(!kept.contains(&secret));
    for hash in kept {
        assert!(!site.stranger().with_cookie("session", &hash).is_in(), "what is kept opens nothing");
    }
    for odd in ["", "'", "' OR 1=1 --", "%00", &"a".repeat(5000)] {
        assert!(!site.stranger().with_cookie("session", odd).is_in(), "{odd}");
    }
}

fn attributes(cookie: &str) -> Vec<String> {
    cookie.split(';').skip(1).map(|attribute| attribute.trim().to_ascii_lowercase()).collect()
}

fn a_cookie_is_out_of_reach_of_scripts_and_of_other_sites(site: Site) {
    let done = site.stranger().sign_in("somebody", PASSWORD);
    let cookie = done.header("set-cookie");
    assert!(cookie.starts_with("session="), "{cookie}");
    let said = attributes(cookie);
    for attribute in ["httponly", "samesite=lax", "path=/", "max-age=1209600"] {
        assert!(said.iter().any(|known| known == attribute), "{attribute}: {cookie}");
    }
    assert!(!said.iter().any(|attribute| attribute.starts_with("domain")), "{cookie}");
    assert!(done.header("cache-control").contains("no-store"));
}

fn behind_https_a_cookie_is_secure_and_bound_to_the_host(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_PROXIES", "127.0.0.1")]);
    let body = serde_urlencoded::to_string([("email", "somebody@example.com"), ("password", PASSWORD)]).expect("texts");
    let https = [
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "stock.example"),
        ("x-forwarded-for", "1.2.3.4"),
        ("origin", "https://stock.example"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let browser = site.stranger();
    let done = browser.send("POST", "/session", &https, &body);
    let cookie = done.header("set-cookie");
    assert!(done.status == 303 && cookie.starts_with("__Host-session="), "{} {cookie}", done.status);
    let said = attributes(cookie);
    assert!(said.contains(&"secure".to_owned()) && said.contains(&"path=/".to_owned()), "{cookie}");
    assert!(!said.iter().any(|attribute| attribute.starts_with("domain")), "{cookie}");
    assert_eq!(browser.send("GET", "/stores", &https[..3], "").status, 200);
    let saved = browser.send("POST", "/stores", &https, "name=North+dock");
    let notice = saved.header("set-cookie");
    assert!(notice.starts_with("notice=") && attributes(notice).contains(&"secure".to_owned()), "{notice}");
    assert_eq!(saved.headers.get_all("set-cookie").iter().count(), 1);
    // The cookie's other name, which somebody on the way could have set, is not looked at.
    let secret = browser.cookie("__Host-session").expect("a cookie");
    let plain = site.stranger().with_cookie("session", &secret);
    assert_eq!(plain.send("GET", "/stores", &https[..3], "").status, 303);
}

fn signing_out_ends_the_session_for_whoever_kept_its_cookie(site: Site) {
    let browser = site.stranger();
    browser.sign_in("somebody", PASSWORD);
    let kept = browser.cookie("session").expect("a cookie");
    assert_eq!(browser.get("/session/deletion").status, 405, "a link or a picture signs nobody out");
    assert!(browser.is_in());
    let out = browser.submit(browser.get("/").form_at("form[action='/session/deletion']"));
    assert_eq!((out.status, out.header("location")), (303, "/session/new"));
    assert_eq!(out.header("clear-site-data"), "\"cache\"");
    assert_eq!(browser.cookie("session"), None);
    assert!(!site.stranger().with_cookie("session", &kept).is_in());
    assert!(site.is_in(), "other sessions of the same person go on");
}

fn a_session_ends_when_nothing_is_done_in_it(site: Site) {
    let seen = || site.lines("SELECT CAST(last_seen_at AS TEXT) AS line FROM sessions ORDER BY id");
    for why in ["half a day is not over", "what was done counts from then"] {
        site.age("sessions", "last_seen_at", 11 * 60);
        let before = seen();
        assert!(site.is_in(), "{why}");
        // Nobody waits for its being noted but this.
        assert!(within_seconds(5, || seen() != before));
    }
    site.age("sessions", "last_seen_at", 12 * 60 + 1);
    let led = site.get("/stores");
    assert_eq!((led.status, led.header("location")), (303, "/session/new?next=%2Fstores"));
    assert!(!site.is_in(), "it does not come back");
}

fn looking_on_waits_for_nobody_who_writes(site: Site) {
    let token = site.make_token("till", "viewer");
    site.age("sessions", "last_seen_at", 60);
    let mut conn = site.database().connect();
    let write =
        if conn.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN; LOCK TABLE sessions, api_tokens IN SHARE MODE" };
    conn.batch_execute(write).expect("a writer that takes its time");
    let begun = std::time::Instant::now();
    for _ in 0..3 {
        assert!(site.is_in());
        assert_eq!(site.stranger().with_token(&token, "GET", "/store", "").status, 200);
    }
    assert!(begun.elapsed() < std::time::Duration::from_secs(4), "that is long before a save gives up");
    conn.batch_execute("ROLLBACK").expect("it ends");
    let used = || site.get("/account").text("section[aria-labelledby=tokens] tbody tr");
    assert!(within_seconds(20, || !used().contains("never")), "it is noted once it can be: {}", used());
}

fn a_session_ends_after_two_weeks_however_much_it_is_used(site: Site) {
    // In a session of its own: the one that tests begin with is as old as their whole run.
    let browser = site.stranger();
    browser.sign_in("somebody", PASSWORD);
    site.age("sessions", "created_at", 14 * 24 * 60 - 5);
    assert!(browser.is_in());
    site.age("sessions", "created_at", 10);
    assert!(!browser.is_in());
    site.stranger().sign_in("somebody", PASSWORD);
    assert_eq!(site.number("SELECT count(*) FROM sessions"), 1, "what has run out is cleared away");
}

fn one_sees_where_one_is_signed_in_and_signs_out_elsewhere(site: Site) {
    let other = site.signed_in("eve", Role::Viewer, None);
    let (phone, till) = (site.stranger(), site.stranger());
    for (browser, name) in [(&phone, "a phone"), (&till, "a <b>till</b>")] {
        let body =
            serde_urlencoded::to_string([("email", "somebody@example.com"), ("password", PASSWORD)]).expect("texts");
        let headers = [
            ("content-type", "application/x-www-form-urlencoded"),
            ("sec-fetch-site", "same-origin"),
            ("user-agent", name),
        ];
        assert_eq!(browser.send("POST", "/session", &headers, &body).status, 303);
    }
    let account = site.get("/account");
    let rows = account.texts("section[aria-labelledby=sessions] tbody tr");
    assert_eq!(rows.len(), 3, "one's own only: {rows:?}");
    assert!(rows.iter().any(|row| row.contains("a phone") && row.contains("127.0.0.1")), "{rows:?}");
    assert!(!account.body.contains("<b>till</b>"));
    let id = site.number("SELECT id FROM sessions WHERE browser = 'a phone'");
    let others = other.post(&format!("/account/sessions/{id}/deletion"), &[]).follow();
    assert!(others.text(".notice").contains("over already") && phone.is_in(), "nobody ends another's");
    for said in ["You are signed out there.", "That session is over already."] {
        let ended = site.post(&format!("/account/sessions/{id}/deletion"), &[]);
        assert_eq!(ended.follow().text(".notice"), said);
    }
    assert_eq!(site.number("SELECT count(*) FROM audit_events WHERE event = 'signed out elsewhere'"), 1);
    assert!(!phone.is_in() && till.is_in());
    assert_eq!(site.post("/account/sessions/deletion", &[]).status, 303);
    assert!(!till.is_in() && site.is_in() && other.is_in());
}

fn a_stolen_form_is_refused_and_does_nothing(site: Site) {
    let eve = site.signed_in("eve", Role::Editor, None);
    let stolen = eve.get("/account").form_at("form[action='/account/password']");
    // Sent from another site, in the victim's browser.
    let fields = stolen.filled(&[("password", PASSWORD), ("new_password", OTHER)]).fields;
    let body = serde_urlencoded::to_string(&fields).expect("texts");
    let victim = site.browser();
    for from in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("origin", "https://evil.example"),
        ("origin", "null"),
    ] {
        let headers = [("content-type", "application/x-www-form-urlencoded"), from];
        for path in
            ["/account/password", "/account/tokens", "/invitations", "/session", "/session/deletion", "/users/1"]
        {
            assert_eq!(victim.send("POST", path, &headers, &body).status, 403, "{path} {from:?}");
        }
    }
    assert!(victim.is_in());
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303, "the password is as before");
}

fn what_is_changed_by_hand_of_who_may_do_what_holds_at_the_next_request(site: Site) {
    let [north, south, west] = ["North dock", "South dock", "West dock"].map(|name| site.add_store(name));
    let item = site.add_item(south, &[("name", "Lamp")]);
    let eve = site.signed_in("eve", Role::Editor, Some(&[north]));
    let token = site.make_token("till", "editor");
    let program = site.stranger();
    let see = || eve.get(&format!("/items/{item}")).status;
    let edit = || eve.get(&format!("/items/{item}/edit")).status;
    let call = || program.with_token(&token, "GET", "/store", "").status;
    let write = || program.with_token(&token, "POST", "/store", "{}").status;
    let user = "(SELECT id FROM users WHERE email = 'eve@example.com')";
    let of_eve = format!("FROM sessions WHERE user_id = {user}");
    let mut conn = site.database().connect();
    let mut then = |statement: &str, status: &dyn Fn() -> u16, [before, after]: [u16; 2]| {
        assert_eq!(status(), before, "before {statement}");
        assert_eq!(status(), before, "and again, now from memory");
        conn.batch_execute(statement).expect("a statement");
        assert_eq!(status(), after, "after {statement}");
    };
    then(&format!("INSERT INTO user_stores (user_id, store_id) VALUES ({user}, {south})"), &see, [404, 200]);
    then(&format!("DELETE FROM user_stores WHERE store_id = {south}"), &see, [200, 404]);
    then(&format!("UPDATE user_stores SET store_id = {south} WHERE user_id = {user}"), &see, [404, 200]);
    then(&format!("UPDATE user_stores SET store_id = {west} WHERE user_id = {user}"), &see, [200, 404]);
    then(&format!("UPDATE users SET all_stores = TRUE WHERE id = {user}"), &edit, [404, 200]);
    then(&format!("UPDATE users SET role = 'viewer' WHERE id = {user}"), &edit, [200, 403]);
    then(&format!("UPDATE users SET disabled_at = created_at WHERE id = {user}"), &see, [200, 303]);
    then(&format!("UPDATE users SET disabled_at = NULL WHERE id = {user}"), &see, [303, 200]);
    then(&format!("UPDATE sessions SET awaits_factor = TRUE WHERE user_id = {user}"), &see, [200, 303]);
    then(&format!("UPDATE sessions SET awaits_factor = FALSE WHERE user_id = {user}"), &see, [303, 200]);
    then(&format!("DELETE {of_eve}"), &see, [200, 303]);
    then("UPDATE api_tokens SET role = 'viewer'", &write, [422, 403]);
    then("DELETE FROM api_tokens", &call, [200, 401]);
}
