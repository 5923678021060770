//! What every page has: one heading, a title, a label for each input; and nothing that needs a script.
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use scraper::{ElementRef, Selector};

use crate::support::{Answer, Page, Site};

on_both!(
    every_page_that_a_link_leads_to_is_sound,
    pages_that_answer_a_wrong_form_are_sound_too,
    an_empty_site_says_what_to_do_first,
    the_section_one_is_in_is_marked,
);

/// Attributes by which a page would run a script or style itself.
fn is_inline(name: &str) -> bool {
    name.starts_with("on") || name == "style"
}

fn assert_sound(answer: &Answer) {
    let page = answer.html();
    let path = &answer.path;
    assert_eq!(page.all("h1").len(), 1, "{path}");
    assert!(!page.text("h1").is_empty(), "{path}");
    assert!(page.text("title").ends_with(" · Stockroom") && page.text("title").len() > 14, "{path}");
    assert_eq!((page.all("main").len(), page.attr("html", "lang").as_str()), (1, "en"), "{path}");
    for control in page.all("input:not([type=hidden]):not([hidden]), select, textarea") {
        assert!(is_labelled(&page, control), "{path}: {} has no label", control.html());
    }
    for element in page.all("button, a[href]") {
        let name = element.text().collect::<String>();
        assert!(!name.trim().is_empty(), "{path}: {} says nothing", element.html());
    }
    let ids = page.attrs("[id]", "id");
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{path}: an id is there twice: {ids:?}");
    for described in ["aria-describedby", "aria-labelledby"] {
        for id in page.attrs(&format!("[{described}]"), described).iter().flat_map(|list| list.split_whitespace()) {
            assert!(ids.iter().any(|known| known == id), "{path}: nothing is called {id}");
        }
    }
    for element in page.all("*") {
        let inline = element.value().attrs().find(|(name, _)| is_inline(name));
        assert!(inline.is_none(), "{path}: {inline:?} is refused by the Content-Security-Policy");
    }
    assert!(!page.has("style, script:not([src]), [href^='javascript:'], [src^=http], link[href^=http]"), "{path}");
    for (at, level) in headings(&page).windows(2).map(|pair| (pair[0], pair[1])) {
        assert!(level <= at + 1, "{path}: a heading is skipped");
    }
    for fault in page.attrs(".faults a[href^='#']", "href") {
        let focusable = ["input", "textarea", "[tabindex]"].map(|kind| format!("{kind}{fault}")).join(", ");
        assert!(page.has(&focusable), "{path}: {fault} takes no focus");
    }
    for form in page.all("form") {
        let post = form.value().attr("method").is_some_and(|method| method == "post");
        let token = form.select(&Selector::parse("input[name=token]").expect("a selector")).next().is_some();
        let repeatable = form.value().attr("data-repeatable").is_some(); // it comes to the same however often it is sent
        assert!(!post || token || repeatable, "{path}: a form can be sent twice");
    }
}

fn headings(page: &Page) -> Vec<u32> {
    let level = |element: &ElementRef<'_>| element.value().name()[1..].parse().expect("h1 to h6");
    page.all("h1, h2, h3, h4, h5, h6").iter().map(level).collect()
}

fn is_labelled(page: &Page, control: ElementRef<'_>) -> bool {
    let around = control.ancestors().filter_map(ElementRef::wrap).find(|element| element.value().name() == "label");
    let label = around.or_else(|| {
        let id = control.value().attr("id")?;
        page.all("label").into_iter().find(|label| label.value().attr("for") == Some(id))
    });
    label.is_some_and(|label| !label.text().collect::<String>().trim().is_empty())
}

/// The kinds of all paths that can be reached from `/`. Of each kind, a few pages are looked at.
fn crawl(site: &Site) -> BTreeSet<String> {
    let (mut kinds, mut seen) = (BTreeMap::new(), BTreeSet::new());
    let mut queue = VecDeque::from(["/".to_owned()]);
    while let Some(path) = queue.pop_front() {
        let path = path.split('#').next().unwrap_or_default().to_owned();
        let looked_at: &mut u32 = kinds.entry(kind(&path)).or_default();
        if path.is_empty() || *looked_at == 6 || !seen.insert(path.clone()) {
            continue;
        }
        *looked_at += 1;
        assert!(path.starts_with('/') && !path.starts_with("//"), "{path} leads away");
        let answer = site.get(&path);
        assert_eq!(answer.status, 200, "{path}: {}", answer.body);
        if path.starts_with("/static/") {
            continue;
        }
        assert_sound(&answer);
        let page = answer.html();
        queue.extend(page.attrs("[href]", "href").into_iter().chain(page.attrs("[src]", "src")));
    }
    kinds.into_keys().collect()
}

/// A path with its ids made one: `/items/{id}/edit`.
fn kind(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    path.split('/').map(|part| if part.parse::<i64>().is_ok() { "{id}" } else { part }).collect::<Vec<_>>().join("/")
}

fn every_page_that_a_link_leads_to_is_sound(site: Site) {
    let store = site.fill("/stores/new", &[("name", "North dock"), ("code", "N"), ("notes", "x")]).new_id();
    site.add_item(store, &[("name", "Lamp"), ("description", "Warm"), ("add_tags", "used, rare")]);
    site.stock_items(store, (0..60).map(|n| (format!("Table {n}"), n, n)).collect());
    let expected = [
        "/",
        "/items",
        "/items/new",
        "/items/{id}",
        "/items/{id}/deletion",
        "/items/{id}/edit",
        "/items/{id}/history",
        "/stores",
        "/stores/new",
        "/stores/{id}",
        "/stores/{id}/deletion",
        "/stores/{id}/edit",
        "/stores/{id}/history",
        "/tags",
        "/tags/new",
        "/tags/{id}",
        "/tags/{id}/deletion",
        "/tags/{id}/edit",
        "/tags/{id}/history",
    ];
    let found = crawl(&site);
    let missing: Vec<_> = expected.iter().filter(|path| !found.contains(**path)).collect();
    assert!(missing.is_empty(), "no link leads to {missing:?}");
}

fn pages_that_answer_a_wrong_form_are_sound_too(site: Site) {
    let store = site.add_store("North dock");
    site.stock_stores((0..30).map(|n| format!("Shop {n}")).collect());
    let item = site.add_item(store, &[("name", "Lamp"), ("add_tags", "used")]);
    let wrong = [
        ("name", ""),
        ("price", "x"),
        ("quantity", "x"),
        ("barcode", "96385075"),
        ("sku", "\u{7}"),
        ("description", "\u{7}"),
        ("store_search", "shop"),
        ("add_tags", "\u{7}"),
    ];
    assert_sound(&site.fill("/items/new", &wrong));
    assert_sound(&site.fill(&format!("/items/{item}/edit"), &wrong));
    assert_sound(&site.fill("/tags/new", &[("name", ""), ("store_search", "nowhere")]));
    let wrong =
        ["name", "code", "address", "city", "region", "postal_code", "country", "notes"].map(|field| (field, "\u{7}"));
    assert_sound(&site.fill("/stores/new", &wrong));
    let stale = ["/stores/1", "/items/1", "/tags/1"]
        .map(|path| (path, site.get(&format!("{path}/edit")).form(), site.get(&format!("{path}/deletion")).form()));
    for (path, edit, deletion) in stale {
        site.fill(&format!("{path}/edit"), &[("name", "Theirs")]);
        assert_sound(&site.submit(edit.filled(&[("name", "Yours")])));
        assert_sound(&site.submit(deletion));
    }
    assert_sound(&site.get("/items?store_name=shop"));
    assert_sound(&site.get("/nowhere"));
    assert_sound(&site.post("/", &[]));
}

fn an_empty_site_says_what_to_do_first(site: Site) {
    for path in ["/", "/stores", "/items", "/tags", "/items/new"] {
        let answer = site.get(path);
        assert_sound(&answer);
        assert!(answer.text(".empty").len() > 10, "{path}");
        assert_eq!(site.get(&answer.attr(".empty a", "href")).status, 200, "{path}");
    }
}

fn the_section_one_is_in_is_marked(site: Site) {
    site.add_store("North dock");
    for (path, section, current) in [
        ("/stores", "Stores", "page"),
        ("/stores/1/edit", "Stores", "true"),
        ("/items?q=x", "Items", "page"),
        ("/tags/new", "Tags", "true"),
    ] {
        let page = site.get(path);
        assert_eq!(page.texts("nav a[aria-current]:not([aria-current=false])"), [section], "{path}");
        assert_eq!(page.attr("nav a[aria-current]:not([aria-current=false])", "aria-current"), current, "{path}");
    }
    assert!(!site.get("/").html().has("nav a[aria-current]:not([aria-current=false])"));
}
