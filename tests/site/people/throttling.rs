use super::WRONG;
use crate::support::{Browser, Database, PASSWORD, Site};

on_both!(
    a_guesser_has_to_wait_longer_each_time_and_a_restart_forgives_nothing,
    guesses_at_the_same_moment_are_all_counted,
    who_guesses_cannot_lock_out_the_owner_elsewhere,
    behind_a_proxy_that_is_not_named_everybody_is_one_address,
    an_address_that_tries_many_accounts_has_to_wait,
    how_long_an_address_has_to_wait_is_how_long_it_does,
    failures_counted_while_the_clock_was_ahead_lock_nobody_out,
    an_account_that_many_addresses_try_gives_each_of_them_one_attempt,
    an_address_that_is_not_an_account_s_is_throttled_alike,
    signing_in_forgives_what_failed,
);

/// Tries to sign in from this address, through a proxy that is believed.
fn try_from(browser: &Browser, address: &str, name: &str, password: &str) -> u16 {
    let body = serde_urlencoded::to_string([("email", format!("{name}@example.com").as_str()), ("password", password)]);
    let headers = [
        ("x-forwarded-for", address),
        ("sec-fetch-site", "same-origin"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    browser.send("POST", "/session", &headers, &body.expect("texts")).status
}

fn behind_proxy(database: Database) -> Site {
    Site::start_with(database, &[("STOCKROOM_PROXIES", "127.0.0.1")])
}

fn a_guesser_has_to_wait_longer_each_time_and_a_restart_forgives_nothing(site: Site) {
    let guess = |site: &Site| site.stranger().sign_in("somebody", WRONG);
    for _ in 0..5 {
        assert_eq!(guess(&site).status, 422);
    }
    let wait = |site: &Site| {
        let waits = guess(site);
        assert_eq!(waits.status, 429);
        assert!(waits.text("[role=alert]").contains("too many attempts"), "{}", waits.body);
        assert!(!waits.body.contains(WRONG));
        waits.header("retry-after").parse::<i64>().expect("seconds")
    };
    let first = wait(&site);
    assert!((1..=15).contains(&first), "{first}");
    let site = site.again();
    assert!(wait(&site) <= first);
    let mut before = 15;
    for _ in 0..8 {
        site.age("sign_in_attempts", "failed_at", 16);
        assert_eq!(guess(&site).status, 422, "the wait is over");
        let now = wait(&site);
        assert!(now > before.min(800), "{now} after {before}");
        before = now;
    }
    assert!(before <= 900, "{before}");
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 429, "the right password waits, too");
    site.age("sign_in_attempts", "failed_at", 61);
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303);
}

fn guesses_at_the_same_moment_are_all_counted(site: Site) {
    let statuses: Vec<_> =
        (0..2).flat_map(|_| site.stranger().at_once(|browser, _| browser.sign_in("somebody", WRONG).status)).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 422).count(), 5, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 11, "{statuses:?}");
}

fn who_guesses_cannot_lock_out_the_owner_elsewhere(database: Database) {
    let site = behind_proxy(database);
    let stranger = site.stranger();
    // The owner has come in from home before, and never from the hotel.
    assert_eq!(try_from(&stranger, "1.2.3.4", "somebody", PASSWORD), 303);
    let guesses: Vec<_> = (0..10).map(|_| try_from(&site.stranger(), "6.6.6.6", "somebody", WRONG)).collect();
    assert!(guesses.contains(&429), "{guesses:?}");
    assert_eq!(try_from(&site.stranger(), "6.6.6.6", "somebody", PASSWORD), 429);
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", PASSWORD), 303, "at home");
    assert_eq!(try_from(&site.stranger(), "5.6.7.8", "somebody", PASSWORD), 303, "in the hotel");
    assert!(site.is_in(), "where one is signed in, one stays");
}

fn behind_a_proxy_that_is_not_named_everybody_is_one_address(site: Site) {
    site.signed_in("vera", stockroom::users::Role::Viewer, None);
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", PASSWORD), 303);
    let guesses: Vec<_> =
        (0..6).map(|number| try_from(&site.stranger(), &format!("6.6.6.{number}"), "somebody", WRONG)).collect();
    assert_eq!(guesses, [422, 422, 422, 422, 422, 429]);
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", PASSWORD), 429, "the owner waits, too");
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "vera", PASSWORD), 303, "the owners of other accounts do not");
    assert!(site.is_in(), "who is signed in stays so");
    assert!(site.log().contains("STOCKROOM_PROXIES"), "{}", site.log());
}

fn an_address_that_tries_many_accounts_has_to_wait(database: Database) {
    let site = behind_proxy(database);
    site.sql(
        "INSERT INTO sign_in_attempts (email_key, address, failures, failed_at) \
         SELECT 'name' || id || '@example.com', '6.6.6.6', 49, CURRENT_TIMESTAMP FROM users",
    );
    assert_eq!(try_from(&site.stranger(), "6.6.6.6", "anybody", WRONG), 422);
    for name in ["nobody", "somebody", "else"] {
        assert_eq!(try_from(&site.stranger(), "6.6.6.6", name, WRONG), 429, "{name}");
    }
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", PASSWORD), 303, "other addresses do not");
    // Of IPv6 it is the network that is counted: one household has more addresses than can be.
    for number in 0..5 {
        assert_eq!(try_from(&site.stranger(), &format!("2001:db8:0:1::{number}"), "somebody", WRONG), 422);
    }
    assert_eq!(try_from(&site.stranger(), "2001:db8:0:1:ffff::1", "somebody", WRONG), 429);
    assert_eq!(try_from(&site.stranger(), "2001:db8:0:2::1", "somebody", PASSWORD), 303);
}

fn how_long_an_address_has_to_wait_is_how_long_it_does(site: Site) {
    site.sql(
        "INSERT INTO sign_in_attempts (email_key, address, failures, failed_at) \
         SELECT 'old' || id, '127.0.0.1', 30, CURRENT_TIMESTAMP FROM users",
    );
    site.age("sign_in_attempts", "failed_at", 40);
    site.sql(
        "INSERT INTO sign_in_attempts (email_key, address, failures, failed_at) \
         SELECT 'new' || id, '127.0.0.1', 30, CURRENT_TIMESTAMP FROM users",
    );
    let waits = site.stranger().sign_in("somebody", PASSWORD);
    let seconds: i64 = waits.header("retry-after").parse().expect("seconds");
    assert!((1_140..=1_200).contains(&seconds), "{seconds}");
    assert!(waits.text("[role=alert]").contains("Wait 20 minutes"), "{}", waits.text("[role=alert]"));
    site.age("sign_in_attempts", "failed_at", 21);
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303);
}

fn failures_counted_while_the_clock_was_ahead_lock_nobody_out(site: Site) {
    for _ in 0..5 {
        assert_eq!(site.stranger().sign_in("somebody", WRONG).status, 422);
    }
    site.age("sign_in_attempts", "failed_at", -1_440);
    assert_eq!(site.stranger().sign_in("somebody", WRONG).status, 422, "one attempt is free");
    let waits = site.stranger().sign_in("somebody", PASSWORD);
    let seconds: i64 = waits.header("retry-after").parse().expect("seconds");
    assert!((1..=30).contains(&seconds), "{seconds}, and not a day");
}

fn an_account_that_many_addresses_try_gives_each_of_them_one_attempt(database: Database) {
    let site = behind_proxy(database);
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", PASSWORD), 303);
    site.sql(
        "INSERT INTO sign_in_attempts (email_key, address, failures, failed_at) \
         SELECT email_key, '9.9.9.9', 100, CURRENT_TIMESTAMP FROM users",
    );
    assert_eq!(try_from(&site.stranger(), "7.7.7.7", "somebody", WRONG), 422);
    assert_eq!(try_from(&site.stranger(), "7.7.7.7", "somebody", WRONG), 429, "one is all");
    assert_eq!(try_from(&site.stranger(), "7.7.7.8", "somebody", PASSWORD), 303, "the owner types it right at once");
    for _ in 0..4 {
        assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", WRONG), 422, "at home one may mistype");
    }
    assert_eq!(try_from(&site.stranger(), "1.2.3.4", "somebody", PASSWORD), 303);
}

fn an_address_that_is_not_an_account_s_is_throttled_alike(site: Site) {
    let statuses = |name: &str| -> Vec<u16> { (0..7).map(|_| site.stranger().sign_in(name, WRONG).status).collect() };
    assert_eq!(statuses("nobody"), statuses("somebody"));
    // However it is written, it is one account.
    let written = ["SOMEBODY@example.com", " somebody@EXAMPLE.com"];
    for email in written {
        let answer = site.stranger().post("/session", &[("email", email), ("password", WRONG)]);
        assert_eq!(answer.status, 429, "{email}");
    }
    let long = "x".repeat(100_000);
    let answer = site.stranger().post("/session", &[("email", &long), ("password", &long)]);
    assert_eq!(answer.status, 422, "an endless address is counted by its beginning");
}

fn signing_in_forgives_what_failed(site: Site) {
    for _ in 0..3 {
        for _ in 0..4 {
            assert_eq!(site.stranger().sign_in("somebody", WRONG).status, 422);
        }
        assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303);
    }
}
