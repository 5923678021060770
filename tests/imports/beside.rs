//! What others save while a file is imported.

use stockroom::imports::Event;

use crate::shop::{Shop, everywhere, save, wait_for};

/// So many items of North, and fifty of South, are written in two pieces: those of South in the second.
const FEW: usize = 700;
/// So many take a while.
const MANY: usize = 15_000;

fn file(header: &str, many: usize, row: impl Fn(&str, usize) -> String) -> String {
    let north = (0..many).map(|number| row("North", number));
    let south = (0..50).map(|number| row("South", number));
    format!("{header}\n") + &north.chain(south).collect::<Vec<_>>().join("\n")
}

/// Items with SKUs.
fn items(many: usize) -> String {
    let row = |store: &str, number| format!("{store},N-{number},Lamp {number},1,tag {}", number % 7);
    file("store,sku,name,price,tags", many, row)
}

/// Other prices for the same items.
fn prices() -> String {
    file("store,sku,price", FEW, |store, number| format!("{store},N-{number},2"))
}

fn nothing_is_wrong(shop: &Shop) {
    let said = shop.run(&["check"]);
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
}

#[test]
fn who_saves_while_a_file_is_imported_does_not_wait_for_its_end() {
    everywhere(|shop| {
        let db = shop.db();
        let mut import = shop.begin_import("many.csv", &items(MANY));
        while import.goes_on() {
            save(&db, &["UPDATE stores SET notes = notes || '.', version = version + 1 WHERE name = 'North'"]);
        }
        let said = import.end();
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.contains("items: 15,050 created, 0 updated, 0 unchanged"), "{}", said.out);
        // However many pieces it was written in, it is one thing in the history.
        let titles = shop.rows("SELECT title AS value FROM change_sets WHERE source = 'import'");
        assert_eq!(titles, ["Imported many.csv: 15,050 items added, 2 stores added, 14 tags added"]);
        let lines = |of: &str| {
            format!(
                "SELECT c.id FROM changes AS c JOIN change_sets AS s ON s.id = c.change_set_id WHERE s.source = '{of}'"
            )
        };
        let [saved, imported] = [lines("page"), lines("import")];
        let between = shop.rows(&format!(
            "SELECT 'saved' AS value FROM ({saved}) AS c
             WHERE id > (SELECT min(id) FROM ({imported}) AS i) AND id < (SELECT max(id) FROM ({imported}) AS i)"
        ));
        assert!(!between.is_empty(), "all saves had to wait");
        assert_eq!(shop.count("items"), 15_050);
        assert_eq!(shop.count("item_tags"), 15_050);
        nothing_is_wrong(shop);
    });
}

#[test]
fn what_is_saved_while_a_file_is_imported_stays() {
    everywhere(|shop| {
        shop.import("many.csv", &items(FEW), &[]);
        let db = shop.db();
        let mut saves = 0;
        let said = shop.import_and("prices.csv", &prices(), |event| {
            if matches!(event, Event::Writing(_) | Event::Written(_)) {
                saves += 1;
                save(&db, &["UPDATE items SET quantity = quantity + 1, version = version + 1 WHERE sku LIKE 'N-%9'"]);
            }
        });
        assert!(said.out.contains("items: 0 created, 750 updated, 0 unchanged"), "{}", said.out);
        assert!(saves > 2, "{saves}: it was written in one piece");
        let kept =
            shop.rows("SELECT DISTINCT quantity || ' for ' || price_minor AS value FROM items WHERE sku LIKE 'N-%9'");
        assert_eq!(kept, [format!("{saves} for 200")]);
        nothing_is_wrong(shop);
    });
}

#[test]
fn an_import_that_is_killed_leaves_what_it_wrote_and_a_second_run_does_the_rest() {
    everywhere(|shop| {
        let db = shop.db();
        let import = shop.begin_import("many.csv", &items(MANY));
        wait_for(&db, "items");
        import.kill();
        let there = shop.count("items");
        assert!((1..15_050).contains(&there), "{there} items are there");
        assert_eq!(shop.rows("SELECT title AS value FROM change_sets"), ["Imported a part of many.csv"]);
        nothing_is_wrong(shop);
        let said = shop.import("many.csv", &items(MANY), &[]);
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
        shop.import("many.csv", &items(FEW), &[]);
        let dearer = items(FEW).replace(",1,tag", ",3,tag");
        let said = shop.import_beside("many.csv", &dearer, &["DELETE FROM stores WHERE name = 'South'"]);
        assert!(said.err.contains("751: : Its store was deleted while this file was imported."), "{}", said.err);
        assert!(
            said.out.contains("items: 0 created, 700 updated, 0 unchanged, 0 repeated, 50 refused"),
            "{}",
            said.out
        );
        assert_eq!(shop.count("items"), 700);
        nothing_is_wrong(shop);

        let north =
            |file: String| file.lines().filter(|line| !line.starts_with("South")).collect::<Vec<_>>().join("\n");
        let the_last = ["DELETE FROM items WHERE sku = 'N-699'"];
        let said = shop.import_beside("prices.csv", &north(prices()), &the_last);
        assert!(said.err.contains("701: name (no column): There is no such item yet"), "{}", said.err);
        assert!(said.out.contains("items: 0 created, 699 updated, 0 unchanged, 0 repeated, 1 refused"), "{}", said.out);

        shop.import("many.csv", &north(items(FEW)), &[]);
        let said = shop.import_beside("many.csv", &north(dearer), &the_last);
        assert!(said.out.contains("items: 1 created, 699 updated"), "{}", said.out);
        assert_eq!(shop.count("items"), 700);
        nothing_is_wrong(shop);
    });
}

#[test]
fn an_item_that_was_replaced_while_a_file_is_imported_is_found_again() {
    everywhere(|shop| {
        shop.import("many.csv", &items(FEW), &[]);
        // One item gets the SKU of another: each row means the item that has its SKU when it is written.
        let exchange = [
            "UPDATE items SET sku = 'old', sku_key = 'old', version = version + 1 WHERE sku = 'N-698'",
            "UPDATE items SET sku = 'N-698', sku_key = 'n-698', version = version + 1 WHERE sku = 'N-699'",
        ];
        let said = shop.import_beside("prices.csv", &prices(), &exchange);
        assert!(said.out.contains("items: 0 created, 749 updated, 0 unchanged, 0 repeated, 1 refused"), "{}", said.out);
        let exchanged = shop.rows(
            "SELECT name || ' ' || price_minor AS value FROM items WHERE name IN ('Lamp 698', 'Lamp 699') ORDER BY id",
        );
        assert_eq!(exchanged, ["Lamp 698 100", "Lamp 699 200"]);
    });
}

#[test]
fn rows_that_come_to_mean_one_item_while_a_file_is_imported_are_told() {
    everywhere(|shop| {
        // The first two rows of the second piece but for a few: however it is cut after them, these are in it.
        let with_solo = |items: String| items.replacen("\nNorth,N-550,", "\nNorth,,Solo,5,tag 4\nNorth,N-550,", 1);
        shop.import("many.csv", &with_solo(items(FEW)), &[]);
        // The item of one row is gone, and that of another has its SKU.
        let exchange = [
            "DELETE FROM items WHERE sku = 'N-550'",
            "UPDATE items SET sku = 'N-550', sku_key = 'n-550', version = version + 1 WHERE name = 'Solo'",
        ];
        let dearer = with_solo(items(FEW).replace(",1,tag", ",3,tag")).replace("Solo,5", "Solo,6");
        let said = shop.import_beside("many.csv", &dearer, &exchange);
        assert_eq!(said.err, "553: repeats 552");
        assert!(said.out.contains("items: 0 created, 750 updated, 0 unchanged, 1 repeated, 0 refused"), "{}", said.out);
        let last = shop.rows("SELECT name || ' ' || price_minor AS value FROM items WHERE sku = 'N-550'");
        assert_eq!((last, shop.count("items")), (vec!["Lamp 550 300".to_owned()], 750));
    });
}

#[test]
fn what_is_added_while_a_file_is_imported_is_not_added_twice() {
    everywhere(|shop| {
        let add = "INSERT INTO items (store_id, name, name_key, sku, sku_key, price_minor, quantity, search_key, version, created_at, updated_at)
             SELECT id, 'Mine', 'mine', 'n-49', 'n-49', 7, 3, 'mine', 1, CURRENT_TIMESTAMP, CURRENT_TIMESTAMP
             FROM stores WHERE name = 'South'";
        let said = shop.import_beside("many.csv", &items(FEW), &[add]);
        assert!(said.out.contains("items: 749 created, 1 updated"), "{}", said.out);
        let found = shop
            .rows("SELECT name || quantity AS value FROM items WHERE sku = 'N-49' OR sku = 'n-49' ORDER BY store_id");
        assert_eq!(found, ["Lamp 490", "Lamp 493"]);
        nothing_is_wrong(shop);
    });
}

#[test]
fn of_two_imports_of_one_file_at_once_one_adds_its_items_and_the_other_finds_them() {
    everywhere(|shop| {
        let nameless = file("store,name,price", 3_000, |store, number| format!("{store},Lamp {number},1"));
        shop.import("stores.csv", "store,name,price\nNorth,Table,1\nSouth,Table,1\n", &[]);
        std::thread::scope(|scope| {
            let imports = ["one.csv", "two.csv"].map(|name| scope.spawn(|| shop.import(name, &nameless, &[])));
            for import in imports {
                let said = import.join().expect("no panic");
                assert!(said.code == 0 && said.out.contains(" 0 refused"), "{}{}", said.out, said.err);
            }
        });
        assert_eq!(shop.count("items"), 3_052);
        nothing_is_wrong(shop);
    });
}
