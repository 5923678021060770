use std::time::{Duration, Instant};

use stockroom::users::{Role, User, password};

use super::{OTHER, WRONG};
use crate::support::{PASSWORD, Site};

on_both!(
    who_is_not_signed_in_sees_the_sign_in_page_and_then_what_they_asked_for,
    a_wrong_password_and_an_unknown_address_are_told_in_the_same_words_and_time,
    an_address_is_known_whatever_its_case_and_a_password_from_every_keyboard,
    a_redirect_after_sign_in_stays_on_the_site,
    a_password_is_never_in_a_page_and_never_in_a_url,
    a_password_is_changed_by_who_knows_the_one_before,
    a_form_for_another_password_sent_twice_says_that_it_is_done,
    an_address_with_what_no_text_can_hold_is_no_account_s,
    a_sign_in_that_overlaps_with_a_change_of_password_opens_nothing,
    tokens_are_revoked_with_the_password_for_who_asks_for_it,
    many_sign_ins_at_once_do_not_keep_others_waiting,
    a_password_is_kept_as_argon2id_with_the_recommended_parameters,
);

fn who_is_not_signed_in_sees_the_sign_in_page_and_then_what_they_asked_for(site: Site) {
    let browser = site.stranger();
    let led = browser.get("/items?q=lamp&sort=name");
    assert_eq!(led.status, 303);
    let page = led.follow();
    assert_eq!(page.text("h1"), "Sign in");
    let form = page.form().filled(&[("email", "somebody@example.com"), ("password", PASSWORD)]);
    let done = browser.submit(form);
    assert_eq!((done.status, done.header("location")), (303, "/items?q=lamp&sort=name"));
    assert_eq!(done.follow().status, 200);
}

fn a_wrong_password_and_an_unknown_address_are_told_in_the_same_words_and_time(site: Site) {
    site.signed_in("dora", Role::Editor, None);
    site.sql("UPDATE users SET disabled_at = created_at WHERE name = 'dora'");
    let browser = site.stranger();
    browser.sign_in("warm-up", WRONG);
    let timed = |name: &str, password: &str| {
        let start = Instant::now();
        let answer = browser.sign_in(name, password);
        let said = answer.text("[role=alert]");
        (answer.status, said, start.elapsed())
    };
    let mut times = Vec::new();
    for (name, password) in
        [("somebody", WRONG), ("nobody", WRONG), ("dora", PASSWORD), ("nobody' OR 1=1 --", PASSWORD)]
    {
        let (status, said, took) = timed(name, password);
        assert_eq!(status, 422, "{name}");
        assert!(said.starts_with("No account has this address and this password"), "{name}: {said}");
        times.push(took);
    }
    // An answer without hashing would be a hundred times faster; a busy machine is not.
    let (least, most) = (times.iter().min().expect("times"), times.iter().max().expect("times"));
    assert!(*least * 8 > *most, "{times:?}");
    assert!(!browser.is_in());
}

fn an_address_is_known_whatever_its_case_and_a_password_from_every_keyboard(site: Site) {
    for email in ["SOMEBODY@Example.com", " somebody@example.com "] {
        let browser = site.stranger();
        assert_eq!(browser.fill("/session/new", &[("email", email), ("password", PASSWORD)]).status, 303, "{email}");
    }
    let chosen = "  Übergrößenträger 12  ";
    let fields = [("password", PASSWORD), ("new_password", chosen)];
    let form = site.get("/account").form_at("form[action='/account/password']").filled(&fields);
    assert_eq!(site.submit(form).status, 303);
    // The same letters, composed otherwise: as another system types them.
    let decomposed = "  U\u{308}bergro\u{308}ßentra\u{308}ger 12  ";
    assert_eq!(site.stranger().sign_in("somebody", decomposed).status, 303);
    assert_eq!(site.stranger().sign_in("somebody", chosen.trim()).status, 422, "nothing is cut off");
}

fn a_redirect_after_sign_in_stays_on_the_site(site: Site) {
    for next in [
        "//evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "evil.example",
        "/items\r\nset-cookie: x=y",
        " //evil.example",
        "%2f%2fevil.example",
    ] {
        let browser = site.stranger();
        let query = serde_urlencoded::to_string([("next", next)]).expect("a query");
        let page = browser.get(&format!("/session/new?{query}"));
        assert!(!page.body.contains("evil"), "{next:?}");
        let fields = [("email", "somebody@example.com"), ("password", PASSWORD), ("next", next)];
        let done = browser.post("/session", &fields);
        assert_eq!((done.status, done.header("location")), (303, "/"), "{next:?}");
        assert_eq!(done.headers.get_all("set-cookie").iter().count(), 1, "{next:?}");
        let planted = [("email", "somebody@example.com"), ("password", PASSWORD), ("kept_path", next), ("kept", "a=b")];
        let done = site.stranger().post("/session", &planted);
        assert_eq!((done.status, done.header("location")), (303, "/"), "{next:?}");
    }
    for next in ["/items?q=a//b", "/stores/7/edit"] {
        let fields = [("email", "somebody@example.com"), ("password", PASSWORD), ("next", next)];
        assert_eq!(site.stranger().post("/session", &fields).header("location"), next);
    }
}

fn a_password_is_never_in_a_page_and_never_in_a_url(site: Site) {
    let browser = site.stranger();
    let form = browser.get("/session/new").form();
    assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/session"));
    let wrong = browser.sign_in("somebody", WRONG);
    assert!(!wrong.body.contains(WRONG));
    assert!(
        !browser.get("/session/new?email=somebody%40example.com&password=hunter2-in-a-url").body.contains("hunter2")
    );
    let fields = [("password", WRONG), ("new_password", "too short")];
    let refused = site.submit(site.get("/account").form_at("form[action='/account/password']").filled(&fields));
    assert_eq!(refused.status, 422);
    assert!(!refused.body.contains(WRONG) && !refused.body.contains("value=\"too short"), "{}", refused.body);
    for path in ["/session/new", "/account", "/account/second-factor"] {
        for form in browser_forms(&site, path) {
            assert_eq!(form, "post", "{path} has a password in a form that is not posted");
        }
    }
}

/// The methods of the forms that have a password in them.
fn browser_forms(site: &Site, path: &str) -> Vec<String> {
    let page = site.get(path).html();
    page.all("form:has([type=password])").iter().map(|form| form.attr("method").unwrap_or("get").to_owned()).collect()
}

fn a_password_is_changed_by_who_knows_the_one_before(site: Site) {
    let elsewhere = site.stranger();
    elsewhere.sign_in("somebody", PASSWORD);
    let change = |before: &str, after: &str| {
        let fields = [("password", before), ("new_password", after)];
        site.submit(site.get("/account").form_at("form[action='/account/password']").filled(&fields))
    };
    for (before, after, field) in
        [(WRONG, OTHER, "password"), (PASSWORD, "short", "new_password"), (PASSWORD, "password1234", "new_password")]
    {
        let refused = change(before, after);
        assert_eq!((refused.status, refused.html().has(&format!("#{field}-fault"))), (422, true), "{after}");
    }
    assert!(elsewhere.is_in());
    let mine = change(PASSWORD, "somebody@example.com!");
    assert!(mine.status == 422 && mine.html().has("#new_password-fault"), "made of the own address");
    assert_eq!(change(PASSWORD, OTHER).status, 303);
    assert!(site.is_in() && !elsewhere.is_in(), "it is signed out everywhere else");
    assert_eq!(site.stranger().sign_in("somebody", PASSWORD).status, 422);
    assert_eq!(site.stranger().sign_in("somebody", OTHER).status, 303);
}

fn a_form_for_another_password_sent_twice_says_that_it_is_done(site: Site) {
    let fields = [("password", PASSWORD), ("new_password", OTHER)];
    let form = site.get("/account").form_at("form[action='/account/password']").filled(&fields);
    site.submit(form.clone());
    let again = site.submit(form.clone());
    assert!(again.follow().text(".notice").contains("Nothing was done twice"), "{}", again.body);
    assert_eq!(site.number("SELECT count(*) FROM audit_events WHERE event = 'password changed'"), 1);
    assert_eq!(site.number("SELECT count(*) FROM audit_events WHERE event = 'confirmation failed'"), 0);
    let third = "eight blue kettles whistle";
    assert_eq!(
        site.submit(form.clone().filled(&[("new_password", third)])).status,
        422,
        "the old one is none any more"
    );
    assert_eq!(site.submit(form.filled(&[("password", OTHER), ("new_password", third)])).status, 303);
    assert_eq!(site.stranger().sign_in("somebody", third).status, 303);
    let twice = site.post("/session/deletion", &[]);
    assert_eq!(twice.location(), "/session/new");
    assert_eq!(site.post("/session/deletion", &[]).location(), "/session/new", "who is signed out may say so again");
}

fn an_address_with_what_no_text_can_hold_is_no_account_s(site: Site) {
    let answer = site.stranger().sign_in("a\0b", PASSWORD);
    assert_eq!(answer.status, 422, "{}", answer.body);
    for fields in [[("label", "x"), ("stores", "\0")], [("label", "\0"), ("stores", "x")]] {
        let fields = [&fields[..], &[("role", "viewer"), ("reach", "some")]].concat();
        assert_eq!(site.post("/invitations", &fields).status, 422);
    }
}

fn a_sign_in_that_overlaps_with_a_change_of_password_opens_nothing(site: Site) {
    let hash = password::hash_now(OTHER);
    let attempts =
        |whose: &str| site.number(&format!("SELECT count(*) FROM sign_in_attempts WHERE email_key LIKE '{whose}%'"));
    // While others wait for their passwords to be compared, the old one waits, too.
    let others: Vec<_> = (0..24)
        .map(|number| {
            let browser = site.stranger();
            let email = format!("nobody{number}@example.com");
            std::thread::spawn(move || browser.post("/session", &[("email", &email), ("password", WRONG)]).status)
        })
        .collect();
    let browser = site.stranger();
    let late = browser.clone();
    let late = std::thread::spawn(move || {
        late.post("/session", &[("email", "somebody@example.com"), ("password", PASSWORD)]).status
    });
    // From then on it is known what the password is compared with.
    while attempts("somebody") == 0 {
        std::thread::yield_now();
    }
    let id = site.person("somebody");
    let changed = site.database().open().keep_now(move |conn| User::find(conn, id)?.set_password(conn, &hash, None));
    changed.expect("another password");
    let status = late.join().expect("no panic");
    // Had the password been compared before the change, its session would have ended with it.
    assert!(!browser.is_in() && matches!(status, 422 | 303), "{status}");
    assert!(others.into_iter().all(|other| other.join().expect("no panic") == 422));
    assert_eq!(browser.sign_in("somebody", OTHER).status, 303);
}

fn tokens_are_revoked_with_the_password_for_who_asks_for_it(site: Site) {
    let password_form = || site.get("/account").form_at("form[action='/account/password']");
    assert!(!site.get("/account").html().has("[name=revoke_tokens]"), "there are none to revoke");
    let other = site.signed_in("vera", Role::Viewer, None).make_token("hers", "viewer");
    let mine = [site.make_token("till", "viewer"), site.make_token("scales", "editor")];
    let is_good = |token: &str| site.stranger().with_token(token, "GET", "/store", "").status == 200;
    let form = password_form();
    assert!(form.fields.iter().all(|(name, _)| name != "revoke_tokens"), "programs go on unless one ticks the box");
    let changed = site.submit(form.filled(&[("password", PASSWORD), ("new_password", OTHER)]));
    assert!(changed.follow().body.contains("as good as before"));
    assert!(mine.iter().all(|token| is_good(token)));
    let ticked = |before: &str, after: &str| {
        let fields = [("password", before), ("new_password", after), ("revoke_tokens", "yes")];
        site.submit(password_form().filled(&fields))
    };
    let refused = ticked(WRONG, PASSWORD);
    assert_eq!(refused.status, 422);
    assert!(refused.html().has("[name=revoke_tokens][checked]"), "the tick is kept");
    assert!(mine.iter().all(|token| is_good(token)));
    assert!(ticked(OTHER, PASSWORD).follow().body.contains("Your API tokens are revoked"));
    assert_eq!(mine.map(|token| is_good(&token)), [false, false]);
    assert!(is_good(&other), "those of others are not touched");
    assert!(site.get("/audit").body.contains("all: 2"));
}

fn many_sign_ins_at_once_do_not_keep_others_waiting(site: Site) {
    let start = Instant::now();
    let stop = start + Duration::from_secs(2);
    let guesses: Vec<_> = (0..24)
        .map(|number| {
            let browser = site.stranger();
            std::thread::spawn(move || {
                let mut statuses = Vec::new();
                while Instant::now() < stop {
                    let email = format!("nobody{number}@example.com");
                    statuses.push(browser.post("/session", &[("email", &email), ("password", WRONG)]).status);
                }
                statuses
            })
        })
        .collect();
    let mut slowest = Duration::ZERO;
    while Instant::now() < stop {
        let begin = Instant::now();
        assert_eq!(site.get("/healthz").status, 200);
        assert_eq!(site.get("/stores").status, 200);
        slowest = slowest.max(begin.elapsed());
    }
    assert!(slowest < Duration::from_millis(1500), "{slowest:?}");
    let statuses: Vec<u16> = guesses.into_iter().flat_map(|thread| thread.join().expect("no panic")).collect();
    assert!(statuses.iter().all(|status| matches!(status, 422 | 429)), "{statuses:?}");
}

fn a_password_is_kept_as_argon2id_with_the_recommended_parameters(site: Site) {
    let hash = site.lines("SELECT password_hash AS line FROM users").pop().expect("a hash");
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
}
