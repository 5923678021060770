//! How much is sent: pages are small whatever is on them.
use stockroom::items::{Item, ItemDraft, TagChoice};

use crate::serving::Raw;
use crate::support::Site;

on_both!(
    a_list_of_fifty_long_rows_is_small_and_smaller_still_compressed,
    a_form_does_not_grow_with_the_stores_to_choose_from,
);

fn a_list_of_fifty_long_rows_is_small_and_smaller_still_compressed(site: Site) {
    let goods =
        ["Desk lamp", "Extension lead", "Ceramic mug", "Garden hose", "Paper towels", "Cordless drill", "Wool blanket"];
    let makers = ["Nordlicht", "Hartmann & Sons", "Aurora", "Blue Ridge", "Casa Verde", "Old Mill"];
    let stores: Vec<i64> = site.stock_stores((0..40).map(|n| format!("Springfield Riverside depot {n}")).collect());
    site.write(move |change| {
        for number in 0_usize..60 {
            let (maker, good) = (makers[number * 5 % 6], goods[number * 3 % 7]);
            let draft = ItemDraft {
                store_id: stores[number * 17 % 40],
                name: format!(
                    "{maker} heavy duty {good} {} x {} cm, pack of {}",
                    number * 37 % 90,
                    number * 53 % 70,
                    number % 12
                ),
                sku: Some(format!("SKU-{:06}", number * 7919)),
                price_minor: 100_000 + i64::try_from(number * 7919).unwrap_or_default(),
                quantity: i64::try_from(number * 313).unwrap_or_default(),
                ..ItemDraft::default()
            };
            Item::create(change, &draft.with_keys(), &TagChoice::default())?;
        }
        Ok(())
    });
    for path in ["/items", "/items?sort=-updated_at"] {
        assert_eq!(site.get(path).texts("tbody th").len(), 50);
        let bytes = |coding: &str| Raw::get(&site, path, coding).body.len();
        let (plain, zipped) = (bytes("identity"), bytes("gzip"));
        assert!(plain < 30_000 && zipped < 6_000, "{path}: {plain} bytes, {zipped} compressed");
    }
}

fn a_form_does_not_grow_with_the_stores_to_choose_from(site: Site) {
    let stores = site.stock_stores((0..1_000).map(|n| format!("Springfield Riverside depot {n}")).collect());
    for path in ["/items/new".to_owned(), format!("/items/new?store={}", stores[7])] {
        let plain = site.send("GET", &path, &[], "").bytes.len();
        assert!(plain < 20_000, "{path}: {plain} bytes");
    }
}
