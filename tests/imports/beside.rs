//! What others save while a file is imported.

use crate::shop::{Shop, everywhere};

/// So many items of North, then fifty of South.
const MANY: usize = 15_000;

fn file(header: &str, row: impl Fn(&str, usize) -> String) -> String {
    let north = (0..MANY).map(|number| row("North", number));
    let south = (0..50).map(|number| row("South", number));
    format!("{header}\n") + &north.chain(south).collect::<Vec<_>>().join("\n")
}

/// Items with SKUs.
fn items() -> String {
    file("store,sku,name,price,tags", |store, number| format!("{store},N-{number},Lamp {number},1,tag {}", number % 7))
}

/// Other prices for the same items.
fn prices() -> String {
    file("store,sku,price", |store, number| format!("{store},N-{number},2"))
}

fn nothing_is_wrong(shop: &Shop) {
    let said = shop.run(&["check"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn who_saves_while_a_file_is_imported_does_not_wait_for_its_end() {
    everywhere(|shop| {
        let mut import = shop.begin_import("many.csv", &items());
        shop.save("UPDATE stores SET notes = 'Closed on Mondays', version = version + 1 WHERE name = 'North'");
        assert!(import.goes_on(), "the save had to wait");
        let said = import.end();
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.contains("items: 15,050 created, 0 updated, 0 unchanged"), "{}", said.out);
        // However many pieces it was written in, it is one thing in the history.
        let mut titles = shop.rows("SELECT title AS value FROM change_sets");
        titles.sort();
        assert_eq!(titles, ["Imported many.csv: 15,050 items added, 2 stores added, 14 tags added", "Saved something"]);
        assert_eq!(shop.count("items"), 15_050);
        assert_eq!(shop.count("item_tags"), 15_050);
        nothing_is_wrong(shop);
    });
}

#[test]
fn what_is_saved_while_a_file_is_imported_stays() {
    everywhere(|shop| {
        shop.import("many.csv", &items(), &[]);
        let mut import = shop.begin_import("prices.csv", &prices());
        let mut saved = 0;
        for number in (0..MANY).step_by(97).rev() {
            if import.goes_on() {
                shop.save(&format!("UPDATE items SET quantity = 9, version = version + 1 WHERE sku = 'N-{number}'"));
                saved += 1;
            }
        }
        assert!(saved > 0, "the import was over before anybody saved");
        let said = import.end();
        assert!(said.out.contains("items: 0 created, 15,050 updated, 0 unchanged"), "{}", said.out);
        let kept =
            shop.rows("SELECT cast(count(*) AS TEXT) AS value FROM items WHERE quantity = 9 AND price_minor = 200");
        assert!(kept[0].parse::<usize>().expect("a number") >= saved, "{} of {saved}", kept[0]);
        nothing_is_wrong(shop);
    });
}

#[test]
fn an_import_that_is_killed_leaves_what_it_wrote_and_a_second_run_does_the_rest() {
    everywhere(|shop| {
        let import = shop.begin_import("many.csv", &items());
        let open = shop.wait_for("items");
        import.kill();
        drop(open);
        let there = shop.count("items");
        assert!((1..15_050).contains(&there), "{there} items are there");
        assert_eq!(shop.rows("SELECT title AS value FROM change_sets"), ["Imported a part of many.csv"]);
        nothing_is_wrong(shop);
        let said = shop.import("many.csv", &items(), &[]);
        let rest = stockroom::fields::Grouped(15_050 - there);
        assert!(said.out.contains(&format!("items: {rest} created, 0 updated")), "{}", said.out);
        assert_eq!(shop.count("items"), 15_050);
        assert_eq!(shop.count("item_tags"), 15_050);
        nothing_is_wrong(shop);
    });
}

#[test]
fn what_is_deleted_while_a_file_is_imported_is_refused_or_added_anew() {
    everywhere(|shop| {
        shop.import("many.csv", &items(), &[]);
        let import = shop.begin_import("many.csv", &items().replace(",1,tag", ",3,tag"));
        shop.save("DELETE FROM stores WHERE name = 'South'");
        let said = import.end();
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(said.err.contains("line 15051: Its store was deleted while this file was imported."), "{}", said.err);
        assert!(
            said.out.contains("items: 0 created, 15,000 updated, 0 unchanged, 0 repeated, 50 refused"),
            "{}",
            said.out
        );
        assert_eq!(shop.count("items"), 15_000);
        nothing_is_wrong(shop);

        let north =
            |file: String| file.lines().filter(|line| !line.starts_with("South")).collect::<Vec<_>>().join("\n");
        let delete_the_last = || shop.save("DELETE FROM items WHERE sku = 'N-14999'");
        let import = shop.begin_import("prices.csv", &north(prices()));
        delete_the_last();
        let said = import.end();
        assert!(said.err.contains("line 15001: name (no column): There is no such item yet"), "{}", said.err);
        assert!(
            said.out.contains("items: 0 created, 14,999 updated, 0 unchanged, 0 repeated, 1 refused"),
            "{}",
            said.out
        );

        shop.import("many.csv", &north(items()), &[]);
        let import = shop.begin_import("many.csv", &north(items().replace(",1,tag", ",3,tag")));
        delete_the_last();
        let said = import.end();
        assert!(said.out.contains("items: 1 created, 14,999 updated"), "{}", said.out);
        assert_eq!(shop.count("items"), 15_000);
        nothing_is_wrong(shop);
    });
}

#[test]
fn an_item_that_was_replaced_while_a_file_is_imported_is_found_again() {
    everywhere(|shop| {
        shop.import("many.csv", &items(), &[]);
        let import = shop.begin_import("prices.csv", &prices());
        // One item gets the SKU of another: each row means the item that has its SKU when it is written.
        shop.save_at_once(&[
            "UPDATE items SET sku = 'old', sku_key = 'old', version = version + 1 WHERE sku = 'N-14998'",
            "UPDATE items SET sku = 'N-14998', sku_key = 'n-14998', version = version + 1 WHERE sku = 'N-14999'",
        ]);
        let said = import.end();
        assert!(
            said.out.contains("items: 0 created, 15,049 updated, 0 unchanged, 0 repeated, 1 refused"),
            "{}",
            said.out
        );
        let exchanged =
            shop.rows("SELECT name || ' ' || price_minor AS value FROM items WHERE name IN ('Lamp 14998', 'Lamp 14999') ORDER BY id");
        assert_eq!(exchanged, ["Lamp 14998 100", "Lamp 14999 200"]);
    });
}

#[test]
fn what_is_added_while_a_file_is_imported_is_not_added_twice() {
    everywhere(|shop| {
        let import = shop.begin_import("many.csv", &items());
        shop.save(
            "INSERT INTO items (store_id, name, name_key, sku, sku_key, price_minor, quantity, search_key, version, created_at, updated_at)
             SELECT id, 'Mine', 'mine', 'n-49', 'n-49', 7, 3, 'mine', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
             FROM stores WHERE name = 'South'",
        );
        let said = import.end();
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.contains("items: 15,049 created, 1 updated"), "{}", said.out);
        let found = shop
            .rows("SELECT name || quantity AS value FROM items WHERE sku = 'N-49' OR sku = 'n-49' ORDER BY store_id");
        assert_eq!(found, ["Lamp 490", "Lamp 493"]);
        nothing_is_wrong(shop);
    });
}
