use super::{all_ids, ids, stock};
use crate::support::Site;

on_both!(
    fifty_rows_make_a_page_and_every_order_walks_through_all,
    a_list_walks_back_the_way_it_came,
    rows_that_tie_are_neither_skipped_nor_repeated,
    a_row_deleted_while_paging_skips_no_other,
    a_row_changed_while_paging_moves_no_other,
    going_back_to_rows_that_were_added_before_shows_a_whole_page,
    a_page_that_was_emptied_meanwhile_leads_back,
    the_last_page_ends_with_the_last_row_and_leads_back,
    the_last_page_survives_what_others_do,
    names_sort_alike_on_both_databases,
);

fn fifty_rows_make_a_page_and_every_order_walks_through_all(site: Site) {
    stock(&site);
    for sort in
        ["", "name", "-name", "price", "-price", "quantity", "-quantity", "updated_at", "-updated_at", "nonsense"]
    {
        let pages = site.walk(&format!("/items?sort={sort}"));
        assert_eq!(pages.iter().map(Vec::len).collect::<Vec<_>>(), [50, 50, 20], "{sort}");
    }
    let page = site.get("/items?sort=-price");
    assert_eq!(page.text(".pager__count"), "120 items");
    assert_eq!(page.text("thead th[aria-sort=descending]"), "Price");
    let prices: Vec<String> = page.texts("tbody td.number:nth-child(4)");
    assert_eq!((prices[0].as_str(), prices[49].as_str()), ("6.00", "4.00"));
    let turned = page.attr("thead th[aria-sort=descending] a", "href");
    assert_eq!(turned, "/items?sort=price", "a heading turns its order round");
}

fn a_list_walks_back_the_way_it_came(site: Site) {
    stock(&site);
    for sort in ["name", "-price", "quantity", "-updated_at"] {
        let forth = site.walk(&format!("/items?sort={sort}"));
        let page = |path: &str, rel: &str| site.get(path).attr(&format!(".pager a[rel={rel}]"), "href");
        let last = page(&page(&format!("/items?sort={sort}"), "next"), "next");
        assert!(!site.get(&last).html().has(".pager a[rel=next]"));
        let mut back = site.walk_by(&last, "prev");
        back.reverse();
        assert_eq!(back, forth, "{sort}");
        assert_eq!(site.get(&last).attr(".pager a:not([rel])", "href"), format!("/items?sort={sort}"));
    }
}

fn rows_that_tie_are_neither_skipped_nor_repeated(site: Site) {
    let stocked = stock(&site);
    for sort in ["name", "-name", "quantity", "-quantity", "updated_at"] {
        let mut found = all_ids(&site, &format!("/items?sort={sort}"));
        assert_eq!(found.len(), stocked.len(), "{sort}");
        found.sort();
        found.dedup();
        assert_eq!(found.len(), stocked.len(), "{sort}");
    }
}

fn a_row_deleted_while_paging_skips_no_other(site: Site) {
    stock(&site);
    let all = all_ids(&site, "/items?sort=quantity");
    let first = site.get("/items?sort=quantity");
    let next = first.attr(".pager a[rel=next]", "href");
    // Even the very row that the cursor names.
    site.delete(&all[49]);
    site.delete(&all[10]);
    assert_eq!(ids(&site, &next)[..], all[50..100]);
    let back = site.get(&next).attr(".pager a[rel=prev]", "href");
    let kept: Vec<_> = all[..52].iter().filter(|path| **path != all[49] && **path != all[10]).cloned().collect();
    assert_eq!(ids(&site, &back), kept, "the first page is a whole one");
}

fn a_row_changed_while_paging_moves_no_other(site: Site) {
    stock(&site);
    let all = all_ids(&site, "/items?sort=name");
    let next = site.get("/items?sort=name").attr(".pager a[rel=next]", "href");
    site.fill(&format!("{}/edit", all[49]), &[("name", "Zebra")]);
    site.fill(&format!("{}/edit", all[0]), &[("name", "Aardvark")]);
    assert_eq!(ids(&site, &next)[..], all[50..100]);
    assert_eq!(all_ids(&site, &next).last(), Some(&all[49]), "it stands where it belongs now");
}

fn going_back_to_rows_that_were_added_before_shows_a_whole_page(site: Site) {
    let stocked = stock(&site);
    site.stock_stores((0..60).map(|n| format!("Shop {n:02}")).collect());
    let tags = (0..60).map(|n| format!("tag{n:02}")).collect::<Vec<_>>().join(",");
    site.fill(&format!("/items/{}/edit", stocked[0]), &[("add_tags", &tags)]);
    let lists = ["/items", "/items?q=a", "/stores", "/tags"];
    let back = lists.map(|list| {
        let next = site.get(list).attr(".pager a[rel=next]", "href");
        site.get(&next).attr(".pager a[rel=prev]", "href")
    });
    let store = site.add_store("Aardvark");
    site.add_item(store, &[("name", "Aardvark"), ("add_tags", "Aardvark")]);
    for (list, back) in lists.into_iter().zip(back) {
        let whole = site.get(&back);
        let before = site.get(&whole.attr(".pager a[rel=prev]", "href"));
        assert_eq!((before.texts("tbody th").len(), before.texts("tbody th")[0].as_str()), (50, "Aardvark"), "{list}");
        assert!(!before.html().has(".pager a[rel=prev]"), "{list}");
    }
}

fn a_page_that_was_emptied_meanwhile_leads_back(site: Site) {
    let store = site.add_store("North dock");
    let stocked = site.stock_items(store, (0..51).map(|n| (format!("Lamp {n:02}"), 1, 1)).collect());
    let next = site.get("/items").attr(".pager a[rel=next]", "href");
    site.delete(&format!("/items/{}", stocked[50]));
    let page = site.get(&next);
    assert_eq!(page.text(".empty"), "Nothing is left on this page. Go to the first page.");
    for link in [".empty a", ".pager a"] {
        assert_eq!(ids(&site, &page.attr(link, "href")).len(), 50, "{link}");
    }
}

fn the_last_page_ends_with_the_last_row_and_leads_back(site: Site) {
    stock(&site);
    for sort in ["name", "-name", "price", "-price", "quantity", "-quantity", "updated_at", "-updated_at"] {
        let start = format!("/items?sort={sort}");
        let all = all_ids(&site, &start);
        let last = site.get(&site.get(&start).attr(".pager a:not([rel])", "href"));
        assert_eq!(last.html().attrs("tbody th a", "href")[..], all[70..], "{sort}");
        assert!(!last.html().has(".pager a[rel=next]"), "{sort}");
        assert_eq!(last.attr(".pager a:not([rel])", "href"), start);
        assert_eq!(ids(&site, &last.attr(".pager a[rel=prev]", "href"))[..], all[20..70], "{sort}");
    }
    assert_eq!(ids(&site, "/items?page=last&min_quantity=2").len(), 40);
    assert!(site.get("/items?page=last&min_quantity=3").text(".empty").contains("No item fits"));
}

fn the_last_page_survives_what_others_do(site: Site) {
    stock(&site);
    let all = all_ids(&site, "/items?sort=price&max_price=5");
    let last = site.get("/items?sort=price&max_price=5&page=last");
    let back = last.attr(".pager a[rel=prev]", "href");
    let from = all.len() - 50;
    site.delete(&all[from]);
    site.fill(&format!("{}/edit", all[from + 1]), &[("price", "0")]);
    site.fill(&format!("{}/edit", all[1]), &[("price", "4.99")]);
    let kept: Vec<_> = all[from - 50..from].to_vec();
    let before = ids(&site, &back);
    assert!(kept.iter().filter(|id| **id != all[1]).all(|id| before.contains(id)), "none is skipped");
    assert_eq!(ids(&site, "/items?sort=price&max_price=5&page=last").last(), all.last());
}

fn names_sort_alike_on_both_databases(site: Site) {
    let store = site.add_store("North dock");
    let names = [
        "zebra", "Zürich", "Äpfel", "apple", "Apfel", "a b", "a-b", "ab", "_x", "Éclair", "eclair", "10", "9", "日本",
        "ß", "st",
    ];
    site.stock_items(store, names.iter().map(|name| ((*name).to_owned(), 1, 1)).collect());
    let expected = [
        "10", "9", "_x", "a b", "a-b", "ab", "Apfel", "apple", "Äpfel", "eclair", "Éclair", "ß", "st", "zebra",
        "Zürich", "日本",
    ];
    assert_eq!(site.get("/items").texts("tbody th"), expected);
    let mut turned = site.get("/items?sort=-name").texts("tbody th");
    turned.reverse();
    assert_eq!(turned, expected);
    site.stock_stores(["Zürich", "zebra", "Äpfel"].map(str::to_owned).to_vec());
    assert_eq!(site.get("/stores").texts("tbody th"), ["Äpfel", "North dock", "zebra", "Zürich"]);
    site.add_item(store, &[("name", "Lamp"), ("add_tags", "Zürich, zebra, Äpfel")]);
    assert_eq!(site.get("/tags").texts("tbody th"), ["Äpfel", "zebra", "Zürich"]);
}
