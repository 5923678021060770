//! Saving: of many at once nobody is turned away, nothing is done twice, and no table is read whole for it.
use std::os::unix::fs::MetadataExt;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use stockroom::db::Db;
use stockroom::error::AppError;
use stockroom::items::{Item, ItemDraft, TagChoice};
use stockroom::stores::{Store, StoreDraft};

use crate::journal::lines;
use crate::support::{Database, Site, somebody};

on_both!(
    of_simultaneous_stores_with_one_name_one_is_kept,
    of_simultaneous_stores_with_one_code_one_is_kept,
    eight_threads_write_and_none_is_turned_away,
    of_simultaneous_saves_of_one_version_one_is_kept,
    one_change_set_can_add_more_stores_than_a_lock_table_holds,
);

const THREADS: i64 = 8;

fn store(name: &str, code: Option<&str>) -> StoreDraft {
    StoreDraft { name: name.to_owned(), code: code.map(str::to_owned), ..StoreDraft::default() }.with_keys()
}

/// Runs `work` in threads at the same time, each with a number, and gives back what each got.
fn at_once<T: Send + 'static>(db: &Db, work: impl Fn(&Db, i64) -> T + Copy + Send + 'static) -> Vec<T> {
    let start = std::sync::Arc::new(std::sync::Barrier::new(usize::try_from(THREADS).expect("a small number")));
    let run = |number| {
        let (db, start) = (db.clone(), start.clone());
        thread::spawn(move || {
            start.wait();
            work(&db, number)
        })
    };
    let threads: Vec<_> = (0..THREADS).map(run).collect();
    threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
}

/// One was done; the others were told what is wrong.
fn assert_one_kept<T>(results: &[Result<T, AppError>], field: &str) {
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    for error in results.iter().filter_map(|result| result.as_ref().err()) {
        let AppError::Invalid(errors) = error else { panic!("{error}") };
        assert!(errors.on(field).is_some_and(|fault| fault.contains("already taken")), "{errors:?}");
    }
}

fn of_simultaneous_stores_with_one_name_one_is_kept(database: Database) {
    let db = database.open();
    for round in 0..5 {
        let names = ["ÉCLAIR", "éclair", "e\u{301}clair"];
        let results = at_once(&db, move |db, number| {
            let name = format!("{} {round}", names[usize::try_from(number % 3).expect("small")]);
            db.write_now(somebody(), move |change| Store::create(change, &store(&name, None)))
        });
        assert_one_kept(&results, "name");
    }
    assert_eq!(db.read_now(Store::count).expect("a count"), 5);
}

fn of_simultaneous_stores_with_one_code_one_is_kept(database: Database) {
    let db = database.open();
    let results = at_once(&db, |db, number| {
        let name = format!("Store {number}");
        db.write_now(somebody(), move |change| Store::create(change, &store(&name, Some("N1"))))
    });
    assert_one_kept(&results, "code");
    assert_eq!(db.read_now(Store::count).expect("a count"), 1);
}

fn eight_threads_write_and_none_is_turned_away(database: Database) {
    const EACH: i64 = 40;
    let db = database.open();
    let store_id =
        db.write_now(somebody(), |change| Store::create(change, &store("North dock", None))).expect("a store").id;
    let results = at_once(&db, move |db, number| -> Result<(), AppError> {
        for count in 0..EACH {
            let name = format!("Lamp {number}.{count}");
            let draft = ItemDraft { store_id, name, sku: Some(format!("{number}-{count}")), ..ItemDraft::default() };
            let item = db
                .write_now(somebody(), move |change| Item::create(change, &draft.with_keys(), &TagChoice::default()))?;
            let draft = ItemDraft { quantity: count + 1, ..ItemDraft::from(&item) };
            let saved = db.write_now(somebody(), move |change| {
                Item::update(change, item.id, item.version, &draft, &TagChoice::default())
            })?;
            // An answered save can be read at once.
            let read = db.read_now(|conn| Item::find(conn, saved.id))?;
            assert_eq!((read.version, read.quantity), (2, count + 1));
        }
        Ok(())
    });
    for result in results {
        result.expect("nobody sees “database is locked”");
    }
    assert_eq!(db.read_now(Item::count).expect("a count"), THREADS * EACH);
}

fn of_simultaneous_saves_of_one_version_one_is_kept(database: Database) {
    let db = database.open();
    let read = db.write_now(somebody(), |change| Store::create(change, &store("North dock", None))).expect("a store");
    let (id, version) = (read.id, read.version);
    let results = at_once(&db, move |db, number| {
        let name = format!("Dock {number}");
        db.write_now(somebody(), move |change| Store::update(change, id, version, &store(&name, None)))
    });
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().filter_map(|result| result.as_ref().err()).all(|error| matches!(error, AppError::Stale)));
    assert_eq!(db.read_now(|conn| Store::find(conn, id)).expect("the store").version, version + 1);
}

/// PostgreSQL keeps a lock for each name that is being taken, and has room for some 10,000.
fn one_change_set_can_add_more_stores_than_a_lock_table_holds(database: Database) {
    const STORES: i64 = 50_000;
    let db = database.open();
    db.write_now(somebody(), |change| {
        let statement = format!(
            "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {STORES})
             INSERT INTO stores (name, name_key, search_key, created_at, updated_at)
             SELECT 'store ' || n, 'store ' || n, '', '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM numbers"
        );
        Ok(diesel::sql_query(statement).execute(change.conn())?)
    })
    .expect("many stores");
    assert_eq!(db.read_now(Store::count).expect("a count"), STORES);
}

/// Writes so many bytes twice, in a form's token.
fn write(db: &Db, bytes: usize) {
    let save = format!(
        "INSERT OR REPLACE INTO form_tokens (token, body_hash, location, created_at)
         VALUES ('token', '', hex(zeroblob({bytes})), '2026-01-01 00:00:00')"
    );
    db.keep_now(move |conn| Ok(diesel::sql_query(save).execute(conn)?)).expect("it is saved");
}

/// Only SQLite has a log.
#[test]
fn what_was_saved_is_written_back_soon_when_nobody_saves_any_more() {
    let database = Database::sqlite();
    let db = database.open();
    let file = database.folder().join("stockroom.db");
    let length = || file.metadata().expect("a file").len();
    let before = length();
    write(&db, 5_000_000);
    let until = Instant::now() + Duration::from_secs(30);
    while length() < before + 10_000_000 {
        assert!(Instant::now() < until, "it is still in the log");
        thread::sleep(Duration::from_millis(20));
    }
}

/// Only SQLite has a log that this program writes back, and locks that closing its file would take away.
#[test]
fn while_saves_follow_each_other_the_log_begins_anew_and_the_file_stays_locked() {
    let database = Database::sqlite();
    let db = database.open();
    for _ in 0..1_000 {
        write(&db, 50_000); // 25 pages each: a hundred megabytes in all
        thread::sleep(Duration::from_millis(1)); // nobody saves faster than it can be written back
    }
    let file = database.folder().join("stockroom.db");
    let log = file.with_extension("db-wal").metadata().expect("a log").len();
    assert!(log < 70_000_000, "{log} bytes");
    // A reader stays, when the writer and who writes back have ended.
    assert_eq!(db.read_now(Store::count).expect("a count"), 0);
    db.close();
    let (inode, process) = (file.metadata().expect("a file").ino(), std::process::id().to_string());
    let locks = std::fs::read_to_string("/proc/locks").expect("the locks of this machine");
    let is_ours = |lock: &str| {
        let words: Vec<_> = lock.split_whitespace().collect();
        words.contains(&"POSIX") && words.contains(&process.as_str()) && lock.contains(&format!(":{inode} "))
    };
    assert!(locks.lines().any(is_ours), "{inode} is not locked:\n{locks}");
}

/// Only `PostgreSQL` keeps the plan of a statement while the table grows that it was made for.
#[test]
fn a_save_reads_no_table_whole_not_even_one_that_is_short() {
    let mut site = Site::start(Database::postgres());
    let store = site.add_store("North dock");
    site.end();
    site.database().connect().batch_execute("ANALYZE").expect("the tables are looked at");
    let before = whole_reads(site.database());
    let mut site = site.again();
    for number in 0..8 {
        site.add_item(store, &[("name", &format!("Lamp {number}"))]);
    }
    site.end();
    let after = whole_reads(site.database());
    assert_eq!(after, before);
}

/// How often each table that a save looks a row up in was read whole, once everybody else who did has left and told.
fn whole_reads(database: &Database) -> Vec<String> {
    let mut conn = database.connect();
    let others =
        "SELECT 'one' AS line FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let begun = Instant::now();
    while !lines(&mut conn, others).is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(60), "somebody else stays");
        thread::sleep(Duration::from_millis(10));
    }
    let reads = lines(
        &mut conn,
        "SELECT relname || ' ' || seq_scan AS line FROM pg_stat_user_tables
         WHERE relname IN ('change_sets', 'changes', 'form_tokens', 'items', 'stores') ORDER BY relname",
    );
    assert_eq!(reads.len(), 5);
    reads
}

#[test]
fn a_save_waits_for_a_row_that_somebody_holds_for_a_while_and_not_for_ever() {
    let database = Database::postgres();
    let wait = |conn: &mut stockroom::db::Conn| Ok(lines(conn, "SELECT current_setting('lock_timeout') AS line"));
    assert_eq!(database.open().read_now(wait).expect("an answer"), ["30s"]);
    let url = database.url_text();
    let url = format!("{url}{}options=-c%20lock_timeout%3D300ms", if url.contains('?') { '&' } else { '?' });
    let site = Site::start_with(database, &[("DATABASE_URL", &url)]);
    let item = site.add_item(site.add_store("North dock"), &[("name", "Lamp")]);
    let open = site.get(&format!("/items/{item}/edit")).form();
    let mut holder = site.database().connect();
    holder.batch_execute("BEGIN; SELECT id FROM items FOR UPDATE").expect("it is held");
    let answer = site.submit(open.clone().filled(&[("price", "7")]));
    assert_eq!((answer.status, answer.header("retry-after")), (503, "5"), "{}", answer.text("main"));
    assert_eq!(answer.text("h1"), "Somebody else is saving this");
    holder.batch_execute("ROLLBACK").expect("it is let go");
    assert_eq!(site.submit(open.filled(&[("price", "7")])).status, 303, "the same form is saved then");
}
