use std::time::{SystemTime, UNIX_EPOCH};

use data_encoding::BASE32_NOPAD;
use totp_rs::Builder;

use super::{OTHER, WRONG, run};
use crate::support::{Answer, Browser, Database, PASSWORD, Site};

on_both!(
    with_a_second_factor_a_password_alone_opens_no_page,
    a_code_is_good_once,
    of_eight_who_use_one_code_at_once_one_comes_in,
    a_recovery_code_lets_one_in_once,
    a_session_that_awaits_its_code_ends_after_ten_minutes,
    a_code_spent_while_the_clock_was_ahead_keeps_nobody_out,
    who_waits_for_a_code_when_the_second_factor_is_turned_off_comes_in,
    what_was_typed_is_still_there_when_the_code_comes_too_late_or_twice,
    guesses_of_codes_have_to_wait,
    guesses_of_codes_have_to_wait_wherever_they_come_from,
    a_second_factor_is_turned_on_by_who_shows_a_code_and_the_password,
    a_second_factor_is_turned_off_by_its_owner_or_an_administrator,
    the_password_alone_neither_replaces_nor_removes_a_second_factor,
    guesses_of_codes_have_to_wait_on_the_account_page_too,
    what_was_guessed_wrong_on_the_account_page_is_in_the_audit_log,
    who_lost_phone_and_codes_is_helped_at_the_command_line,
);

/// The code that a phone with this secret shows, so many steps from now.
fn code(secret: &str, steps: u64) -> String {
    let secret = BASE32_NOPAD.decode(secret.as_bytes()).expect("Base32");
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs();
    let totp = Builder::new().with_secret(secret).with_account_name("x").build().expect("a secret");
    totp.generate(now + 30 * steps).to_string()
}

/// The recovery codes on the page that shows them once.
fn recovery_codes(page: &Answer) -> Vec<String> {
    page.text("textarea.secret").split_whitespace().map(str::to_owned).collect()
}

/// Turns the second factor of the administrator on: gives the secret and the recovery codes.
fn turn_on(site: &Site) -> (String, Vec<String>) {
    let form = site.get("/account/second-factor").form();
    let secret = form.value("secret").to_owned();
    let done = site.submit(form.filled(&[("code", &code(&secret, 0)), ("password", PASSWORD)]));
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.header("cache-control").contains("no-store"), "{}", done.header("cache-control"));
    site.sql("UPDATE users SET totp_last_step = 0");
    (secret, recovery_codes(&done))
}

/// A browser at the page that asks for the code.
fn before_the_code(site: &Site) -> (Browser, Answer) {
    let browser = site.stranger();
    let asked = browser.sign_in("somebody", PASSWORD);
    assert_eq!((asked.status, asked.text("h1").as_str()), (200, "One more step"), "{}", asked.body);
    (browser, asked)
}

fn with_a_second_factor_a_password_alone_opens_no_page(site: Site) {
    let (secret, _) = turn_on(&site);
    let (browser, asked) = before_the_code(&site);
    for path in ["/", "/stores", "/account", "/users", "/account/second-factor", "/account/tokens/new", "/audit"] {
        let led = browser.get(path);
        assert!(led.status == 303 && led.location().starts_with("/session/new"), "{path}: {}", led.status);
    }
    for path in [
        "/account/second-factor/deletion",
        "/account/password",
        "/account/tokens",
        "/account/recovery-codes",
        "/stores",
    ] {
        let answer = browser
            .post(path, &[("password", PASSWORD), ("new_password", super::OTHER), ("name", "x"), ("role", "viewer")]);
        assert_eq!(answer.status, 401, "{path}");
    }
    assert_eq!(site.number("SELECT count(*) FROM users WHERE totp_secret IS NOT NULL"), 1);
    assert_eq!(site.number("SELECT count(*) FROM api_tokens"), 0);
    assert!(!site.get("/account").texts("section[aria-labelledby=sessions] tbody tr").is_empty());
    let pending = browser.cookie("session").expect("a cookie");
    for wrong in ["", "000000", "12345", "1234567", "abcdef", "' OR 1=1 --"] {
        let refused = browser.submit(asked.form().filled(&[("code", wrong)]));
        assert!(matches!(refused.status, 422 | 429), "{wrong}");
        assert!(!browser.is_in());
    }
    site.sql("UPDATE sign_in_attempts SET failures = 0");
    let done = browser.submit(asked.form().filled(&[("code", &code(&secret, 0))]));
    assert_eq!((done.status, done.header("location")), (303, "/"), "{}", done.body);
    assert!(browser.is_in());
    assert_ne!(browser.cookie("session").expect("a cookie"), pending, "it has a new id");
    assert!(!site.stranger().with_cookie("session", &pending).is_in());
}

fn a_code_is_good_once(site: Site) {
    let (secret, _) = turn_on(&site);
    let shown = code(&secret, 0);
    let (first, asked) = before_the_code(&site);
    assert_eq!(first.submit(asked.form().filled(&[("code", &shown)])).status, 303);
    let (second, asked) = before_the_code(&site);
    assert_eq!(
        second.submit(asked.form().filled(&[("code", &shown)])).status,
        422,
        "somebody looked over the shoulder"
    );
    assert!(!second.is_in());
    let spaced = code(&secret, 1);
    let spaced = format!(" {} {} ", &spaced[..3], &spaced[3..]);
    assert_eq!(second.submit(asked.form().filled(&[("code", &spaced)])).status, 303);
    // Codes of long ago and of later are none.
    site.sql("UPDATE users SET totp_last_step = 0");
    let (third, asked) = before_the_code(&site);
    assert_eq!(third.submit(asked.form().filled(&[("code", &code(&secret, 4))])).status, 422);
}

fn of_eight_who_use_one_code_at_once_one_comes_in(site: Site) {
    let (secret, codes) = turn_on(&site);
    for typed in [code(&secret, 0), codes[0].clone()] {
        let waiting: Vec<_> = (0..8)
            .map(|_| {
                site.sql("UPDATE sign_in_attempts SET failures = 0");
                before_the_code(&site)
            })
            .collect();
        site.sql("UPDATE sign_in_attempts SET failures = 0, succeeded_at = failed_at");
        let forms: Vec<_> = waiting
            .iter()
            .map(|(browser, asked)| (browser.clone(), asked.form().filled(&[("code", &typed)])))
            .collect();
        let forms = std::sync::Arc::new(forms);
        let statuses = site.at_once(move |_, number| {
            let (browser, form) = &forms[number];
            browser.submit(form.clone()).status
        });
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        let inside = waiting.iter().filter(|(browser, _)| browser.is_in()).count();
        assert_eq!(inside, 1, "{typed}");
    }
}

fn a_recovery_code_lets_one_in_once(site: Site) {
    let (_, codes) = turn_on(&site);
    assert_eq!(codes.len(), 10);
    let plain = codes[0].replace('-', "");
    assert!(site.lines("SELECT code_hash AS line FROM recovery_codes").iter().all(|hash| !hash.contains(&plain)));
    let (browser, asked) = before_the_code(&site);
    let typed = codes[0].to_uppercase();
    assert_eq!(browser.submit(asked.form().filled(&[("code", &typed)])).status, 303);
    assert!(browser.is_in());
    let (again, asked) = before_the_code(&site);
    assert_eq!(again.submit(asked.form().filled(&[("code", &codes[0])])).status, 422);
    assert!(!again.is_in());
    assert!(site.get("/account/second-factor").body.contains("9 recovery codes left"));
    assert!(site.get("/audit").body.contains("recovery code used"));
    // New ones make the old ones void.
    let form = site.get("/account/second-factor").form();
    assert_eq!(site.submit(form.clone().filled(&[("password", WRONG)])).status, 422);
    let anew = site.submit(form.filled(&[("password", PASSWORD), ("code", &codes[2])]));
    assert_eq!(recovery_codes(&anew).len(), 10);
    assert_eq!(again.submit(asked.form().filled(&[("code", &codes[1])])).status, 422);
    assert_eq!(again.submit(asked.form().filled(&[("code", &recovery_codes(&anew)[1])])).status, 303);
}

fn a_session_that_awaits_its_code_ends_after_ten_minutes(site: Site) {
    let (secret, _) = turn_on(&site);
    let (browser, asked) = before_the_code(&site);
    site.age("sessions", "last_seen_at", 11);
    let late = browser.submit(asked.form().filled(&[("code", &code(&secret, 0))]));
    assert_eq!(late.status, 401);
    assert!(late.text("[role=alert]").contains("took too long"), "{}", late.body);
    assert!(!browser.is_in());
    let without = site.stranger().post("/session/second-factor", &[("code", &code(&secret, 0))]);
    assert_eq!(without.status, 401, "nor without a password");
}

fn a_code_spent_while_the_clock_was_ahead_keeps_nobody_out(site: Site) {
    let (secret, _) = turn_on(&site);
    site.sql("UPDATE users SET totp_last_step = 99999999");
    let (browser, asked) = before_the_code(&site);
    let shown = code(&secret, 0);
    assert_eq!(browser.submit(asked.form().filled(&[("code", &shown)])).status, 303);
    let (again, asked) = before_the_code(&site);
    assert_eq!(again.submit(asked.form().filled(&[("code", &shown)])).status, 422, "it is good once all the same");
}

fn who_waits_for_a_code_when_the_second_factor_is_turned_off_comes_in(site: Site) {
    let (secret, _) = turn_on(&site);
    let (browser, asked) = before_the_code(&site);
    assert_eq!(turn_off(&site, PASSWORD, &code(&secret, 0)).status, 303);
    assert_eq!(browser.submit(asked.form().filled(&[("code", "000000")])).status, 303);
    assert!(browser.is_in());
}

fn what_was_typed_is_still_there_when_the_code_comes_too_late_or_twice(site: Site) {
    let (secret, codes) = turn_on(&site);
    // A browser at the page for the code, with a form that it was signed out of.
    let typed_and_asked = |name: &str| {
        let browser = site.signed_in_again("somebody");
        let form = browser.get("/stores/new").form().filled(&[("name", name)]);
        site.sql("DELETE FROM sessions WHERE NOT awaits_factor");
        let asked = browser.submit(form);
        let fields = [("email", "somebody@example.com"), ("password", PASSWORD)];
        let code_page = browser.submit(asked.form().filled(&fields));
        assert_eq!(code_page.text("h1"), "One more step", "{}", code_page.body);
        (browser, code_page)
    };
    let name_after = |browser: &Browser, led: &Answer| browser.submit(led.form()).form().value("name").to_owned();
    let (browser, asked) = typed_and_asked("Too late");
    site.age("sessions", "last_seen_at", 11);
    let late = browser.submit(asked.form().filled(&[("code", &code(&secret, 0))]));
    assert!(late.status == 401 && late.text("[role=alert]").contains("is still there"), "{}", late.body);
    let again = browser.submit(late.form().filled(&[("email", "somebody@example.com"), ("password", PASSWORD)]));
    let led = browser.submit(again.form().filled(&[("code", &code(&secret, 0))]));
    assert_eq!(name_after(&browser, &led), "Too late");
    // Twice: the browser has the first answer's cookie, or has lost that answer.
    let (browser, asked) = typed_and_asked("Twice");
    let before = browser.cookie("session").expect("a cookie");
    let form = asked.form().filled(&[("code", &codes[0])]);
    browser.submit(form.clone());
    let led = browser.submit(form.clone());
    assert_eq!(name_after(&browser, &led), "Twice");
    let lost = site.stranger().with_cookie("session", &before).submit(form);
    assert!(lost.status == 401 && lost.body.contains("Twice"), "{}", lost.body);
}

fn guesses_of_codes_have_to_wait_wherever_they_come_from(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_PROXIES", "127.0.0.1")]);
    let (secret, _) = turn_on(&site);
    let guess = |browser: &Browser, address: &str, code: &str| {
        let headers = [
            ("x-forwarded-for", address),
            ("sec-fetch-site", "same-origin"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        browser.send("POST", "/session/second-factor", &headers, &format!("code={code}")).status
    };
    let home = before_the_code(&site).0;
    assert_eq!(guess(&home, "1.2.3.4", &code(&secret, 0)), 303);
    site.sql("UPDATE users SET totp_last_step = 0");
    let (thief, _) = before_the_code(&site);
    let wrong = "000000";
    let guesses: Vec<_> = (0..8).map(|n| guess(&thief, &format!("2001:db8:{n}::1"), wrong)).collect();
    assert_eq!(guesses, [422, 422, 422, 422, 422, 429, 429, 429]);
    assert_eq!(guess(&thief, "9.9.9.9", &code(&secret, 0)), 429, "the right one waits, too");
    let (owner, _) = before_the_code(&site);
    assert_eq!(guess(&owner, "1.2.3.4", wrong), 422, "but not where its owner came in before");
    assert_eq!(guess(&owner, "1.2.3.4", &code(&secret, 0)), 303);
    assert_eq!(guess(&thief, "9.9.9.9", wrong), 422, "and then those guesses are forgiven");
}

fn guesses_of_codes_have_to_wait(site: Site) {
    let (secret, _) = turn_on(&site);
    site.sql("DELETE FROM sign_in_attempts");
    let (browser, asked) = before_the_code(&site);
    let guess = |code: &str| browser.submit(asked.form().filled(&[("code", code)]));
    let statuses: Vec<_> = (0..8).map(|_| guess("000000").status).collect();
    assert_eq!(statuses, [422, 422, 422, 422, 429, 429, 429, 429], "the password was one of five");
    let waits = guess(&code(&secret, 0));
    assert_eq!(waits.status, 429, "the right one waits, too");
    assert!(!waits.header("retry-after").is_empty());
    // Beginning again with the password forgives nothing.
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 429);
}

fn a_second_factor_is_turned_on_by_who_shows_a_code_and_the_password(site: Site) {
    let form = site.get("/account/second-factor").form();
    let secret = form.value("secret").to_owned();
    assert_ne!(site.get("/account/second-factor").form().value("secret"), secret, "each is new");
    for (typed, password) in [("000000".to_owned(), PASSWORD), (code(&secret, 0), WRONG), (code(&secret, 0), "")] {
        let refused = site.submit(form.clone().filled(&[("code", &typed), ("password", password)]));
        assert_eq!(refused.status, 422, "{typed}");
    }
    for secret in ["", "x", "'; DROP TABLE users; --", "<script>", "AAAA"] {
        let fields = [("secret", secret), ("code", "000000"), ("password", PASSWORD)];
        let refused = site.post("/account/second-factor", &fields);
        assert!(matches!(refused.status, 400 | 422), "{secret}: {}", refused.status);
        assert!(!refused.body.contains("<script>"), "{secret}");
    }
    assert_eq!(site.number("SELECT count(*) FROM users WHERE totp_secret IS NOT NULL"), 0);
}

/// Presses “Turn it off” on the page of the second factor.
fn turn_off(site: &Site, password: &str, code: &str) -> Answer {
    let mut form = site.get("/account/second-factor").form().filled(&[("password", password), ("code", code)]);
    "/account/second-factor/deletion".clone_into(&mut form.action);
    site.submit(form)
}

fn is_on(site: &Site) -> bool {
    site.number("SELECT count(*) FROM users WHERE totp_secret IS NOT NULL") == 1
}

fn a_second_factor_is_turned_off_by_its_owner_or_an_administrator(site: Site) {
    let (secret, _) = turn_on(&site);
    assert_eq!(turn_off(&site, WRONG, &code(&secret, 0)).status, 422);
    assert_eq!(turn_off(&site, PASSWORD, &code(&secret, 0)).status, 303, "a code is not spent with a wrong password");
    assert_eq!((is_on(&site), site.number("SELECT count(*) FROM recovery_codes")), (false, 0));
    let twice = site.post("/account/second-factor/deletion", &[("password", PASSWORD)]);
    assert_eq!((twice.status, twice.header("location")), (303, "/account"), "whoever presses twice finds it off");
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303);
    let (_, codes) = turn_on(&site);
    assert_eq!(turn_off(&site, PASSWORD, &codes[3]).status, 303, "a recovery code will do");
    assert!(site.get("/audit").body.contains("9 left"));
    turn_on(&site);
    let id = site.person("somebody");
    let editor = site.signed_in("eddy", stockroom::users::Role::Editor, None);
    assert_eq!(editor.post(&format!("/users/{id}/second-factor/deletion"), &[]).status, 403);
    let page = site.get(&format!("/users/{id}"));
    assert!(!page.html().has("form[action$='/second-factor/deletion']"), "one's own is not turned off here");
    let own = site.post(&format!("/users/{id}/second-factor/deletion"), &[]);
    assert!(own.status == 422 && own.text("[role=alert]").contains("your account") && is_on(&site), "{}", own.body);
    let other = site.signed_in("ada", stockroom::users::Role::Administrator, None);
    let button = other.get(&format!("/users/{id}")).form_at("form[action$='/second-factor/deletion']");
    assert_eq!(other.submit(button).status, 303);
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 303);
    assert!(site.get("/audit").body.contains("second factor turned off"));
}

fn the_password_alone_neither_replaces_nor_removes_a_second_factor(site: Site) {
    let before = site.get("/account/second-factor").form();
    let (secret, codes) = turn_on(&site);
    let kept = site.lines("SELECT totp_secret AS line FROM users");
    // By the form that was open before, and with a secret of the thief's own.
    let thief_s = before.value("secret").to_owned();
    let shown = code(&thief_s, 0);
    let replaced = site.submit(before.filled(&[("code", &shown), ("password", PASSWORD)]));
    assert_eq!(replaced.status, 409, "{}", replaced.body);
    assert!(replaced.text("[role=alert]").contains("on already") && !replaced.body.contains(&thief_s));
    assert_eq!(site.lines("SELECT totp_secret AS line FROM users"), kept);
    for wrong in ["", "000000", "' OR 1=1 --", &shown, "aaaa-aaaa-aaaa-aaaa"] {
        for path in ["/account/second-factor/deletion", "/account/recovery-codes"] {
            site.sql("UPDATE sign_in_attempts SET failures = 0");
            let refused = site.post(path, &[("password", PASSWORD), ("code", wrong)]);
            assert_eq!((refused.status, refused.html().has("#code-fault")), (422, true), "{path} {wrong}");
        }
    }
    assert_eq!(site.lines("SELECT totp_secret AS line FROM users"), kept);
    // A recovery code and a phone's code are spent by it.
    let form = site.get("/account/second-factor").form();
    let spent = form.clone().filled(&[("password", PASSWORD), ("code", &codes[0])]);
    assert_eq!(recovery_codes(&site.submit(spent.clone())).len(), 10);
    let again = site.submit(spent);
    assert_eq!(again.status, 409);
    assert!(again.text("[role=alert]").contains("New recovery codes were made a moment ago"), "{}", again.body);
    let form = site.get("/account/second-factor").form();
    let spent = form.clone().filled(&[("password", PASSWORD), ("code", &codes[0])]);
    assert_eq!(site.submit(spent).status, 422, "a recovery code is good once");
    let typed = form.filled(&[("password", PASSWORD), ("code", &code(&secret, 0))]);
    assert_eq!(site.submit(typed.clone()).status, 200);
    assert_eq!(site.submit(typed).status, 409);
    let form = site.get("/account/second-factor").form();
    let typed = form.filled(&[("password", PASSWORD), ("code", &code(&secret, 0))]);
    assert_eq!(site.submit(typed).status, 422, "and so is a code");
    assert!(is_on(&site));
}

fn guesses_of_codes_have_to_wait_on_the_account_page_too(site: Site) {
    let (secret, _) = turn_on(&site);
    site.sql("DELETE FROM sign_in_attempts");
    let statuses: Vec<_> = (0..8)
        .map(|_| {
            // The right password in between forgives nothing.
            let fields = [("password", PASSWORD), ("new_password", "short")];
            site.post("/account/password", &fields);
            turn_off(&site, PASSWORD, "000000").status
        })
        .collect();
    assert_eq!(statuses, [422, 422, 422, 422, 422, 429, 429, 429]);
    let waits = turn_off(&site, PASSWORD, &code(&secret, 0));
    assert_eq!(waits.status, 429, "the right one waits, too");
    let said = waits.text("h1 + p");
    assert!(said.contains("It takes ") && (said.contains(" second") || said.contains(" minute")), "{said}");
    assert!(is_on(&site));
}

fn what_was_guessed_wrong_on_the_account_page_is_in_the_audit_log(site: Site) {
    turn_on(&site);
    assert_eq!(turn_off(&site, WRONG, "000000").status, 422);
    assert_eq!(turn_off(&site, PASSWORD, "000000").status, 422);
    site.post("/account/password", &[("password", WRONG), ("new_password", OTHER)]);
    let rows = site.get("/audit").texts("tbody tr");
    let failed = |detail| rows.iter().filter(|row| row.contains("confirmation failed") && row.contains(detail)).count();
    assert_eq!((failed("wrong password"), failed("wrong code")), (2, 1), "{rows:?}");
}

fn who_lost_phone_and_codes_is_helped_at_the_command_line(site: Site) {
    turn_on(&site);
    let arguments = ["user", "password", "somebody@example.com", "--without-second-factor"];
    assert!(run(site.database(), &arguments, OTHER).status.success());
    assert_eq!((is_on(&site), site.number("SELECT count(*) FROM recovery_codes")), (false, 0));
    let done = site.stranger().sign_in("somebody", OTHER);
    assert_eq!((done.status, done.header("location")), (303, "/"), "{}", done.body);
}
