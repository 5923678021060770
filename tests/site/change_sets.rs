//! Everything that was done, newest first, and what each of it touched.
use stockroom::users::Role;

use crate::bulk_edits::{apply, preview};
use crate::support::{Answer, Browser, Site};

on_both!(
    everything_that_was_changed_can_be_leafed_through,
    what_went_with_a_deleted_store_can_be_found_again,
    a_bulk_edit_tells_which_items_it_changed_each_once,
    what_a_file_brought_is_told,
    who_sees_some_stores_sees_what_was_done_to_them_and_no_more,
    who_sees_some_stores_finds_their_own_bulk_edits,
    what_was_never_done_is_not_found,
);

/// The records that a change set touched: name, what was done, store.
fn records(answer: &Answer) -> Vec<Vec<String>> {
    assert_eq!(answer.status, 200, "{}", answer.text("main"));
    answer.texts("tbody :is(th, td)").chunks(3).map(<[String]>::to_vec).collect()
}

fn touched(name: &str, done: &str, store: &str) -> Vec<String> {
    [name, done, store].map(str::to_owned).to_vec()
}

/// All pages of a list, by its link to the next one.
fn leafed_through(browser: &Browser, path: &str) -> Vec<Answer> {
    let mut pages = vec![browser.get(path)];
    while let Some(next) = pages[pages.len() - 1].html().attrs(".pager a[rel=next]", "href").pop() {
        pages.push(browser.get(&next));
    }
    pages
}

fn everything_that_was_changed_can_be_leafed_through(site: Site) {
    assert!(site.get("/history").text(".empty").contains("Nothing has been changed yet"));
    let store = site.add_store("North dock");
    assert!(!site.get("/").html().has("main a[href='/history']"));
    for number in 1..=120 {
        site.add_item(store, &[("name", &format!("Lamp {number}"))]);
    }
    assert_eq!(site.get("/").attr("main p a[href='/history']", "href"), "/history");
    let pages = leafed_through(&site, "/history");
    let titles: Vec<_> = pages.iter().map(|page| page.texts("tbody th")).collect();
    assert_eq!(titles.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 21]);
    assert_eq!((titles[0][0].as_str(), titles[2][20].as_str()), ("Added item “Lamp 120”", "Added store “North dock”"));
    assert_eq!(site.get(&pages[2].html().attrs("tbody a", "href")[19]).text("h1"), "History of Lamp 1");
}

fn what_went_with_a_deleted_store_can_be_found_again(site: Site) {
    let store = site.add_store("North dock");
    let lamp = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    site.add_item(store, &[("name", "Table")]);
    site.delete(&format!("/stores/{store}"));
    let overview = site.get("/");
    let page = site.get(&overview.attr("tbody th a", "href"));
    assert_eq!(site.get(&format!("/stores/{store}/history")).attr(".history__whole a", "href"), page.path);
    assert_eq!(page.text("h1"), "Deleted store “North dock” with 2 items");
    assert!(page.text("h1 + p").contains("Done by somebody, on a page"), "{}", page.text("h1 + p"));
    let mut told = records(&page);
    told.sort();
    let gone = |name: &str, done: &str, store: &str| touched(&format!("{name} deleted"), done, store);
    let expected = [
        gone("Lamp", "Deleted item", "North dock"),
        gone("North dock", "Deleted store", ""),
        gone("Table", "Deleted item", "North dock"),
        gone("used", "Deleted tag", "North dock"),
    ];
    assert_eq!(told, expected);
    for link in page.html().attrs("tbody a", "href") {
        assert!(site.get(&link).text("h1").starts_with("History of "), "{link}");
    }
    let history = site.get(&format!("/items/{lamp}/history"));
    assert_eq!(history.text(".history__whole a"), "Deleted store “North dock” with 2 items");
    assert_eq!(history.attr(".history__whole a", "href"), page.path);
    let store = site.add_store("South dock");
    site.add_item(store, &[("name", "Chair")]);
    site.delete(&format!("/stores/{store}"));
    assert_eq!(records(&site.get(&site.get("/").attr("tbody th a", "href"))).len(), 2, "without tags, too");
}

fn a_bulk_edit_tells_which_items_it_changed_each_once(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("South dock").to_string());
    for number in 0..3 {
        let tags = if number == 1 { "" } else { "used, rare" };
        site.add_item(north, &[("name", &format!("Lamp {number}")), ("add_tags", tags)]);
    }
    site.stock_items(north, (0..230).map(|number| (format!("Table {number}"), 1, 1)).collect());
    for (operation, fields, done, name) in [
        ("move", vec![("store", south.as_str())], "Changed item", "Lamp 1"),
        ("delete", vec![], "Deleted item", "Lamp 1 deleted"),
    ] {
        let outcome = apply(&preview(&site, "", operation, &fields), &site);
        let pages = leafed_through(&site, &outcome.attr("main p a[href^='/history/']", "href"));
        let mut told: Vec<_> = pages.iter().flat_map(records).filter(|record| record[1].ends_with(" item")).collect();
        assert_eq!((pages.len(), told.len()), (3, 233), "{operation}");
        assert!(told.contains(&touched(name, done, "South dock")) && told.iter().all(|record| record[1] == done));
        told.sort();
        told.dedup();
        assert_eq!(told.len(), 233, "{operation}");
        assert_eq!(pages[0].attr("main p a[href^='/bulk-edits/']", "href"), outcome.path);
    }
}

fn what_a_file_brought_is_told(site: Site) {
    let file = site.database().folder().join("goods.csv");
    std::fs::write(&file, "store,name,price,tags\nNorth dock,Lamp,1,used\n").expect("a file");
    let path = file.to_string_lossy().into_owned();
    let done = crate::support::program(site.database()).args(["import", &path]).output().expect("the program runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let page = site.get(&site.get("/").attr("tbody th a", "href"));
    assert_eq!(page.text("h1"), "Imported goods.csv: 1 item added, 1 store added, 1 tag added");
    let mut told = records(&page);
    told.sort();
    let expected = [
        touched("Lamp", "Added item", "North dock"),
        touched("North dock", "Added store", ""),
        touched("used", "Added tag", "North dock"),
    ];
    assert_eq!(told, expected);
    let history = site.get(&page.html().attrs("tbody a", "href")[2]);
    assert_eq!(history.attr(".history__whole a", "href"), page.path);
}

fn who_sees_some_stores_sees_what_was_done_to_them_and_no_more(site: Site) {
    let (north, south) = (site.add_store("North dock"), site.add_store("Secret dock"));
    site.stock_items(south, (0..250).map(|number| (format!("Secret table {number}"), 1, 1)).collect());
    site.add_item(north, &[("name", "Lamp")]);
    let outcome = apply(&preview(&site, "", "set-quantity", &[("quantity", "9")]), &site);
    let both = outcome.attr("main p a[href^='/history/']", "href");
    let apart = apply(&preview(&site, "q=secret", "set-quantity", &[("quantity", "8")]), &site);
    let secret = apart.attr("main p a[href^='/history/']", "href");
    let others: Vec<_> = leafed_through(&site, &both).iter().map(|page| records(page).len()).collect();
    assert_eq!(others, [100, 100, 51]);
    let eddy = site.signed_in("eddy", Role::Viewer, Some(&[north]));
    let page = eddy.get(&both);
    assert_eq!(records(&page), [touched("Lamp", "Changed item", "North dock")]);
    assert_eq!((page.text("h1").as_str(), page.html().has(".pager")), ("One change to several things", false));
    for after in ["", "?after=1", "?after=-5"] {
        assert_eq!(eddy.get(&format!("{secret}{after}")).status, 404, "{after}");
    }
    let list = eddy.get("/history");
    let told = ["One change to several things", "Added item “Lamp”", "Added store “North dock”"];
    assert_eq!((list.texts("tbody th"), list.attr("tbody th a", "href")), (told.map(str::to_owned).to_vec(), both));
    for page in [page, list] {
        assert!(!page.body.contains("Secret") && !page.body.contains("secret"), "{}", page.body);
    }
}

fn who_sees_some_stores_finds_their_own_bulk_edits(site: Site) {
    let (north, _) = (site.add_store("North dock"), site.add_store("Secret dock"));
    site.stock_items(north, (0..3).map(|number| (format!("Lamp {number}"), 1, 1)).collect());
    let (eddy, other) = ["eddy", "edna"].map(|name| site.signed_in(name, Role::Editor, Some(&[north]))).into();
    let outcome = apply(&preview(&eddy, "", "set-quantity", &[("quantity", "9")]), &eddy);
    let title = outcome.text("h1");
    for path in ["/", "/history"] {
        assert_eq!(eddy.get(path).texts("tbody th")[0], title, "{path}");
        assert_eq!(eddy.get(&eddy.get(path).attr("tbody th a", "href")).text("h1"), title, "{path}");
        assert!(!other.get(path).body.contains(&title), "{path}");
    }
}

fn what_was_never_done_is_not_found(site: Site) {
    site.add_store("North dock");
    for path in ["/history/4711", "/history/0", "/history/-1", "/history/x"] {
        assert_eq!(site.get(path).status, 404, "{path}");
    }
    for path in [
        "/history?before=x",
        "/history?before=-1",
        "/history/1?after=99999",
        "/history/1?after=-9",
        "/history/1?after=x",
    ] {
        assert_eq!(site.get(path).status, 200, "{path}");
    }
}
