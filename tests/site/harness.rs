//! The tests' own tools, tested: what a browser would send, and that databases are fresh.
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use diesel::prelude::*;
use stockroom::fields::FormErrors;
use stockroom::stores::{Store, StoreForm};

use crate::support::{Browser, Database, Page, Site, somebody};

on_both!(every_test_has_a_database_of_its_own, a_site_is_started_filled_in_and_ended);

fn every_test_has_a_database_of_its_own(database: Database) {
    let other = if database.connect().is_sqlite() { Database::sqlite() } else { Database::postgres() };
    let form = StoreForm { name: "North dock".to_owned(), ..StoreForm::default() };
    let draft = form.check(&mut FormErrors::default());
    database.open().write_now(somebody(), move |change| Store::create(change, &draft)).expect("a store");
    assert_eq!(database.open().read_now(Store::count).expect("a count"), 1);
    assert_eq!(other.open().read_now(Store::count).expect("a count"), 0);
    assert!(diesel::sql_query("DELETE FROM changes").execute(&mut database.connect()).is_err());
}

fn a_site_is_started_filled_in_and_ended(mut site: Site) {
    assert_eq!(site.get("/healthz").status, 200);
    let saved = site.fill("/stores/new", &[("name", "North dock")]);
    assert_eq!((saved.status, saved.new_id()), (303, 1));
    assert!(saved.follow().text("h1").contains("North dock"));
    assert!(site.end().success(), "{}", site.log());
}

#[test]
fn a_form_is_read_as_a_browser_sends_it() {
    let page = Page::parse(
        r#"<main><form id="f" method="post" action="/items">
            <input type="hidden" name="token" value="abc">
            <input name="name" value="Lamp &amp; shade"><input name="off" value="x" disabled>
            <textarea name="notes">
two
lines</textarea>
            <input type="checkbox" name="tags" value="1" checked><input type="checkbox" name="tags" value="2">
            <select name="store"><option value="">Pick one</option><option value="7" selected>Seven</option></select>
            <select name="unit"><option>Box</option><option>Bag</option></select>
            <fieldset disabled><input name="gone" value="x"></fieldset>
            <button name="then" value="show">Save</button><button name="then" value="new">Save and add</button>
        </form><input name="outside" value="o" form="f"><input name="stranger" value="s"></main>"#,
    );
    let form = page.form("form");
    let expected = [
        ("token", "abc"),
        ("name", "Lamp & shade"),
        ("notes", "two\r\nlines"),
        ("tags", "1"),
        ("store", "7"),
        ("unit", "Box"),
        ("then", "show"),
        ("outside", "o"),
    ];
    let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!((form.method.as_str(), form.action.as_str()), ("post", "/items"));
    assert_eq!(fields, expected);
    let filled = form.filled(&[("tags", "2"), ("tags", "3"), ("name", "Table")]).without("unit");
    assert_eq!(filled.value("name"), "Table");
    assert_eq!(filled.fields.iter().filter(|(name, _)| name == "tags").count(), 2);
}

#[test]
fn a_browser_keeps_cookies_and_follows_when_asked() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let browser = Browser::new(&format!("http://{}", listener.local_addr().expect("an address")));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.expect("a connection");
            let lines = BufReader::new(&stream).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
            let request = lines.collect::<Vec<_>>().join("|").to_lowercase();
            let answer = if request.starts_with("post") {
                "303 See Other\r\nlocation: /stores/7\r\nset-cookie: flash=saved; Path=/; HttpOnly".to_owned()
            } else {
                "200 OK\r\nset-cookie: flash=; Max-Age=0".to_owned()
            };
            write!(
                stream,
                "HTTP/1.1 {answer}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{request}",
                request.len()
            )
            .expect("an answer");
        }
    });
    let saved = browser.post("/stores", &[("name", "Lamp & shade")]);
    assert_eq!((saved.status, saved.location(), saved.new_id()), (303, "/stores/7".to_owned(), 7));
    assert!(saved.body.contains("sec-fetch-site: same-origin") && saved.body.contains("origin: http://127.0.0.1"));
    assert_eq!(browser.cookie("flash").as_deref(), Some("saved"));
    assert!(saved.follow().body.starts_with("get /stores/7 ") && browser.cookie("flash").is_none());
}
