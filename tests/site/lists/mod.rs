//! Lists: their pages, order, search and filters, all of it in the URL.
mod filters;
mod searching;
mod walking;

use crate::support::Site;

/// 120 items in one store: names, prices and quantities that tie, and some that do not.
fn stock(site: &Site) -> Vec<i64> {
    let store = site.add_store("North dock");
    let row = |n: i64| (format!("Lamp {}", n % 40), 100 * (n % 7), n % 3);
    site.stock_items(store, (0..120).map(row).collect())
}

fn ids(site: &Site, path: &str) -> Vec<String> {
    site.get(path).html().attrs("tbody th a", "href")
}

/// The ids on all pages from this one on.
fn all_ids(site: &Site, path: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let page = site.get(&path).html();
        found.extend(page.attrs("tbody th a", "href"));
        next = page.attrs(".pager a[rel=next]", "href").pop();
        assert!(found.len() < 1000, "{path} leads round in circles");
    }
    found
}
