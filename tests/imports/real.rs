//! Files from elsewhere, with every line accounted for.

use std::path::{Path, PathBuf};

use crate::shop::everywhere;

fn shared(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    path.to_string_lossy().into_owned()
}

#[test]
fn a_day_of_iowa_is_imported_with_every_line_accounted_for() {
    let file = shared("iowa-liquor-2012-01-31.csv");
    let mut command = vec!["import", &file];
    for pair in [
        "store.code=store_number",
        "store.name=store_name",
        "store.city=city",
        "store.region=state",
        "store.postal_code=zip_code",
        "sku=item_number",
        "name=item_description",
        "price=state_bottle_retail",
        "quantity=bottles_sold",
        "tags=category_name",
    ] {
        command.extend(["--map", pair]);
    }
    everywhere(|shop| {
        let said = shop.run(&command);
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(said.out.contains("9,510 rows read"), "{}", said.out);
        let rows = "items: 9,485 created, 0 updated, 0 unchanged, 18 repeated, 7 refused";
        assert!(said.out.contains(rows), "{}", said.out);
        assert_eq!((shop.count("stores"), shop.count("items")), (224, 9_485));
        let before = shop.everything();
        let said = shop.run(&command);
        let rows = "items: 0 created, 0 updated, 9,485 unchanged, 18 repeated, 7 refused";
        assert!(said.out.contains(rows), "{}", said.out);
        assert_eq!(shop.everything(), before);
    });
}

#[test]
fn the_shops_of_a_chain_are_imported_though_many_share_a_name() {
    let file = shared("bestbuy-stores.json");
    let maps = ["--map", "code=id", "--map", "region=state", "--map", "postal_code=zip"];
    let command = [&["import", &file, "--kind", "stores"][..], &maps].concat();
    everywhere(|shop| {
        let said = shop.run(&command);
        assert_eq!(said.code, 0, "{}", said.err);
        let rows = "stores: 1,565 created, 0 updated, 0 unchanged, 0 repeated, 0 refused";
        assert!(said.out.contains(rows), "{}", said.out);
        let before = shop.everything();
        assert_eq!(shop.run(&command).code, 0);
        assert_eq!(shop.everything(), before);
        assert_eq!(shop.count("stores"), 1_565);
    });
}
