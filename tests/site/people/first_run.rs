use diesel::connection::SimpleConnection;

use super::{Fresh, nobodys, run};
use crate::support::{Browser, Database, PASSWORD, Site};

on_both!(
    while_there_is_nobody_every_page_leads_to_the_one_that_makes_the_first_administrator,
    the_first_administrator_is_signed_in_and_can_come_back,
    what_is_wrong_with_the_first_account_is_said_beside_each_field,
    after_the_first_run_the_page_that_made_the_administrator_is_gone,
    of_eight_who_would_be_the_first_one_is,
    whoever_is_not_at_the_machine_needs_the_code_in_the_log,
    a_proxy_that_says_nothing_is_known_by_its_older_http,
    sample_data_goes_with_one_click_but_for_what_somebody_changed,
    what_is_put_among_sample_data_while_that_goes_stays,
    the_first_person_of_the_command_line_ends_the_first_run,
);

const ANNA: [(&str, &str); 3] = [("name", "Anna"), ("email", "anna@example.com"), ("password", PASSWORD)];

fn while_there_is_nobody_every_page_leads_to_the_one_that_makes_the_first_administrator(site: Fresh) {
    for path in [
        "/",
        "/stores",
        "/items/new",
        "/users",
        "/account",
        "/audit",
        "/session/new",
        "/invitations/x/acceptance",
        "/nowhere",
    ] {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.header("location")), (303, "/setup"), "{path}");
    }
    for path in ["/session", "/stores", "/session/second-factor"] {
        let answer = site.post(path, &[("name", "x"), ("email", "x@example.com"), ("password", PASSWORD)]);
        assert_eq!((answer.status, answer.header("location")), (303, "/setup"), "{path}");
    }
    assert_eq!(site.send("GET", "/store", &[], "").status, 401, "the API has no page to lead to");
    assert_eq!(site.get("/healthz").status, 200);
    let setup = site.get("/setup");
    assert_eq!((setup.status, setup.html().has("[name=code]")), (200, false));
    assert!(!setup.html().has("nav"), "nothing is offered that would not work");
}

fn the_first_administrator_is_signed_in_and_can_come_back(site: Fresh) {
    let made = site.fill("/setup", &ANNA);
    assert_eq!((made.status, made.header("location")), (303, "/"), "{}", made.body);
    assert!(made.follow().text(".notice").contains("Welcome, Anna"));
    assert_eq!(site.get("/users").status, 200, "it is an administrator");
    let elsewhere = site.stranger();
    assert_eq!(elsewhere.sign_in("anna", PASSWORD).status, 303);
    assert!(elsewhere.is_in());
    assert!(site.get("/audit").body.contains("person added"));
}

fn what_is_wrong_with_the_first_account_is_said_beside_each_field(site: Fresh) {
    let refused = site.fill("/setup", &[("name", ""), ("email", "anna"), ("password", "short")]);
    assert_eq!(refused.status, 422);
    for field in ["name", "email", "password"] {
        assert!(refused.html().has(&format!("#{field}-fault")), "{field}");
    }
    assert_eq!(refused.attr("#email", "value"), "anna");
    assert!(!refused.body.contains("short"), "a password is not shown again");
    for common in ["password1234", "qwertyuiop12", "aaaaaaaaaaaaaaaa", "anna@example.com", "stockroom stockroom"] {
        let refused = site.fill("/setup", &[ANNA[0], ANNA[1], ("password", common)]);
        assert!(refused.status == 422 && refused.html().has("#password-fault"), "{common}");
    }
    assert_eq!(site.number("SELECT count(*) FROM users"), 0);
}

fn after_the_first_run_the_page_that_made_the_administrator_is_gone(site: Fresh) {
    let form = site.get("/setup").form().filled(&ANNA);
    assert_eq!(site.submit(form.clone()).status, 303);
    for browser in [site.stranger(), site.0.stranger()] {
        let late = form.clone().filled(&[("name", "Eve"), ("email", "eve@example.com")]);
        assert_eq!(browser.submit(late).location(), "/session/new");
        let led = browser.get("/setup");
        assert!(led.status == 303 && led.header("location") != "/setup", "{}", led.status);
    }
    assert_eq!(site.number("SELECT count(*) FROM users"), 1);
}

fn of_eight_who_would_be_the_first_one_is(site: Fresh) {
    let form = site.get("/setup").form().filled(&ANNA);
    let answers = site.stranger().at_once(move |browser, number| {
        let answer = browser.submit(form.clone().filled(&[("email", &format!("anna{number}@example.com"))]));
        (answer.status, answer.header("location").to_owned())
    });
    let led = |location: &str| answers.iter().filter(|(_, led)| led == location).count();
    assert_eq!(led("/"), 1, "{answers:?}");
    assert!(answers.iter().all(|(status, _)| matches!(status, 303 | 429)), "{answers:?}");
    assert_eq!(led("/session/new"), answers.iter().filter(|(status, _)| *status == 303).count() - 1);
    assert_eq!(site.number("SELECT count(*) FROM users"), 1);
}

fn whoever_is_not_at_the_machine_needs_the_code_in_the_log(site: Fresh) {
    let log = site.log();
    let line = log.lines().find(|line| line.contains("the code is ")).expect("the code is in the log");
    let code = line.rsplit(' ').next().expect("a word").trim();
    let body = |code: &str| {
        serde_urlencoded::to_string([ANNA.as_slice(), &[("code", code)]].concat()).expect("pairs of texts")
    };
    let form = [("content-type", "application/x-www-form-urlencoded"), ("sec-fetch-site", "same-origin")];
    for hint in [
        ("host", "stock.example"),
        ("host", "10.0.0.7:8080"),
        ("host", "127.0.0.1.evil.example"),
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("x-forwarded-proto", "https"),
        ("forwarded", "for=127.0.0.1"),
        ("via", "1.1 proxy"),
    ] {
        let page = site.send("GET", "/setup", &[hint], "");
        assert!(page.html().has("[name=code]"), "{hint:?}");
        for wrong in ["", "0000000000000000", &code[1..]] {
            let refused = site.send("POST", "/setup", &[&form[..], &[hint]].concat(), &body(wrong));
            assert_eq!((refused.status, refused.html().has("#code-fault")), (422, true), "{hint:?} {wrong}");
        }
    }
    assert_eq!(site.number("SELECT count(*) FROM users"), 0);
    let made = site.send("POST", "/setup", &[&form[..], &[("host", "stock.example")]].concat(), &body(code));
    assert_eq!(made.status, 303, "{}", made.body);
    // The code of the first run is no use in the next.
    let other = Site::start(nobodys(site.database()));
    let refused = other.send("POST", "/setup", &[&form[..], &[("host", "stock.example")]].concat(), &body(code));
    assert_eq!(refused.status, 422);
}

fn a_proxy_that_says_nothing_is_known_by_its_older_http(site: Fresh) {
    use std::io::{Read, Write};
    let address = site.origin().strip_prefix("http://").expect("an origin").to_owned();
    let mut stream = std::net::TcpStream::connect(&address).expect("it listens");
    write!(stream, "GET /setup HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it is sent");
    let mut page = String::new();
    stream.read_to_string(&mut page).expect("a page");
    assert!(page.contains("name=\"code\""), "{page}");
}

fn sample_data_goes_with_one_click_but_for_what_somebody_changed(site: Fresh) {
    let form = site.get("/setup").form().filled(&ANNA).filled(&[("samples", "yes")]);
    let made = site.submit(form);
    assert!(made.follow().text(".notice").contains("sample data"), "{}", made.body);
    assert!(site.number("SELECT count(*) FROM items") > 100);
    let added = site.get(&site.get("/").attr("tbody th a", "href"));
    assert!(added.text("h1") == "Added sample data" && added.html().has(".pager"), "{}", added.body);
    let viewer = site.signed_in("vera", stockroom::users::Role::Viewer, None);
    assert!(!viewer.get("/").html().has("form[action='/samples/deletion']"));
    assert_eq!(viewer.post("/samples/deletion", &[]).status, 403);
    let item = site.number("SELECT min(id) FROM items");
    assert_eq!(site.fill(&format!("/items/{item}/edit"), &[("name", "My lamp")]).status, 303);
    let store = site.number(&format!("SELECT store_id FROM items WHERE id = {item}"));
    let mine = site.add_store("My own store");
    let added = site.add_item(mine, &[("name", "My shelf")]);
    let gone = site.submit(site.get("/").form_at("form[action='/samples/deletion']"));
    assert_eq!(gone.status, 303, "{}", gone.body);
    assert_eq!(site.lines("SELECT name AS line FROM items ORDER BY id"), ["My lamp", "My shelf"]);
    assert_eq!(site.number("SELECT count(*) FROM stores"), 2, "that of the changed item, and one's own");
    for path in [format!("/items/{item}"), format!("/stores/{store}"), format!("/items/{added}")] {
        assert_eq!(site.get(&path).status, 200, "{path}");
    }
    assert!(!site.get("/").html().has("form[action='/samples/deletion']"), "there is nothing left to remove");
    assert_eq!(site.post("/samples/deletion", &[]).status, 303, "a second click does nothing");
    assert_eq!(site.number("SELECT count(*) FROM items"), 2);
}

fn what_is_put_among_sample_data_while_that_goes_stays(site: Fresh) {
    site.submit(site.get("/setup").form().filled(&ANNA).filled(&[("samples", "yes")]));
    let store = site.number("SELECT min(id) FROM stores");
    site.add_store("My own");
    let mut conn = site.database().connect();
    let add = format!(
        "INSERT INTO items (store_id, name, name_key, price_minor, search_key, created_at, updated_at)
         VALUES ({store}, 'Mine', 'mine', 100, 'mine', '2026-01-01 00:00:00', '2026-01-01 00:00:00')"
    );
    let (begin, end) = if conn.is_sqlite() {
        ("BEGIN IMMEDIATE; INSERT INTO open_change_set VALUES (2)", "DELETE FROM open_change_set; COMMIT")
    } else {
        ("BEGIN; SELECT set_config('stockroom.change_set', '2', true)", "COMMIT")
    };
    conn.batch_execute(&format!("{begin}; {add}")).expect("it is added");
    let browser = Browser::clone(&site);
    let removing = std::thread::spawn(move || browser.post("/samples/deletion", &[]).status);
    std::thread::sleep(std::time::Duration::from_millis(500));
    conn.batch_execute(end).expect("it is saved");
    assert_eq!(removing.join().expect("no panic"), 303);
    assert_eq!(site.lines("SELECT name AS line FROM items"), ["Mine"]);
    assert_eq!(site.number("SELECT count(*) FROM stores"), 2);
}

fn the_first_person_of_the_command_line_ends_the_first_run(database: Database) {
    let site = Site::start(nobodys(&database));
    assert_eq!(site.get("/").header("location"), "/setup");
    let arguments = ["user", "add", "anna@example.com", "--name", "Anna", "--role", "administrator"];
    let added = run(site.database(), &arguments, PASSWORD);
    assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    assert_eq!(site.get("/").header("location"), "/session/new");
    assert_eq!(site.post("/setup", &ANNA).location(), "/session/new");
    assert_eq!(site.sign_in("anna", PASSWORD).status, 303);
    assert_eq!(site.get("/users").status, 200);
}
