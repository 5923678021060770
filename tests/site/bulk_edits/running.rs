//! What happens between the preview and the end, and meanwhile.
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::{BigInt, Timestamp};
use stockroom::db::Conn;
use stockroom::fields::Grouped;
use stockroom::users::Role;

use super::{apply, pairs, preview, prices, stocked};
use crate::journal::lines;
use crate::support::{Answer, Site, program};

on_both!(
    what_was_being_saved_while_a_preview_was_made_counts_as_changed,
    what_fits_later_is_not_touched_and_what_changed_is_left_alone,
    a_store_deleted_after_the_preview_takes_nothing_in,
    a_bulk_edit_sent_twice_is_done_once,
    other_saves_go_on_meanwhile,
    a_bulk_edit_can_be_stopped_and_go_on,
    a_bulk_edit_that_fails_says_so_and_can_go_on,
    a_bulk_edit_that_was_killed_is_finished_at_the_next_start,
    a_bulk_edit_whose_program_ended_is_finished_by_another_on_the_same_database,
);

/// One change set tells of them all, and each is changed once.
fn assert_one_change_set(conn: &mut Conn, count: i64) {
    let sets = "SELECT s.title || ': ' || count(*) || ' of ' || count(DISTINCT c.row_id) AS line FROM changes AS c
        JOIN change_sets AS s ON s.id = c.change_set_id WHERE c.operation = 'update' AND c.before LIKE '%price_minor%'
        GROUP BY s.id, s.title";
    assert_eq!(
        lines(conn, sets),
        [format!("Changed the price of {},000 items by +5 %: {count} of {count}", count / 1_000)]
    );
    let left = "SELECT CAST(count(*) AS TEXT) AS line FROM items WHERE search_key LIKE 'part%' AND price_minor <> 105";
    assert_eq!(lines(conn, left), ["0"]);
}

fn what_was_being_saved_while_a_preview_was_made_counts_as_changed(site: Site) {
    let (_, ids) = stocked(&site);
    let shown = preview(&site, "", "set-quantity", &[("quantity", "9")]);
    let item = ids[1];
    // Somebody whose turn came after the items were read, and who had come before.
    site.write(move |change| {
        let at = change.at() - chrono::TimeDelta::seconds(2);
        let late = "UPDATE items SET version = version + 1, quantity = 4, updated_at = $1 WHERE id = $2";
        let late = diesel::sql_query(late).bind::<Timestamp, _>(at);
        Ok(late.bind::<BigInt, _>(item).execute(change.conn())?)
    });
    let note = site.get(&shown.path).text(".note");
    assert!(note.starts_with("1 item of these changed since, or disappeared"), "{note}");
}

fn what_fits_later_is_not_touched_and_what_changed_is_left_alone(site: Site) {
    let (store, ids) = stocked(&site);
    let shown = preview(&site, "", "set-quantity", &[("quantity", "9")]);
    let table = site.add_item(store, &[("name", "Table"), ("quantity", "3")]);
    site.fill(&format!("/items/{}/edit", ids[1]), &[("name", "Lamp, blue")]);
    site.delete(&format!("/items/{}", ids[2]));
    let again = site.get(&shown.path);
    let note = again.text(".note");
    assert!(note.starts_with("2 items of these changed since, or disappeared"), "{note}");
    assert_eq!(again.text(".totals dt"), "Will be changed");
    assert_eq!(again.text(".totals dd"), "1");
    assert_eq!(again.text("h1"), "Set the quantity of 1 item to 9?");
    let lamp = preview(&site, "q=a", "set-quantity", &[("quantity", "1")]);
    assert_eq!(lamp.texts(".totals dd"), ["2", "1"], "the lamp and the table, and not the chair");
    site.fill(&format!("/items/{table}/edit"), &[("name", "Table, green")]);
    site.fill(&format!("/items/{}/edit", ids[1]), &[("name", "Lamp, green")]);
    let none = site.get(&lamp.path);
    assert_eq!(none.text("h1"), "There is nothing to change");
    assert!(!none.html().has("form[action$=application]"));
    let done = apply(&shown, &site);
    assert_eq!(done.text("h1"), "Set the quantity of 1 item to 9");
    assert_eq!(done.text("#left-alone"), "2 items left alone");
    assert_eq!(
        done.texts(".reasons li"),
        ["Lamp, green North dock: It was changed meanwhile.", "Rug: It was deleted meanwhile."]
    );
    assert_eq!(site.get("/items").texts("tbody td:nth-of-type(4)"), ["9", "2", "3"]);
}

fn a_store_deleted_after_the_preview_takes_nothing_in(site: Site) {
    let (_, ids) = stocked(&site);
    let south = site.add_store("South dock");
    let shown = preview(&site, "", "move", &[("store", &south.to_string())]);
    site.delete(&format!("/stores/{south}"));
    let again = site.get(&shown.path);
    assert!(again.text(".faults").starts_with("The store that they would move to was deleted."));
    assert!(!again.html().has("form[action$=application]"), "it cannot be applied any more");
    let done = apply(&shown, &site);
    assert_eq!(
        (done.text("h1"), done.text("#left-alone")),
        ("Moved 0 items to store “South dock”".to_owned(), "3 items left alone".to_owned())
    );
    assert_eq!(site.get(&format!("/items/{}", ids[0])).text(".crumbs"), "Items / North dock");
}

fn a_bulk_edit_sent_twice_is_done_once(site: Site) {
    stocked(&site);
    let form = site.get("/bulk-edits/new?operation=change-price-by-amount").form().filled(&[("amount", "1")]);
    let sent = site.at_once(move |browser, _| browser.submit(form.clone()).location());
    assert!(sent.iter().all(|location| *location == sent[0]), "{sent:?}");
    let mut shown = site.get(&sent[0]);
    while shown.html().has("[data-progress]") {
        shown = site.get(&sent[0]);
    }
    let apply_form = shown.form();
    let answers = site.at_once(move |browser, _| browser.submit(apply_form.clone()));
    assert!(answers.iter().all(|answer| answer.status == 303 && answer.location() == sent[0]));
    assert_eq!(prices(&site), pairs(&[("Chair", "5.49"), ("Lamp", "18.99"), ("Rug", "1.00")]));
    let again = site.submit(shown.form()).follow();
    assert!(again.text(".notice").contains("Nothing is done twice"));
    assert_eq!(again.text("h1"), "Changed the price of 3 items by +1.00");
}

fn other_saves_go_on_meanwhile(site: Site) {
    const COUNT: i64 = 30_000;
    site.stock_many(COUNT);
    let other = site.add_item(site.add_store("Other"), &[("name", "Lamp")]);
    let shown = preview(&site, "q=part", "change-price-by-percentage", &[("percent", "5")]);
    let sent = site.submit(shown.form());
    let mut saves = 0;
    while site.get(&sent.location()).html().has("[data-progress]") {
        let saved = site.fill(&format!("/items/{other}/edit"), &[("quantity", &saves.to_string())]);
        assert_eq!(saved.status, 303);
        saves += 1;
    }
    assert_eq!(site.get(&sent.location()).text("h1"), "Changed the price of 30,000 items by +5 %");
    let mut conn = site.database().connect();
    assert_one_change_set(&mut conn, COUNT);
}

/// How many items the only bulk edit has changed.
fn changed(conn: &mut Conn) -> i64 {
    lines(conn, "SELECT CAST(changed AS TEXT) AS line FROM bulk_edits")[0].parse().expect("a number")
}

/// Presses the button of the only preview, and waits until the first items are changed. The thread waits for the answer.
fn begin(site: &Site, shown: &Answer, conn: &mut Conn) -> JoinHandle<()> {
    let (browser, form) = (site.browser(), shown.form());
    let sending = std::thread::spawn(move || drop(browser.try_submit(form)));
    let begun = Instant::now();
    while changed(conn) == 0 && begun.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(1));
    }
    sending
}

fn a_bulk_edit_can_be_stopped_and_go_on(site: Site) {
    const COUNT: i64 = 60_000;
    site.stock_many(COUNT);
    let shown = preview(&site, "", "change-price-by-percentage", &[("percent", "5")]);
    let mut conn = site.database().connect();
    let sending = begin(&site, &shown, &mut conn);
    let stopped = site.post(&format!("{}/stop", shown.path), &[]).follow();
    assert_eq!(stopped.text(".notice"), "It is stopped.");
    sending.join().expect("no panic");
    let done = changed(&mut conn);
    assert!((1..COUNT).contains(&done), "it was stopped in the middle: {done}");
    let page = site.get(&shown.path);
    assert!(page.text("main").contains(&format!("So far {} items changed", Grouped(done))), "{}", page.text("main"));
    assert_eq!(changed(&mut conn), done, "nothing is changed any more");
    let anna = site.signed_in("anna", Role::Administrator, None);
    let ended = apply(&anna.get(&shown.path), &anna);
    assert_eq!(ended.text("h1"), "Changed the price of 60,000 items by +5 %", "{}", page.body);
    assert_one_change_set(&mut conn, COUNT);
    let log = anna.get("/audit");
    assert!(log.body.contains("anna</th><td>bulk edit taken over</td>"), "{}", log.body);
    let late = site.post(&format!("{}/stop", shown.path), &[]).follow();
    assert_eq!(late.text(".notice"), "It was not under way any more.");
    assert_eq!(late.text("h1"), "Changed the price of 60,000 items by +5 %");
}

fn a_bulk_edit_that_fails_says_so_and_can_go_on(site: Site) {
    stocked(&site);
    let shown = preview(&site, "", "set-quantity", &[("quantity", "9")]);
    let mut conn = site.database().connect();
    let (refuse, allow) = if conn.is_sqlite() {
        ("CREATE TRIGGER refused BEFORE UPDATE ON items BEGIN SELECT RAISE(ABORT, 'no'); END", "DROP TRIGGER refused")
    } else {
        ("ALTER TABLE items ADD CONSTRAINT refused CHECK (quantity <> 9)", "ALTER TABLE items DROP CONSTRAINT refused")
    };
    conn.batch_execute(refuse).expect("a database in which something is wrong");
    let failed = apply(&shown, &site);
    assert!(failed.text(".faults").contains("this stopped by itself"), "{}", failed.text("main"));
    assert_eq!(site.get("/items").texts("tbody td:nth-of-type(4)"), ["1", "2", "0"]);
    conn.batch_execute(allow).expect("it is mended");
    assert_eq!(apply(&failed, &site).text("h1"), "Set the quantity of 3 items to 9");
}

fn a_bulk_edit_that_was_killed_is_finished_at_the_next_start(site: Site) {
    const COUNT: i64 = 60_000;
    let mut site = site;
    site.stock_many(COUNT);
    let shown = preview(&site, "", "change-price-by-percentage", &[("percent", "5")]);
    let mut conn = site.database().connect();
    let sending = begin(&site, &shown, &mut conn);
    site.kill();
    sending.join().expect("no panic");
    let done = changed(&mut conn);
    assert!((1..COUNT).contains(&done), "it was killed in the middle: {done}");
    let titles = lines(&mut conn, "SELECT title AS line FROM change_sets ORDER BY id DESC LIMIT 1");
    assert!(titles[0].starts_with("Changed the price of "), "what is done so far has its name: {titles:?}");
    let site = site.again();
    wait_until_applied(&mut conn);
    assert_eq!(site.get(&shown.path).text("h1"), "Changed the price of 60,000 items by +5 %");
    assert_one_change_set(&mut conn, COUNT);
}

fn a_bulk_edit_whose_program_ended_is_finished_by_another_on_the_same_database(site: Site) {
    const COUNT: i64 = 60_000;
    let mut site = site;
    site.stock_many(COUNT);
    let shown = preview(&site, "", "change-price-by-percentage", &[("percent", "5")]);
    let mut conn = site.database().connect();
    let mut other = program(site.database())
        .args(["serve", "--listen", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    let mut says = BufReader::new(other.stdout.take().expect("it is piped"));
    assert!(says.read_line(&mut String::new()).expect("a line") > 0, "it serves");
    let sending = begin(&site, &shown, &mut conn);
    site.kill();
    sending.join().expect("no panic");
    let done = changed(&mut conn);
    wait_until_applied(&mut conn);
    other.kill().and_then(|()| other.wait()).expect("it runs");
    assert!((1..COUNT).contains(&done), "it was killed in the middle: {done}");
    assert_one_change_set(&mut conn, COUNT);
}

fn wait_until_applied(conn: &mut Conn) {
    let begun = Instant::now();
    while lines(conn, "SELECT state AS line FROM bulk_edits") != ["applied"]
        && begun.elapsed() < Duration::from_secs(60)
    {
        std::thread::sleep(Duration::from_millis(50));
    }
}
