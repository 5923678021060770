//! Being run: health, headers, compression, static files, ending, and coming back after a crash.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use stockroom::stores::Store;

use crate::support::{Database, Site, program};

on_both!(
    health_and_readiness_are_told,
    a_site_with_pending_migrations_is_not_ready,
    head_is_answered_wherever_get_is,
    static_files_are_kept_for_ever_and_compressed,
    pages_are_compressed_when_asked,
    whoever_takes_no_encoding_gets_what_they_ask_for,
    who_offers_another_protocol_is_told_that_the_connection_ends,
    every_answer_has_its_headers_and_its_line_in_the_log,
    a_request_in_flight_is_finished_before_the_end,
    an_end_without_requests_is_quick_even_with_browsers_connected,
    a_killed_program_has_lost_no_answered_save,
    everything_saved_is_in_a_backup,
);

fn health_and_readiness_are_told(site: Site) {
    for (path, words) in [("/healthz", "alive\n"), ("/readyz", "ready\n")] {
        let answer = site.get(path);
        assert_eq!((answer.status, answer.body.as_str()), (200, words));
        assert_eq!(answer.header("content-type"), "text/plain; charset=utf-8");
    }
}

fn a_site_with_pending_migrations_is_not_ready(site: Site) {
    let forget =
        "DELETE FROM __diesel_schema_migrations WHERE version = (SELECT max(version) FROM __diesel_schema_migrations)";
    site.database().connect().batch_execute(forget).expect("it can be forgotten");
    assert_eq!((site.get("/readyz").status, site.get("/healthz").status), (503, 200));
}

fn head_is_answered_wherever_get_is(site: Site) {
    let store = site.add_store("North dock");
    site.get("/"); // shows the notice once
    for path in ["/", "/stores", &format!("/stores/{store}"), "/items/new", "/healthz", "/readyz"] {
        let (head, get) = (site.send("HEAD", path, &[], ""), site.send("GET", path, &[], ""));
        assert_eq!((head.status, head.bytes.len()), (200, 0), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"));
        assert_eq!(head.header("content-length"), get.bytes.len().to_string(), "{path}");
    }
    assert_eq!(site.send("HEAD", "/nowhere", &[], "").status, 404);
}

fn asset(site: &Site, ending: &str) -> String {
    let page = site.get("/").html();
    let all = page.attrs("[href^='/static/']", "href").into_iter().chain(page.attrs("script", "src"));
    all.into_iter().find(|url| url.ends_with(ending)).expect("every page has it")
}

fn static_files_are_kept_for_ever_and_compressed(site: Site) {
    let css = asset(&site, ".css");
    let plain = site.send("GET", &css, &[], "");
    assert_eq!(plain.header("content-type"), "text/css; charset=utf-8");
    assert_eq!(plain.header("content-encoding"), "");
    assert!(plain.body.contains("@layer"));
    for (asked, coding) in [
        ("br", "br"),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("gzip;q=1.0, br;q=0", "gzip"),
        ("identity", ""),
        ("zstd", ""),
    ] {
        let answer = Raw::get(&site, &css, asked);
        assert_eq!(answer.header("content-encoding"), coding, "{asked}");
        assert_eq!(answer.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(answer.header("vary").to_lowercase(), "accept-encoding");
        assert!(coding.is_empty() || answer.body.len() < plain.bytes.len() / 2, "{asked}");
    }
    assert_eq!(site.get(&asset(&site, ".js")).header("content-type"), "text/javascript; charset=utf-8");
    assert_eq!(site.get(&asset(&site, ".svg")).header("content-type"), "image/svg+xml");
    let stale = site.get(&css.replace(".css", "0.css"));
    assert_eq!(stale.status, 404);
    assert!(!stale.header("cache-control").contains("immutable"));
}

fn pages_are_compressed_when_asked(site: Site) {
    for path in ["/", "/items/new"] {
        let (plain, zipped) = (Raw::get(&site, path, "identity"), Raw::get(&site, path, "gzip, br"));
        assert_eq!((plain.header("content-encoding"), zipped.header("content-encoding")), ("", "gzip"));
        assert!(zipped.body.len() < plain.body.len() * 2 / 3, "{} of {}", zipped.body.len(), plain.body.len());
        let varies = zipped.head.iter().filter(|(name, _)| name == "vary").map(|(_, on)| on.to_lowercase());
        let mut varies: Vec<_> = varies.collect();
        varies.sort();
        assert_eq!(varies, ["accept-encoding", "cookie"]);
    }
}

fn whoever_takes_no_encoding_gets_what_they_ask_for(site: Site) {
    for accepted in ["identity;q=0", "*;q=0", "br, identity;q=0"] {
        let answer = Raw::get(&site, "/items", accepted);
        assert!(answer.body.starts_with(b"<!doctype html>"), "{accepted}");
        assert_eq!(answer.header("content-encoding"), "", "{accepted}");
    }
    assert_eq!(Raw::get(&site, "/items", "gzip, identity;q=0").header("content-encoding"), "gzip");
}

fn who_offers_another_protocol_is_told_that_the_connection_ends(site: Site) {
    let mut stream = connect(&site);
    let upgrade = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABk\r\n";
    write!(stream, "GET /healthz HTTP/1.1\r\nhost: localhost\r\n{upgrade}\r\n").expect("a request");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\r\nconnection: close\r\n"), "{answer}");
}

fn every_answer_has_its_headers_and_its_line_in_the_log(site: Site) {
    let css = asset(&site, ".css");
    for (answer, status) in [
        (site.get("/stores?q=secret"), 200),
        (site.get("/nowhere"), 404),
        (site.post("/stores", &[("name", "")]), 422),
        (site.get(&css), 200),
        (site.get("/healthz"), 200),
    ] {
        assert_eq!(answer.status, status);
        let policy = answer.header("content-security-policy");
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{}", answer.path);
        assert!(!policy.contains("unsafe"));
        assert_eq!(
            (answer.header("x-content-type-options"), answer.header("referrer-policy")),
            ("nosniff", "same-origin")
        );
        for (name, value) in [
            ("x-frame-options", "DENY"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", ""),
            ("server", ""),
        ] {
            assert_eq!(answer.header(name), value, "{name} of {}", answer.path);
        }
        assert!(answer.header("permissions-policy").contains("camera=(), "));
        assert!(!answer.header("cache-control").is_empty(), "{}", answer.path);
        let id = answer.header("x-request-id");
        let log = site.log();
        let line = log.lines().find(|line| line.contains(id) && line.contains(&format!("status={status}")));
        assert!(line.is_some(), "{} is not in the log: {log}", answer.path);
    }
    assert!(!site.log().contains("secret"), "what people search for is not in the log");
    assert!(site.get("/stores").header("cache-control").contains("no-cache"));
}

fn a_request_in_flight_is_finished_before_the_end(mut site: Site) {
    let form = site.get("/stores/new").form();
    let body = format!("token={}&name=North+dock", form.value("token"));
    let mut stream = connect(&site);
    let head = format!(
        "POST /stores HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nsec-fetch-site: same-origin\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n",
        site.origin().trim_start_matches("http://"),
        site.cookie_header(),
        body.len()
    );
    stream.write_all(head.as_bytes()).expect("half of a request");
    stream.write_all(&body.as_bytes()[..10]).expect("half of a request");
    std::thread::sleep(Duration::from_millis(300));
    site.ask_to_end();
    std::thread::sleep(Duration::from_millis(300));
    stream.write_all(&body.as_bytes()[10..]).expect("the other half");
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer); // until the program closes it
    assert!(answer.starts_with("HTTP/1.1 303"), "{answer}");
    assert_eq!(site.end().code(), Some(0));
    assert_no_log_is_left(&site);
    assert_eq!(site.database().open().read_now(Store::count).expect("a count"), 1);
}

/// The write-ahead log of SQLite is in the file.
fn assert_no_log_is_left(site: &Site) {
    let log = site.database().folder().join("stockroom.db-wal");
    assert_eq!(log.metadata().map_or(0, |file| file.len()), 0);
}

fn an_end_without_requests_is_quick_even_with_browsers_connected(mut site: Site) {
    site.add_store("North dock");
    let _idle = connect(&site);
    let started = Instant::now();
    assert_eq!(site.end().code(), Some(0));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_no_log_is_left(&site);
}

fn a_killed_program_has_lost_no_answered_save(database: Database) {
    let mut site = Site::start(database);
    let mut answered = Vec::new();
    for round in 0..3 {
        let form = site.get("/stores/new").form();
        let browser = site.browser();
        let saving = std::thread::spawn(move || {
            let mut answered = Vec::new();
            for number in 0.. {
                let (name, token) = (format!("Dock {round}.{number}"), format!("roundandnumber{round}x{number}"));
                let form = form.clone().filled(&[("name", &name), ("token", &token)]);
                match browser.try_submit(form) {
                    Some(answer) if answer.status == 303 => answered.push(answer.location()),
                    _ => return answered,
                }
            }
            answered
        });
        std::thread::sleep(Duration::from_millis(250));
        site.kill();
        answered.extend(saving.join().expect("no panic"));
        site = site.again();
    }
    assert!(answered.len() > 10, "only {} saves", answered.len());
    for path in &answered {
        assert_eq!(site.get(path).status, 200, "{path} was answered, and is lost");
    }
    let check = program(site.database()).arg("migrate").output().expect("the program runs");
    assert!(check.status.success());
}

#[test]
fn a_log_that_cannot_be_written_keeps_nobody_from_being_answered() {
    let full = std::fs::File::options().write(true).open("/dev/full").expect("there is one");
    let site = Site::start_logging_to(Database::sqlite(), full);
    let store = site.add_store("North dock");
    assert_eq!(site.get(&format!("/stores/{store}")).status, 200);
    assert_eq!(site.get("/nowhere").status, 404);
}

fn everything_saved_is_in_a_backup(site: Site) {
    let store = site.add_store("North dock");
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let copy = site.database().folder().join("copy.db");
    let backup = || program(site.database()).arg("backup").arg(&copy).output().expect("the program runs");
    let output = backup();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if !site.database().connect().is_sqlite() {
        assert!(!output.status.success() && said.contains("pg_dump --format=custom"), "{said}");
        return;
    }
    assert!(output.status.success(), "{said}");
    site.add_store("South dock");
    let again = backup();
    assert!(!again.status.success() && String::from_utf8_lossy(&again.stderr).contains("is there already"));
    let url = copy.display().to_string();
    let mut check = program(site.database());
    assert!(check.arg("check").env("DATABASE_URL", &url).output().expect("the program runs").status.success());
    let mut export = program(site.database());
    let exported = export.arg("export").env("DATABASE_URL", &url).output().expect("the program runs");
    let rows = String::from_utf8_lossy(&exported.stdout).into_owned();
    assert!(rows.contains("North dock") && rows.contains("Lamp") && rows.contains("used"), "{rows}");
    assert_eq!(rows.lines().count(), 2, "{rows}");
    let files = std::fs::read_dir(site.database().folder()).expect("the folder").flatten();
    assert!(!files.map(|file| file.path()).any(|path| path.extension().is_some_and(|ending| ending == "part")));
}

#[test]
fn a_save_is_refused_once_the_file_was_replaced_or_deleted() {
    for replace in [true, false] {
        let mut site = Site::start(Database::sqlite());
        site.add_store("North dock");
        let file = site.database().folder().join("stockroom.db");
        let copy = file.with_file_name("copy.db");
        assert!(program(site.database()).args(["backup", "copy.db"]).status().expect("it runs").success());
        if replace { std::fs::rename(copy, file) } else { std::fs::remove_file(file) }.expect("it can be");
        let refused = site.post("/stores", &[("name", "South dock")]);
        assert_eq!(refused.status, 503, "{}", refused.text("main"));
        site.end();
        assert!(
            site.log().contains("the database"),
            "the log says why, whoever of its parts came upon it first: {}",
            site.log()
        );
    }
}

#[test]
fn a_file_whose_writer_ended_in_the_middle_is_opened_again() {
    use diesel::{Connection, SqliteConnection};
    let database = Database::sqlite();
    let folder = database.folder();
    assert!(program(&database).args(["backup", "copy.db"]).status().expect("it runs").success());
    // A copy is made ready to be written in the way that SQLite kept its files in before there was a log.
    let mut conn = SqliteConnection::establish(&folder.join("copy.db").to_string_lossy()).expect("it opens");
    let half = "PRAGMA journal_mode = DELETE; PRAGMA cache_size = 1; BEGIN IMMEDIATE; CREATE TABLE half (line TEXT);
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)
        INSERT INTO half SELECT hex(randomblob(500)) FROM n";
    conn.batch_execute(half).expect("it is written");
    for ending in ["", "-journal"] {
        let path = |name: &str| folder.join(format!("{name}.db{ending}"));
        std::fs::copy(path("copy"), path("half")).expect("it is there");
    }
    for command in ["check", "currency"] {
        let output = program(&database).env("DATABASE_URL", "half.db").arg(command).output().expect("it runs");
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

#[test]
fn a_database_and_its_copies_are_nobody_else_s_to_read() {
    use std::os::unix::fs::PermissionsExt;
    let database = Database::sqlite_without_tables();
    let (link, real) = (database.folder().join("link.db"), database.folder().join("real.db"));
    std::os::unix::fs::symlink(&real, link).expect("a link");
    assert!(program(&database).env("DATABASE_URL", "link.db").arg("migrate").status().expect("it runs").success());
    assert_eq!(real.metadata().expect("it is there").permissions().mode() & 0o777, 0o600, "where a link leads, too");
    for arguments in [&["seed", "--stores", "1", "--items", "1"][..], &["backup", "copy.db"]] {
        let output = program(&database).args(arguments).output().expect("the program runs");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    for name in ["stockroom.db", "copy.db", "stockroom.db.migrating"] {
        let mode = database.folder().join(name).metadata().expect("it is there").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
}

#[test]
fn a_file_with_data_is_copied_aside_only_if_there_is_something_to_apply() {
    let copies = |site: &Site| {
        let files = std::fs::read_dir(site.database().folder()).expect("the folder").flatten();
        files.map(|file| file.path()).filter(|path| path.to_string_lossy().contains(".before-")).collect::<Vec<_>>()
    };
    let mut site = Site::start(Database::sqlite());
    site.add_store("North dock");
    site.end();
    site = site.again();
    assert!(copies(&site).is_empty(), "nothing is to be applied");
    site.end();
    let forget = "ALTER TABLE form_tokens DROP COLUMN change_set_id; DELETE FROM __diesel_schema_migrations WHERE version LIKE '%90'";
    site.database().connect().batch_execute(forget).expect("it can be forgotten");
    site = site.again();
    let copy = copies(&site);
    assert_eq!(copy.len(), 1);
    assert_eq!(site.get("/stores").texts("tbody th"), ["North dock"]);
    let url = stockroom::db::DatabaseUrl::Sqlite(copy[0].clone());
    let kept = stockroom::db::Db::open(&url).expect("the copy opens").read_now(Store::count);
    assert_eq!(kept.expect("a count"), 1);
}

fn connect(site: &Site) -> TcpStream {
    TcpStream::connect(site.origin().trim_start_matches("http://")).expect("the site listens")
}

/// An answer as it is on the wire: the harness's own browser would unpack it.
pub struct Raw {
    head: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Raw {
    pub fn get(site: &Site, path: &str, accepted: &str) -> Self {
        let (host, cookie) = (site.origin().trim_start_matches("http://").to_owned(), site.cookie_header());
        let mut stream = connect(site);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nhost: {host}\r\naccept-encoding: {accepted}\r\ncookie: {cookie}\r\nconnection: close\r\n\r\n"
        )
        .expect("a request");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).expect("an answer");
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head and a body");
        let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
        assert!(head.starts_with("HTTP/1.1 200"), "{path}: {head}");
        let pairs = head.lines().filter_map(|line| line.split_once(": "));
        let head = pairs.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
        Self { head, body: bytes[end + 4..].to_vec() }
    }

    fn header(&self, name: &str) -> &str {
        self.head.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}
