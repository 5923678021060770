//! Bounds: what is too long, too large or too slow is refused quickly, with a page, and nobody else notices.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use crate::support::{Answer, Database, Site};

on_both!(
    a_search_that_fits_its_field_works_whatever_its_characters,
    a_search_or_an_address_that_is_too_long_is_refused_in_words,
    every_link_through_a_list_of_the_longest_names_works,
    headers_that_are_too_many_or_too_large_are_refused_in_words,
    what_is_no_request_at_all_is_answered_with_a_page,
    a_slow_sender_is_cut_off_and_told_so,
    a_slow_later_request_of_a_connection_is_cut_off_too,
    idle_connections_and_slow_senders_keep_nobody_else_waiting,
    a_reader_who_stops_is_cut_off,
);

fn assert_refused(answer: &Answer, status: u16, heading: &str) {
    assert_eq!((answer.status, answer.text("h1").as_str()), (status, heading), "{}", &answer.path[..60]);
    assert!(answer.html().has("header a[href='/']"));
}

fn a_search_that_fits_its_field_works_whatever_its_characters(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp")]);
    for letter in ["x", "é", "한", "漢"] {
        let words = letter.repeat(200);
        for (list, field) in
            [("/items", "q"), ("/items", "store_name"), ("/stores", "q"), ("/tags", "q"), ("/items", "tag")]
        {
            let query = serde_urlencoded::to_string([(field, &words)]).expect("a query");
            assert_eq!(site.get(&format!("{list}?{query}")).status, 200, "{list} {field} {letter}");
        }
    }
}

fn a_search_or_an_address_that_is_too_long_is_refused_in_words(site: Site) {
    for path in [
        format!("/items?q={}", "x".repeat(201)),
        format!("/stores?sort=name&q={}", "%C3%A9".repeat(201)),
        format!("/tags?q={}", "x+".repeat(5_000)),
        format!("/items?tag={}", "x".repeat(201)),
        format!("/items?store_name={}", "x".repeat(201)),
        format!("/items?after=1~{}", "x".repeat(17_000)),
        format!("/{}", "x".repeat(17_000)),
        format!("/items?{}", "a=b&".repeat(3_000)),
    ] {
        assert_refused(&site.get(&path), 414, "Too long");
    }
    let in_json = site.send("GET", &format!("/item?after=1~{}", "x".repeat(17_000)), &[], "");
    assert_eq!((in_json.status, in_json.header("content-type")), (414, "application/json"));
}

fn every_link_through_a_list_of_the_longest_names_works(site: Site) {
    let store = site.add_store("North dock");
    let name = |n: usize| format!("{}{n:02}", "각".repeat(198));
    site.stock_items(store, (0..60).map(|n| (name(n), 1, 1)).collect());
    let query = serde_urlencoded::to_string([("q", "각".repeat(150))]).expect("a query");
    let pages = site.walk(&format!("/items?store={store}&sort=name&{query}"));
    assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 10]);
}

fn headers_that_are_too_many_or_too_large_are_refused_in_words(site: Site) {
    let large = "x".repeat(16 * 1024);
    let names: Vec<_> = (0..80).map(|n| format!("x-{n}")).collect();
    let many: Vec<_> = names.iter().map(|name| (name.as_str(), "y")).collect();
    for headers in [vec![("cookie", large.as_str())], vec![("x-large", large.as_str())], many] {
        let answer = site.send("GET", "/items?of=everything&that=there&is=to&be=had&in=the&whole=place", &headers, "");
        assert_refused(&answer, 431, "Too much beside the request");
    }
    let hundreds = (0..200).map(|n| format!("x-{n}: y")).collect::<Vec<_>>().join("\r\n") + "\r\n";
    for headers in [hundreds, format!("x-huge: {}\r\n", "x".repeat(120_000))] {
        let answer = exchange(&site, &format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n"));
        assert!(answer.starts_with("HTTP/1.1 431") && answer.contains("<h1>Too much beside"), "{answer}");
    }
}

fn what_is_no_request_at_all_is_answered_with_a_page(site: Site) {
    for sent in ["\u{16}\u{3}\u{1}\r\n\r\n", "GET / HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n"] {
        let answer = exchange(&site, sent);
        assert!(answer.starts_with("HTTP/1.1 400") && answer.contains("<h1>That request is not clear"), "{answer}");
        for header in ["content-security-policy: default-src 'none'", "x-content-type-options: nosniff"] {
            assert!(answer.contains(header), "{answer}");
        }
    }
    // Programs send such a query as it is typed, and are told so in JSON.
    let answer = exchange(&site, "GET /item?q=Café HTTP/1.1\r\nhost: x\r\n\r\n");
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("\r\ncontent-type: application/json\r\n"),
        "{answer}"
    );
    assert!(
        answer.ends_with(r#"{"code":400,"message":"The request cannot be read.","status":"Bad Request"}"#),
        "{answer}"
    );
}

const FORM: &str = "POST /stores HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n\
                    content-length: 5000\r\n\r\n";

/// Sends this, then a byte every 200 ms, until the site hangs up; what it answered, and how long it took.
fn dripping(site: &Site, first: &str) -> (String, Duration) {
    let mut stream = connect(site);
    stream.write_all(first.as_bytes()).expect("the site listens");
    let mut writing = stream.try_clone().expect("a second handle");
    let started = Instant::now();
    std::thread::spawn(move || {
        while started.elapsed() < Duration::from_secs(60) && writing.write_all(b"a").is_ok() {
            std::thread::sleep(Duration::from_millis(200));
        }
    });
    (read(&mut stream), started.elapsed())
}

fn a_slow_sender_is_cut_off_and_told_so(site: Site) {
    let body = std::thread::scope(|scope| {
        let head = scope.spawn(|| dripping(&site, "GET / HTTP/1.1\r\nx-slow: "));
        let body = dripping(&site, FORM);
        let (answer, took) = head.join().expect("no panic");
        assert!(answer.starts_with("HTTP/1.1 408") && answer.contains("<h1>That took too long"), "{answer}");
        assert!(took < Duration::from_secs(25), "{took:?}");
        body
    });
    assert!(body.0.starts_with("HTTP/1.1 408") && body.0.contains("<h1>That took too long"), "{}", body.0);
    assert!(body.1 < Duration::from_secs(25), "{:?}", body.1);
    assert_eq!(site.get("/stores").text(".pager__count"), "0 stores");
}

fn a_slow_later_request_of_a_connection_is_cut_off_too(site: Site) {
    let first = "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n";
    let (answer, took) = dripping(&site, &format!("{first}GET / HTTP/1.1\r\nx-slow: "));
    assert!(answer.contains("alive") && took < Duration::from_secs(45), "{took:?} {answer}");
    let unread = "GET /healthz HTTP/1.1\r\nhost: x\r\ncontent-length: 5000\r\n\r\n";
    let (answer, took) = dripping(&site, unread);
    assert!(answer.contains("alive") && took < Duration::from_secs(45), "{took:?} {answer}");
}

fn idle_connections_and_slow_senders_keep_nobody_else_waiting(site: Site) {
    let slowest = slowest_page_beside(&site, 300, 30, Duration::from_secs(4));
    assert!(slowest < Duration::from_secs(1), "{slowest:?}");
}

/// Ten thousand and a hundred: `cargo test --test site ten_thousand -- --ignored --nocapture`, with `ulimit -n 20000`.
#[test]
#[ignore = "needs 20,000 open files, here and in the program"]
fn ten_thousand_idle_connections_and_a_hundred_slow_senders_keep_nobody_else_waiting() {
    for database in [Database::sqlite(), Database::postgres()] {
        let site = Site::start(database);
        site.add_store("North dock");
        let before = slowest_page_beside(&site, 0, 0, Duration::from_secs(3));
        let during = slowest_page_beside(&site, 10_000, 100, Duration::from_secs(8));
        println!("slowest page before: {before:?}, during: {during:?}");
        assert!(during < Duration::from_secs(1));
    }
}

/// How long the slowest of the pages takes that somebody opens meanwhile.
fn slowest_page_beside(site: &Site, idle: usize, slow: usize, during: Duration) -> Duration {
    let idle: Vec<_> = (0..idle).map(|_| connect(site)).collect();
    let mut slow: Vec<_> = (0..slow).map(|_| connect(site)).collect();
    for stream in &mut slow {
        stream.write_all(FORM.as_bytes()).expect("the site listens");
    }
    let done = AtomicBool::new(false);
    let times = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                for stream in &mut slow {
                    drop(stream.write(b"a"));
                }
                std::thread::sleep(Duration::from_millis(500));
            }
        });
        let started = Instant::now();
        let mut times = Vec::new();
        while started.elapsed() < during {
            for path in ["/", "/items", "/stores", "/stores/new"] {
                // A new browser each time: it needs a connection of its own.
                let (browser, asked) = (site.browser(), Instant::now());
                assert_eq!(browser.get(path).status, 200);
                times.push(asked.elapsed());
            }
        }
        done.store(true, Ordering::Relaxed);
        times
    });
    let mut sorted = times;
    sorted.sort();
    println!("{} idle: {} pages, median {:?}", idle.len(), sorted.len(), sorted[sorted.len() / 2]);
    *sorted.last().expect("a page")
}

fn a_reader_who_stops_is_cut_off(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_API", "open")]);
    let store = site.add_store("North dock");
    site.stock_items(store, (0..20_000).map(|n| (format!("{} {n}", "Lamp".repeat(40)), 1, 1)).collect());
    let mut stream = connect(&site);
    stream.write_all(b"GET /item HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("the site listens");
    std::thread::sleep(Duration::from_secs(30));
    let answer = read(&mut stream);
    assert!(answer.starts_with("HTTP/1.1 200") && !answer.ends_with("]\n\r\n0\r\n\r\n"), "it waited all the time");
    assert_eq!(site.get("/items").status, 200);
}

fn connect(site: &Site) -> TcpStream {
    let stream = TcpStream::connect(site.origin().trim_start_matches("http://")).expect("the site listens");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
    stream
}

/// Everything until the site hangs up.
fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes); // it may hang up on what was still being sent
    String::from_utf8_lossy(&bytes).into_owned()
}

fn exchange(site: &Site, sent: &str) -> String {
    let mut stream = connect(site);
    stream.write_all(sent.as_bytes()).expect("the site listens");
    read(&mut stream)
}
