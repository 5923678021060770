//! Pages that a browser has already: asked again, they come without a body, and never stale.
use std::fs;

use diesel::connection::SimpleConnection;

use stockroom::users::Role;

use crate::support::{Answer, Browser, Database, Site, program};

on_both!(
    a_page_that_is_as_the_browser_has_it_is_not_sent_again,
    whatever_changes_the_stock_changes_the_pages,
    pages_that_no_edit_touched_may_be_sent_again_but_are_right,
    what_a_list_tells_beside_its_rows_is_that_of_now,
    other_people_have_other_tags,
    what_is_said_once_is_not_kept,
    a_form_is_another_one_every_time,
    a_program_started_anew_remembers_no_tags,
);

#[test]
fn pages_are_remembered_on_postgres_before_a_store_was_ever_changed() {
    let database = Database::postgres();
    database.connect().batch_execute("DELETE FROM store_marks").expect("it can be written");
    let site = Site::start(database);
    site.browser().tagged("/stores");
    site.add_store("North dock");
    assert!(site.browser().tagged("/stores").0.contains("North dock"));
}

impl Browser {
    fn again(&self, path: &str, tag: &str) -> Answer {
        self.send("GET", path, &[("if-none-match", tag)], "")
    }

    /// The page, and its tag, once it is not sent again. On a server that other tests write to, too, that takes some tries.
    fn tagged(&self, path: &str) -> (String, String) {
        for _ in 0..200 {
            let answer = self.get(path);
            assert_eq!(answer.status, 200, "{path}");
            let tag = answer.header("etag").to_owned();
            assert!(tag.starts_with("W/\""), "{path} has no tag");
            if self.again(path, &tag).status == 304 {
                return (answer.body, tag);
            }
        }
        panic!("{path} is sent again every time");
    }

    /// The answer to who knows the tag in this form, made of the page's own.
    fn unchanged(&self, path: &str, form: impl Fn(&str) -> String) -> (String, Answer) {
        for _ in 0..200 {
            let (_, tag) = self.tagged(path);
            let answer = self.again(path, &form(&tag));
            if answer.status == 304 {
                return (tag, answer);
            }
        }
        panic!("{path} is sent again every time");
    }
}

fn a_page_that_is_as_the_browser_has_it_is_not_sent_again(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp")]);
    let reader = site.browser();
    for path in ["/", "/stores", "/items", "/items?q=lamp", "/tags", &format!("/items/{item}")] {
        let forms: [fn(&str) -> String; 3] =
            [str::to_owned, |tag| tag.replace("W/", ""), |tag| format!("\"other\", {tag}")];
        for form in forms {
            let (tag, again) = reader.unchanged(path, form);
            assert_eq!(again.bytes.len(), 0, "{path}");
            assert_eq!(again.header("etag"), tag);
            assert_eq!((again.header("cache-control"), again.header("vary")), ("private, no-cache", "Cookie"));
            assert!(again.header("content-security-policy").contains("'none'"));
        }
        let (_, tag) = reader.tagged(path);
        assert_eq!(reader.again(path, "W/\"0123456789abcdef\"").status, 200);
        assert_eq!(reader.again(&format!("{path}{}x=1", if path.contains('?') { '&' } else { '?' }), &tag).status, 200);
    }
    for path in ["/healthz", "/nowhere", "/openapi.json", "/users"] {
        assert!(!reader.get(path).header("etag").starts_with("W/"), "{path}");
    }
}

fn whatever_changes_the_stock_changes_the_pages(database: Database) {
    let site = Site::start_with(database, &[("STOCKROOM_API", "open")]);
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp")]);
    let path = format!("/items/{item}");
    let reader = site.browser();
    let rename = |name: &str| format!("UPDATE items SET name = '{name}', version = version + 1 WHERE id = {item}");
    let by_hand = |name: &str| {
        let mut conn = site.database().connect();
        let (open, close) = if conn.is_sqlite() {
            ("INSERT INTO open_change_set VALUES (1)", "DELETE FROM open_change_set")
        } else {
            ("SELECT set_config('stockroom.change_set', '1', true)", "SELECT 1")
        };
        conn.batch_execute(&format!("BEGIN; {open}; {}; {close}; COMMIT", rename(name))).expect("an update");
    };
    let edits: [(&str, &dyn Fn()); 6] = [
        ("by page", &|| drop(site.fill(&format!("{path}/edit"), &[("name", "by page")]))),
        ("by api", &|| {
            let json = [("content-type", "application/json")];
            assert_eq!(site.send("PATCH", &format!("/item/{item}"), &json, "{\"name\": \"by api\"}").status, 200);
        }),
        ("by hand", &|| by_hand("by hand")),
        ("by another program", &|| {
            site.write(move |change| {
                Ok(change.conn().batch_execute(&format!(
                    "UPDATE items SET name = 'by another program', version = version + 1 WHERE id = {item}"
                ))?)
            });
        }),
        ("by hand again", &|| by_hand("by hand again")),
        ("by import", &|| {
            let file = site.database().folder().join("items.csv");
            fs::write(&file, "store,name,sku,price\nNorth dock,by import,,2\n").expect("a file");
            let done = program(site.database()).args(["import", "--map", "store.name=store"]).arg(&file).output();
            assert!(done.expect("it runs").status.success());
        }),
    ];
    for (name, edit) in edits {
        let list = "/items?q=by";
        let (shown, tag) = reader.tagged(list);
        assert!(!shown.contains(&format!(">{name}<")));
        edit();
        let again = reader.again(list, &tag);
        assert_eq!(again.status, 200, "{name}: a stale page");
        if name != "by hand" && name != "by hand again" && name != "by another program" {
            assert!(again.body.contains(&format!(">{name}<")), "{name}");
        } else {
            assert!(reader.get(&path).body.contains(name), "{name}");
        }
    }
}

/// Many edits beside many questions: no answer without a body means an older page than it should.
fn pages_that_no_edit_touched_may_be_sent_again_but_are_right(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("quantity", "0")]);
    let path = format!("/items/{item}");
    let (writer, edit) = (site.browser(), format!("/items/{item}/edit"));
    let saved = std::sync::Arc::new(std::sync::atomic::AtomicI64::new(0));
    let counted = saved.clone();
    let writing = std::thread::spawn(move || {
        for quantity in 1..=60 {
            assert_eq!(writer.fill(&edit, &[("quantity", &quantity.to_string())]).status, 303);
            counted.store(quantity, std::sync::atomic::Ordering::SeqCst);
        }
    });
    let reader = site.browser();
    let (mut shown, mut tag) = (0, String::new());
    while !writing.is_finished() {
        let least = saved.load(std::sync::atomic::Ordering::SeqCst);
        let answer = reader.again(&path, &tag);
        if answer.status == 200 {
            let facts = answer.texts(".facts__number");
            shown = facts[1].parse().expect("a quantity");
            answer.header("etag").clone_into(&mut tag);
        }
        assert!(shown >= least, "{shown} is shown, and {least} was saved before it was asked for");
    }
    writing.join().expect("no panic");
    assert!(reader.again(&path, &tag).status == 304 || !reader.get(&path).header("etag").is_empty());
}

/// Its number of items, a store's name and tags: what is remembered while nothing is saved.
fn what_a_list_tells_beside_its_rows_is_that_of_now(site: Site) {
    let (store, other) = (site.add_store("North dock"), site.add_store("Mill"));
    site.add_item(other, &[("name", "Rope")]);
    let lists = ["/items", &format!("/items?store={store}"), &format!("/items?store={store}&min_price=1")];
    let told = |who: &Browser| {
        lists.map(|list| {
            let page = who.get(list);
            (page.text(".pager__count"), page.html().attrs("#tags option", "value").join(" "))
        })
    };
    let expect = |all: &str, of_store: &str, tags: &str| {
        let (of_store, tags) = (of_store.to_owned(), tags.to_owned());
        [(all.to_owned(), String::new()), (of_store.clone(), tags.clone()), (of_store, tags)]
    };
    let some = site.signed_in("Ann", Role::Viewer, Some(&[store]));
    for _ in 0..2 {
        assert_eq!(told(&site), expect("1 item", "0 items", ""));
        assert_eq!(told(&some), expect("0 items", "0 items", ""), "who sees one store");
    }
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    assert_eq!(told(&site), expect("2 items", "1 item", "used"));
    assert_eq!(told(&some), expect("1 item", "1 item", "used"));
    site.write(move |change| {
        change.conn().batch_execute(&format!("DELETE FROM items WHERE id = {item}"))?;
        Ok(change.conn().batch_execute(&format!("UPDATE stores SET name = 'South dock' WHERE id = {store}"))?)
    });
    assert_eq!(told(&site), expect("1 item", "0 items", "used"), "after another program");
    assert_eq!(site.get(lists[1]).text("h1"), "Items in South dock");
    let stores = || site.get("/items").texts("tbody td a");
    assert_eq!(stores(), ["Mill"]);
    site.add_item(store, &[("name", "Saw")]);
    assert_eq!(stores(), ["Mill", "South dock"], "one that was told before, and one that was not");
    site.fill(&format!("/stores/{other}/edit"), &[("name", "Old mill")]);
    assert_eq!(stores(), ["Old mill", "South dock"]);
    site.write(move |change| {
        let swapped = format!("UPDATE stores SET name = CASE id WHEN {store} THEN 'North dock' ELSE 'Mill' END");
        Ok(change.conn().batch_execute(&swapped)?)
    });
    assert_eq!(stores(), ["Mill", "North dock"], "after another program");

    let writer = site.browser();
    let saved = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let counted = saved.clone();
    let writing = std::thread::spawn(move || {
        for number in 1..=40 {
            writer.fill(&format!("/items/new?store={store}"), &[("name", &format!("Lamp {number}")), ("price", "2")]);
            counted.store(number, std::sync::atomic::Ordering::SeqCst);
        }
    });
    while !writing.is_finished() {
        for list in lists {
            let least = saved.load(std::sync::atomic::Ordering::SeqCst);
            let shown = site.get(list).text(".pager__count");
            let shown: usize = shown.split(' ').next().expect("a number").parse().expect("a number");
            assert!(shown >= least, "{list}: {shown} are told, and {least} were saved before it was asked for");
        }
    }
    writing.join().expect("no panic");
}

fn other_people_have_other_tags(site: Site) {
    site.add_store("North dock");
    let (one, other) = (site.browser(), site.signed_in("Ann", Role::Viewer, None));
    let (_, tag) = one.tagged("/stores");
    assert_eq!(other.again("/stores", &tag).status, 200, "somebody else asks");
    assert_eq!(site.stranger().again("/stores", &tag).status, 303, "and nobody sees more by knowing a tag");
}

fn what_is_said_once_is_not_kept(site: Site) {
    let saved = site.fill("/stores/new", &[("name", "North dock")]);
    let shown = site.get(&saved.location());
    assert!(shown.body.contains("is added"));
    assert_eq!(shown.header("etag"), "");
    let (later, _) = site.tagged(&saved.location());
    assert!(!later.contains("is added"));
}

fn a_form_is_another_one_every_time(site: Site) {
    let store = site.add_store("North dock");
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    site.get("/");
    let tag = site.get("/tags").attr("tbody th a", "href");
    for path in [
        "/stores/new",
        "/items/new",
        &format!("/items/new?store={store}"),
        &format!("/items/{item}/edit"),
        &format!("/items/{item}/deletion"),
        &format!("/stores/{store}/edit"),
        &format!("/stores/{store}/deletion"),
        &format!("{tag}/edit"),
        &format!("{tag}/deletion"),
    ] {
        let (one, other) = (site.get(path), site.get(path));
        assert_eq!(one.header("etag"), "", "{path}");
        assert_ne!(one.form().value("token"), other.form().value("token"), "{path}");
    }
}

fn a_program_started_anew_remembers_no_tags(mut site: Site) {
    site.add_store("North dock");
    let (_, tag) = site.browser().tagged("/stores");
    site = site.again();
    assert_eq!(site.browser().again("/stores", &tag).status, 200, "it may be another program");
}
