//! Stores with very many items: what is done to such a one lets others save meanwhile.
use std::io::Write;
use std::net::TcpStream;
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

use stockroom::db::Conn;
use stockroom::users::Role;

use crate::journal::lines;
use crate::support::{Answer, Browser, Site};

on_both!(
    a_large_store_is_deleted_under_one_change_set,
    others_save_while_a_large_store_is_deleted,
    what_comes_into_a_large_store_while_it_is_deleted_stays,
    a_large_store_whose_deletion_is_sent_twice_at_once_is_deleted_once,
    a_large_store_is_deleted_though_nobody_waits_for_it,
    the_rest_of_a_large_store_is_there_after_a_kill,
);

/// So many items that they go in some pieces.
const SOME: i64 = 4_000;
/// So many that something else can be done between two.
const MANY: i64 = 40_000;

fn left(conn: &mut Conn) -> i64 {
    lines(conn, "SELECT CAST(count(*) AS TEXT) AS line FROM items WHERE name LIKE 'part%'")[0]
        .parse()
        .expect("a number")
}

/// The change sets under which items were deleted, each with how many.
fn deletions(conn: &mut Conn) -> Vec<String> {
    let sets = "SELECT s.title || ': ' || count(DISTINCT c.row_id) AS line FROM changes AS c
        JOIN change_sets AS s ON s.id = c.change_set_id
        WHERE c.table_name = 'items' AND c.operation = 'delete' GROUP BY s.id, s.title ORDER BY s.id";
    lines(conn, sets)
}

/// Waits until the first of so many items are gone, but not all. Returns how many are left.
fn wait_until_some_are_gone(conn: &mut Conn) -> i64 {
    let begun = Instant::now();
    let mut now = left(conn);
    while now == MANY && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(1));
        now = left(conn);
    }
    assert!((1..MANY).contains(&now), "some of it has gone: {now}");
    now
}

/// Presses the button, and waits until the first items are gone. The thread waits for the answer.
fn begin(site: &Site, store: i64, conn: &mut Conn) -> JoinHandle<Option<Answer>> {
    let (browser, form) = (site.browser(), site.get(&format!("/stores/{store}/deletion")).form());
    let sending = spawn(move || browser.try_submit(form));
    wait_until_some_are_gone(conn);
    sending
}

/// Where more is told of the newest change set.
fn last_path(conn: &mut Conn) -> String {
    lines(conn, "SELECT '/history/' || max(id) AS line FROM change_sets").swap_remove(0)
}

/// What the history calls the newest change, and where it tells more.
fn newest(browser: &Browser) -> (String, String) {
    let list = browser.get("/history");
    (list.texts("tbody th a").swap_remove(0), list.html().attrs("tbody th a", "href").swap_remove(0))
}

fn a_large_store_is_deleted_under_one_change_set(site: Site) {
    let store = site.stock_many(SOME);
    site.add_item(store, &[("name", "part of a lamp"), ("add_tags", "used, new")]);
    let asked = site.get(&format!("/stores/{store}/deletion"));
    assert_eq!(asked.texts("main strong"), ["4,001 items", "2 tags"]);
    let list = site.submit(asked.form()).follow();
    assert_eq!(
        (list.path.as_str(), list.text(".notice")),
        ("/stores", "Store “Warehouse” is deleted. See its history".into())
    );
    let mut conn = site.database().connect();
    assert_eq!(deletions(&mut conn), ["Deleted store “Warehouse” with 4,001 items: 4001"]);
    assert_eq!(left(&mut conn), 0);
    let links = "SELECT operation || ' ' || count(*) AS line FROM changes WHERE table_name = 'item_tags'
        GROUP BY operation ORDER BY operation";
    assert_eq!(lines(&mut conn, links), ["delete 2", "insert 2"]);
    let path = last_path(&mut conn);
    assert_eq!(newest(&site), ("Deleted store “Warehouse” with 4,001 items".to_owned(), path.clone()));
    let page = site.get(&path);
    assert!(page.text("main").contains("Warehouse") && page.text("main").contains("part 1"), "{}", page.text("main"));
}

fn others_save_while_a_large_store_is_deleted(site: Site) {
    let (dock, store) = (site.add_store("Dock"), site.stock_many(MANY));
    let lamp = site.add_item(dock, &[("name", "Lamp")]);
    let mut conn = site.database().connect();
    let sending = begin(&site, store, &mut conn);
    assert_eq!(site.fill(&format!("/items/{lamp}/edit"), &[("name", "Lantern")]).status, 303);
    assert!(left(&mut conn) > 0, "it was saved before all had gone");
    let answer = sending.join().expect("no panic").expect("an answer");
    assert_eq!((answer.location().as_str(), left(&mut conn)), ("/stores", 0));
    assert_eq!(site.get("/items").texts("tbody th"), ["Lantern"]);
}

fn what_comes_into_a_large_store_while_it_is_deleted_stays(site: Site) {
    let store = site.stock_many(MANY);
    let mut conn = site.database().connect();
    let sending = begin(&site, store, &mut conn);
    site.add_item(store, &[("name", "Lamp")]);
    let asked = sending.join().expect("no panic").expect("an answer");
    assert_eq!(asked.status, 409, "{}", asked.body);
    let gone = MANY - left(&mut conn);
    let told = asked.text(".faults");
    assert!(told.contains("say again whether to delete it") && gone > 0, "{told}");
    assert!(told.ends_with("items of it went already."), "{told}");
    assert!(asked.text("main").contains("Lamp"), "it shows what came to it");
    assert!(
        deletions(&mut conn)[0].ends_with(&format!("items of store “Warehouse”: {gone}")),
        "{:?}",
        deletions(&mut conn)
    );
    assert_eq!(site.submit(asked.form()).location(), "/stores");
    assert_eq!(site.get("/items").texts("tbody th"), [""; 0]);
}

fn a_large_store_whose_deletion_is_sent_twice_at_once_is_deleted_once(site: Site) {
    let store = site.stock_many(SOME);
    let form = site.get(&format!("/stores/{store}/deletion")).form();
    for answer in site.at_once(move |browser, _| browser.submit(form.clone())) {
        assert_eq!((answer.status, answer.location().as_str()), (303, "/stores"), "{}", answer.body);
    }
    let mut conn = site.database().connect();
    assert_eq!(deletions(&mut conn), ["Deleted store “Warehouse” with 4,000 items: 4000"]);
}

fn a_large_store_is_deleted_though_nobody_waits_for_it(site: Site) {
    let store = site.stock_many(MANY);
    let form = site.get(&format!("/stores/{store}/deletion")).form();
    let body = serde_urlencoded::to_string(&form.fields).expect("pairs of texts");
    let host = site.origin().trim_start_matches("http://");
    let mut wire = TcpStream::connect(host).expect("it listens");
    write!(
        wire,
        "POST {} HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: {}\r\ncontent-length: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\n\r\n{body}",
        form.action,
        site.origin(),
        site.cookie_header(),
        body.len()
    )
    .expect("it is sent");
    let (mut conn, begun) = (site.database().connect(), Instant::now());
    wait_until_some_are_gone(&mut conn);
    drop(wire);
    while site.get(&format!("/stores/{store}")).status == 200 && begun.elapsed() < Duration::from_secs(60) {
        sleep(Duration::from_millis(20));
    }
    assert_eq!(deletions(&mut conn), ["Deleted store “Warehouse” with 40,000 items: 40000"]);
}

fn the_rest_of_a_large_store_is_there_after_a_kill(site: Site) {
    let mut site = site;
    let store = site.stock_many(MANY);
    let mut conn = site.database().connect();
    let eddy = site.signed_in("eddy", Role::Viewer, Some(&[store]));
    let cookie = eddy.cookie("session").expect("she is signed in");
    let sending = begin(&site, store, &mut conn);
    site.kill();
    assert!(sending.join().expect("no panic").is_none(), "nobody was told that it is deleted");
    let gone = MANY - left(&mut conn);
    assert!((1..MANY).contains(&gone), "it was killed in the middle: {gone}");
    let title = deletions(&mut conn);
    assert!(
        title[0].ends_with(&format!("items of store “Warehouse”: {gone}")),
        "the history tells what went: {title:?}"
    );
    let site = site.again();
    let eddy = site.stranger().with_cookie("session", &cookie);
    let path = last_path(&mut conn);
    assert_eq!(newest(&site).1, path, "it tells which");
    assert_eq!(newest(&eddy), ("One change to several things".to_owned(), path));
    assert_eq!(site.delete(&format!("/stores/{store}")).location(), "/stores");
    assert_eq!(left(&mut conn), 0);
    let rest = deletions(&mut conn);
    assert!(
        rest[1].starts_with("Deleted store “Warehouse” with ") && rest[1].ends_with(&format!(": {}", MANY - gone)),
        "{rest:?}"
    );
}
