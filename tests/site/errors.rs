//! Errors are pages of the site.
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use crate::support::{Answer, Database, Site};

on_both!(
    what_is_not_there_is_a_page_that_says_so,
    a_page_refuses_methods_that_it_does_not_have,
    what_was_typed_stands_on_the_page_that_refuses_it,
    the_address_of_a_refused_form_leads_back_to_the_form,
    a_form_that_is_too_large_is_refused_in_words,
    a_form_just_small_enough_is_taken,
    a_request_from_another_site_is_refused,
    a_form_that_says_nowhere_where_it_comes_from_is_refused,
    a_form_that_cannot_be_read_is_refused,
    a_fault_of_the_program_s_own_shows_its_number_and_no_internals,
    a_save_while_another_program_writes_waits_its_turn,
);

/// A page of the site with this status and heading.
fn assert_page(answer: &Answer, status: u16, heading: &str) {
    assert_eq!((answer.status, answer.text("h1").as_str()), (status, heading), "{}", answer.path);
    let page = answer.html();
    assert_eq!(page.all("h1").len(), 1);
    assert_eq!(page.text("title"), format!("{heading} · Stockroom"));
    assert!(page.has("header a[href='/']") && page.has("main a[href='/']"));
    assert_eq!(answer.header("content-type"), "text/html; charset=utf-8");
    assert!(answer.header("content-security-policy").contains("default-src 'none'"));
    assert!(!answer.header("x-request-id").is_empty());
}

fn what_is_not_there_is_a_page_that_says_so(site: Site) {
    let mut paths =
        vec!["/nowhere".to_owned(), "/static/nothing.css".to_owned(), "/stores/".to_owned(), "/items/7/".to_owned()];
    for noun in ["stores", "items", "tags"] {
        for id in ["7", "0", "-1", "abc", "12345678901234567890", "9223372036854775808", "1.5", "%00", "%FF"] {
            paths.extend(["", "/edit", "/deletion", "/history"].map(|page| format!("/{noun}/{id}{page}")));
        }
    }
    for path in paths {
        assert_page(&site.get(&path), 404, "Page not found");
    }
    let form = [("version", "1"), ("name", "x"), ("price", "1"), ("items", "0"), ("tags", "0")];
    for path in ["/stores/7/deletion", "/items/7/deletion", "/tags/7/deletion", "/items/abc/edit", "/nowhere"] {
        assert_page(&site.post(path, &form), 404, "Page not found");
    }
}

fn what_was_typed_stands_on_the_page_that_refuses_it(site: Site) {
    let store = site.add_store("North dock");
    let eddy = site.signed_in("eddy", stockroom::users::Role::Editor, Some(&[store]));
    let notes = "<b>Long</b> & well\r\nthought of";
    let edit = format!("/stores/{store}/edit");
    let open = eddy.get(&edit);
    let labels: Vec<_> = open.texts("main form label").iter().map(|label| label.replace(" (required)", "")).collect();
    let all = ["name", "code", "address", "city", "region", "postal_code", "country"].map(|field| (field, field));
    let form = open.form().filled(&all).filled(&[("notes", notes)]);
    site.delete(&format!("/stores/{store}"));
    let gone = eddy.submit(form);
    assert_eq!((gone.status, gone.texts("dl.facts dt")), (404, labels), "every field that a person can type in");
    assert_eq!(gone.texts("dl.facts dd").last().expect("notes"), "<b>Long</b> & well thought of");
    let typed = [("version", "1"), ("percent", "12.5"), ("amount", "-3"), ("store_search", "North")];
    let others = eddy.post(&edit, &typed);
    assert_eq!(
        (others.status, others.texts("dl.facts dd")),
        (404, typed[1..].iter().map(|(_, value)| (*value).to_owned()).collect())
    );
    let secret = site.post("/users/4711", &[("version", "1"), ("name", "Eve"), ("password", "a secret")]);
    assert!(secret.status == 404 && !secret.body.contains("a secret") && !secret.body.contains("What you typed"));
}

fn a_page_refuses_methods_that_it_does_not_have(site: Site) {
    let store = site.add_store("North dock");
    let headers = [("sec-fetch-site", "same-origin")];
    for (method, path) in
        [("POST", "/"), ("DELETE", "/stores"), ("PUT", "/items"), ("PATCH", "/tags/new"), ("OPTIONS", "/items")]
    {
        let answer = site.send(method, path, &headers, "");
        assert_page(&answer, 405, "This page cannot do that");
    }
    for path in [format!("/stores/{store}"), "/healthz".to_owned(), format!("/stores/{store}/history")] {
        assert_page(&site.post(&path, &[]), 405, "This page cannot do that");
    }
}

fn the_address_of_a_refused_form_leads_back_to_the_form(site: Site) {
    let led = [
        ("/session", "/session/new"),
        ("/session/second-factor", "/session/new"),
        ("/bulk-edits", "/items"),
        ("/invitations", "/invitations/new"),
        ("/account/tokens", "/account/tokens/new"),
        ("/account/password", "/account"),
    ];
    for (path, form) in led {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.location().as_str()), (303, form), "{path}");
        assert_ne!(site.post(path, &[]).status, 405, "{path}: it is still where the form is sent");
    }
}

fn a_form_that_is_too_large_is_refused_in_words(site: Site) {
    let store = site.add_store("North dock");
    for length in [300_000, 3_000_000] {
        let notes = "x".repeat(length);
        let fields = [("name", "South dock"), ("notes", &notes), ("version", "1")];
        for path in ["/stores".to_owned(), format!("/stores/{store}/edit"), "/items".to_owned()] {
            assert_page(&site.post(&path, &fields), 413, "Too much at once");
        }
    }
    assert_eq!(site.get("/stores").texts("tbody th"), ["North dock"]);
}

fn a_form_just_small_enough_is_taken(site: Site) {
    let notes = "x".repeat(250_000);
    let refused = site.fill("/stores/new", &[("name", "North dock"), ("notes", &notes)]);
    assert_eq!((refused.status, refused.form().value("notes").len()), (422, 250_000));
}

fn a_request_from_another_site_is_refused(site: Site) {
    let body = "name=North+dock";
    let form = ("content-type", "application/x-www-form-urlencoded");
    let own = site.origin().to_owned();
    for headers in [
        vec![("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
        vec![("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
        vec![("sec-fetch-site", "same-site")],
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("origin", "http://127.0.0.1:1")],
    ] {
        let headers: Vec<_> = headers.into_iter().chain([form]).collect();
        for path in ["/stores", "/items", "/tags", "/nowhere"] {
            assert_page(&site.send("POST", path, &headers, body), 403, "Not allowed");
        }
    }
    assert_eq!(site.get("/stores").text(".pager__count"), "0 stores");
    let reading = site.send("GET", "/stores", &[("sec-fetch-site", "cross-site")], "");
    assert_eq!(reading.status, 200, "a link from another site may be followed");
}

fn a_form_that_says_nowhere_where_it_comes_from_is_refused(site: Site) {
    let own = site.origin().to_owned();
    let form = ("content-type", "application/x-www-form-urlencoded");
    for (name, headers, status) in [
        ("one", vec![form], 403),
        ("two", vec![form, ("origin", own.as_str())], 303),
        ("three", vec![form, ("sec-fetch-site", "none")], 303),
    ] {
        assert_eq!(site.send("POST", "/stores", &headers, &format!("name={name}")).status, status, "{name}");
    }
}

fn a_form_that_cannot_be_read_is_refused(site: Site) {
    let store = site.add_store("North dock");
    let kind = |kind: &'static str| [("sec-fetch-site", "same-origin"), ("content-type", kind)];
    let heading = "That request is not clear";
    for wrong in ["text/plain", "multipart/form-data; boundary=x", "application/json", ""] {
        assert_page(&site.send("POST", "/stores", &kind(wrong), "{\"name\": \"x\"}"), 400, heading);
    }
    for path in [format!("/stores/{store}/edit"), format!("/stores/{store}/deletion")] {
        assert_page(&site.post(&path, &[("name", "x")]), 400, heading);
        assert_page(&site.post(&path, &[("name", "x"), ("version", "one")]), 400, heading);
    }
    let garbage = site.send("POST", "/stores", &kind("application/x-www-form-urlencoded"), "%%%&==&\u{0}&name");
    assert_eq!(garbage.status, 422, "a form without a name is a form all the same");
}

fn a_fault_of_the_program_s_own_shows_its_number_and_no_internals(site: Site) {
    site.database().connect().batch_execute("ALTER TABLE item_tags RENAME TO gone").expect("a table can be renamed");
    let id = site.add_store("South dock");
    let form = site.get(&format!("/items/new?store={id}")).form();
    let failed = [
        site.get("/items?tag=used"),
        site.submit(form.filled(&[("name", "Lamp"), ("price", "1"), ("add_tags", "used")])),
    ];
    for answer in &failed {
        assert_page(answer, 500, "Something went wrong here");
        let number = answer.text("main code");
        assert_eq!(number, answer.header("x-request-id"));
        for internal in ["item_tags", "SELECT", "relation", "table:", "sqlite", "panick"] {
            assert!(!answer.body.contains(internal), "{internal}: {}", answer.body);
        }
        let log = site.log();
        let cause = log.lines().find(|line| line.contains(&number) && line.contains("ERROR"));
        assert!(cause.is_some_and(|line| line.contains("item_tags")), "the log has no cause for {number}");
    }
    assert_eq!(site.get("/stores").status, 200, "the rest goes on");
    site.database().connect().batch_execute("ALTER TABLE gone RENAME TO item_tags").expect("a table can be renamed");
    assert_eq!(site.get("/items").text(".pager__count"), "0 items", "nothing is half done");
    site.add_item(id, &[("name", "Lamp"), ("add_tags", "used")]);
}

fn a_save_while_another_program_writes_waits_its_turn(site: Site) {
    let form = site.get("/stores/new").form().filled(&[("name", "North dock")]);
    let mut other = site.database().connect();
    let held = Duration::from_millis(1_500);
    let begin = if other.is_sqlite() { "BEGIN IMMEDIATE" } else { "BEGIN; LOCK TABLE stores, changes" };
    other.batch_execute(begin).expect("a transaction");
    let browser = site.browser();
    let started = Instant::now();
    let saving = std::thread::spawn(move || browser.submit(form));
    std::thread::sleep(held);
    other.batch_execute("COMMIT").expect("the end of it");
    assert_eq!(saving.join().expect("no panic").status, 303);
    assert!(started.elapsed() >= held);
}

/// Only on `PostgreSQL`: an SQLite file that is open does not go away, not even when it is deleted.
#[test]
fn a_database_that_is_away_is_said_to_be_away_until_it_is_back() {
    let site = Site::start(Database::postgres());
    let store = site.add_store("North dock");
    let open = site.get(&format!("/items/new?store={store}")).form().filled(&[("name", "Lamp"), ("price", "7")]);
    let name = database_name(&site);
    let other = Database::postgres();
    let at_server = |sql: &str| other.connect().batch_execute(sql).expect("the server answers");
    at_server(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS false"));
    at_server(&format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"));
    let answers = site.at_once(move |browser, number| match number {
        0..=2 => browser.submit(open.clone()),
        3 => browser.get("/readyz"),
        4 => browser.get("/healthz"),
        _ => browser.get(["/", "/stores", "/items?q=lamp"][number % 3]),
    });
    for (number, answer) in answers.iter().enumerate() {
        if number == 4 {
            assert_eq!(answer.status, 200, "the process lives");
        } else {
            assert_page(answer, 503, "The database is away");
            assert_eq!(answer.header("retry-after"), "5");
            assert!(!answer.body.contains(&name));
        }
    }
    at_server(&format!("ALTER DATABASE {name} WITH ALLOW_CONNECTIONS true"));
    assert_eq!(site.get("/readyz").status, 200);
    assert_eq!(site.get(&format!("/stores/{store}")).status, 200);
}

fn database_name(site: &Site) -> String {
    let mut conn = site.database().connect();
    diesel::select(diesel::dsl::sql::<diesel::sql_types::Text>("current_database()::TEXT"))
        .get_result(&mut conn)
        .expect("a name")
}
