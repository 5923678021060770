//! Pages of lists, and whole lists however long.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use serde_json::{Value, json};
use stockroom::items::{Item, ItemDraft, TagChoice};

use super::{Api, Calls, ids};
use crate::support::{Answer, Browser};

on_both!(
    every_order_of_items_walks_through_all_once,
    every_order_of_stores_walks_through_all_once,
    a_page_leads_on_as_long_as_there_is_more,
    a_page_stays_good_while_rows_come_and_go,
    a_long_list_arrives_whole,
    names_of_stores_and_tags_are_those_of_now,
    a_client_that_stops_reading_blocks_nobody,
);

/// The path that `Link` says is next.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link");
    let path = link.strip_prefix('<')?.strip_suffix(">; rel=\"next\"")?;
    assert!(path.starts_with('/'), "{link}");
    Some(path.to_owned())
}

fn walk(browser: &Browser, path: &str) -> Vec<i64> {
    let mut found = Vec::new();
    let mut here = Some(path.to_owned());
    while let Some(path) = here {
        let answer = browser.ask("GET", &path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        found.extend(ids(&answer.json()));
        here = next(&answer);
        assert!(found.len() < 1000, "{path} leads round in circles");
    }
    found
}

fn sorted(mut ids: Vec<i64>) -> Vec<i64> {
    ids.sort_unstable();
    ids
}

fn every_order_of_items_walks_through_all_once(api: Api) {
    let store = api.new_store("North dock");
    let names = ["lamp", "Lämp", "LAMP & ~=%"].iter().cycle();
    let rows = (0..57).zip(names).map(|(n, name)| (format!("{name} {}", n % 10), 100 * (n % 7), n % 3));
    let all = sorted(api.stock_items(store, rows.collect()));
    for sort in ["id", "name", "price", "quantity", "updated_at"] {
        let upwards = walk(&api, &format!("/item?limit=10&sort={sort}"));
        assert_eq!(sorted(upwards.clone()), all, "{sort}");
        let mut downwards = walk(&api, &format!("/item?limit=7&sort=-{sort}"));
        downwards.reverse();
        assert_eq!(downwards, upwards, "-{sort}");
        assert_eq!(ids(&api.ask("GET", &format!("/item?sort={sort}")).json()), upwards, "the whole list by {sort}");
    }
    assert_eq!(walk(&api, "/item?limit=1"), all);
    let prices: Vec<_> = api
        .ask("GET", "/item?sort=-price&limit=9")
        .json()
        .as_array()
        .expect("a list")
        .iter()
        .map(|item| item["price"].clone())
        .collect();
    assert_eq!(prices, [vec![json!(6.0); 8], vec![json!(5.0)]].concat());
}

fn every_order_of_stores_walks_through_all_once(api: Api) {
    let all = sorted(api.stock_stores((0..23).map(|n| format!("Dock {} {n}", n % 5)).collect()));
    for store in &all[..3] {
        api.new_item(*store, "Chair");
        api.new_tag(*store, "Old");
    }
    for sort in ["id", "name", "updated_at", "-id", "-name", "-updated_at"] {
        let walked = walk(&api, &format!("/store?limit=4&sort={sort}"));
        assert_eq!(sorted(walked.clone()), all, "{sort}");
        assert_eq!(ids(&api.ask("GET", &format!("/store?sort={sort}")).json()), walked, "the whole list by {sort}");
    }
    let first = api.ask("GET", "/store?limit=1").json();
    assert_eq!(first, json!([api.ask("GET", &format!("/store/{}", all[0])).json()]));
}

fn a_page_leads_on_as_long_as_there_is_more(api: Api) {
    let store = api.new_store("North dock");
    let all = api.stock_items(store, (0..4).map(|n| (format!("Lamp {n}"), 100, 1)).collect());
    let page = api.ask("GET", "/item?limit=2&q=lamp&x=%C3%A9+%26");
    assert_eq!(ids(&page.json()), all[..2]);
    let link = next(&page).expect("a next page");
    assert!(link.starts_with("/item?limit=2&q=lamp&x=%C3%A9+%26&after="), "{link}");
    let page = api.ask("GET", &link);
    assert_eq!((ids(&page.json()), next(&page)), (all[2..].to_vec(), None));
    for whole in ["/item", "/item?limit=4", "/item?limit=1000", "/item?limit=4&q=none", "/store", "/store?limit=1"] {
        assert_eq!(next(&api.ask("GET", whole)), None, "{whole}");
    }
    // A place without a limit is where the rest begins.
    assert_eq!(ids(&api.ask("GET", &link.replace("limit=2", "limit=")).json()), all[2..]);
}

fn a_page_stays_good_while_rows_come_and_go(api: Api) {
    let store = api.new_store("North dock");
    let all = api.stock_items(store, (0..6).map(|n| (format!("Lamp {n}"), 100, 1)).collect());
    let page = api.ask("GET", "/item?limit=3&sort=name");
    let link = next(&page).expect("a next page");
    api.ask("DELETE", &format!("/item/{}", all[2]));
    api.ask("DELETE", &format!("/item/{}", all[3]));
    api.new_item(store, "Lamp 0 again");
    assert_eq!(ids(&api.ask("GET", &link).json()), all[4..]);
}

/// Items in one store, more than a batch by far, some with tags and texts that need escaping.
fn many(api: &Api, count: i64) -> i64 {
    let store = api.new_store("North dock");
    api.write(move |change| {
        for n in 0..count {
            let name = format!("Lamp \"{n}\" \\ é");
            let description = "a line\n".repeat(20);
            let draft = ItemDraft { store_id: store, name, price_minor: n, description, ..ItemDraft::default() };
            let names = if n % 500 == 0 { vec![format!("Tag {}", n / 1000)] } else { Vec::new() };
            Item::create(change, &draft.with_keys(), &TagChoice { names, ..TagChoice::default() })?;
        }
        Ok(())
    });
    store
}

fn a_long_list_arrives_whole(api: Api) {
    let store = many(&api, 3000);
    let list = api.ask("GET", "/item");
    assert_eq!(list.header("content-type"), "application/json");
    let list = list.json();
    let items = list.as_array().expect("a list");
    assert_eq!(items.len(), 3000);
    for item in [&items[0], &items[500], &items[1000], &items[1500], &items[2500], &items[2999]] {
        assert_eq!(*item, api.ask("GET", &format!("/item/{}", item["id"])).json());
    }
    assert_eq!(items[500]["tags"][0]["name"], json!("Tag 0"));
    let stores = api.ask("GET", "/store").json();
    assert_eq!(stores, json!([api.ask("GET", &format!("/store/{store}")).json()]));
    assert_eq!(stores[0]["items"].as_array().map(Vec::len), Some(3000));
    let packed = api.send("GET", "/item", &[("accept-encoding", "gzip")], "");
    assert!(packed.header("content-encoding") == "gzip" && packed.bytes.len() < 300_000);
}

/// They are remembered while no store and no tag is changed.
fn names_of_stores_and_tags_are_those_of_now(api: Api) {
    let (store, other) = (api.new_store("North dock"), api.new_store("Mill"));
    let tags = [api.new_tag(store, "used"), api.new_tag(store, "blue")];
    let item = api.new_item(store, "Lamp");
    api.new_item(store, "Saw");
    let rope = api.new_item(other, "Rope");
    for (item, tag) in [(item, tags[0]), (item, tags[1]), (rope, api.new_tag(other, "long"))] {
        assert_eq!(api.ask("POST", &format!("/item/{item}/tag/{tag}")).status, 201);
    }
    let told = || {
        let [page, whole] = ["/item?limit=50", "/item"].map(|list| api.ask("GET", list).json());
        assert_eq!(page, whole);
        for item in whole.as_array().expect("a list") {
            assert_eq!(*item, api.ask("GET", &format!("/item/{}", item["id"])).json(), "asked for alone");
        }
        let names = |list: &Value| list.as_array().expect("a list").iter().map(|tag| tag["name"].clone()).collect();
        let items = whole.as_array().expect("a list").iter();
        items.map(|item| (item["store"]["name"].clone(), names(&item["tags"]))).collect::<Vec<(Value, Vec<Value>)>>()
    };
    let expect = |store: &str, tags: &[&str], other: &str| {
        let tags = tags.iter().map(|tag| json!(tag)).collect();
        vec![(json!(store), tags), (json!(store), Vec::new()), (json!(other), vec![json!("long")])]
    };
    for _ in 0..3 {
        assert_eq!(told(), expect("North dock", &["used", "blue"], "Mill"));
    }
    api.fill(&format!("/tags/{}/edit", tags[0]), &[("name", "worn")]);
    assert_eq!(told(), expect("North dock", &["worn", "blue"], "Mill"));
    assert_eq!(api.call("PATCH", &format!("/store/{other}"), &json!({"name": "Old mill"})).status, 200);
    assert_eq!(told(), expect("North dock", &["worn", "blue"], "Old mill"));
    let [used, blue] = tags;
    api.write(move |change| {
        let swapped = "UPDATE tags SET name = CASE name WHEN 'worn' THEN 'blue' ELSE 'worn' END, name_key = 'x' || id
                       WHERE name IN ('worn', 'blue')";
        Ok(change.conn().batch_execute(swapped)?)
    });
    assert_eq!(told(), expect("North dock", &["blue", "worn"], "Old mill"), "after another program");
    api.write(move |change| Ok(change.conn().batch_execute(&format!("DELETE FROM tags WHERE id = {blue}"))?));
    assert_eq!(told(), expect("North dock", &["blue"], "Old mill"), "without a deleted one");
    api.write(move |change| {
        let back = format!(
            "INSERT INTO tags (id, store_id, name, name_key, search_key, created_at, updated_at)
             SELECT {blue}, store_id, 'torn', 'torn', 'torn', created_at, updated_at FROM tags WHERE id = {used}"
        );
        change.conn().batch_execute(&back)?;
        Ok(change.conn().batch_execute(&format!("INSERT INTO item_tags (item_id, tag_id) VALUES ({item}, {blue})"))?)
    });
    assert_eq!(told(), expect("North dock", &["blue", "torn"], "Old mill"), "come back under its id with another name");
}

fn a_client_that_stops_reading_blocks_nobody(api: Api) {
    let store = many(&api, 6000);
    let address = api.origin().strip_prefix("http://").expect("plain HTTP");
    // More of them than there are threads or connections to the database.
    let idle: Vec<TcpStream> = (0..24)
        .map(|_| {
            let mut stream = TcpStream::connect(address).expect("a connection");
            stream.write_all(b"GET /item HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("it listens");
            let mut some = [0; 100];
            stream.read_exact(&mut some).expect("it answers");
            assert!(some.starts_with(b"HTTP/1.1 200 OK"));
            stream
        })
        .collect();
    let started = Instant::now();
    for number in 0..10 {
        api.new_item(store, &format!("Chair {number}"));
        assert_eq!(api.ask("GET", "/item?limit=50").json().as_array().map(Vec::len), Some(50));
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert!(api.ask("GET", "/item").json().as_array().is_some_and(|items| items.len() == 6010));
    // Some go away without a word, one reads on and gets the rest.
    let mut one = idle.into_iter().next().expect("there are 24");
    one.set_read_timeout(Some(Duration::from_secs(30))).expect("a timeout");
    let mut rest = Vec::new();
    let mut piece = vec![0; 65536];
    while !rest.ends_with(b"\r\n0\r\n\r\n") {
        let length = one.read(&mut piece).expect("the rest");
        assert!(length > 0, "the list broke off");
        rest.extend_from_slice(&piece[..length]);
    }
    assert!(rest.len() > 1_000_000 && !api.log().contains("ERROR"));
}
