//! What becomes of the rows of a file.

use crate::shop::{SMALL, everywhere, save};

#[test]
fn a_second_run_changes_nothing() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let before = shop.everything();
        let said = shop.import("small.csv", SMALL, &[]);
        assert!(said.out.contains("items: 0 created, 0 updated, 3 unchanged"), "{}", said.out);
        assert_eq!(shop.everything(), before);
    });
}

#[test]
fn one_import_is_one_change_set_with_a_name() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let sets = shop.rows("SELECT source || ': ' || title AS value FROM change_sets");
        assert_eq!(sets, ["import: Imported small.csv: 3 items added, 2 stores added, 2 tags added"]);
    });
}

#[test]
fn fields_without_a_column_are_left_alone() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let said = shop.import("prices.csv", "store,sku,price\nNorth,l-1,9.99\nSouth,L-1,13\n", &[]);
        assert!(said.out.contains("items: 0 created, 1 updated, 1 unchanged"), "{}{}", said.out, said.err);
        assert_eq!(shop.items()[0], "North|Lamp|l-1|999|3|2");
        assert_eq!(shop.tags("Lamp"), ["Home", "Light"]);
    });
}

#[test]
fn an_item_can_be_found_under_all_its_fields_after_an_import_of_some() {
    everywhere(|shop| {
        shop.import("all.csv", "store,sku,name,price,barcode\nNorth,L-1,Lamp,1,BOX-77\n", &[]);
        shop.import("some.csv", "store,sku,name\nNorth,L-1,Lantern\n", &[]);
        assert_eq!(shop.rows("SELECT search_key AS value FROM items"), ["lantern\nl-1\nbox-77"]);
    });
}

#[test]
fn an_empty_cell_empties_the_field() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        shop.import("small.csv", "store,sku,tags\nNorth,L-1,\n", &[]);
        assert_eq!(shop.items()[0], "North|Lamp|L-1|1250|3|2");
        assert!(shop.tags("Lamp").is_empty());
    });
}

#[test]
fn an_empty_quantity_says_nothing_of_what_is_in_stock() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let all = "store,sku,name,price,qty,description,tags,barcode\n";
        let file = format!("{all}North,L-1,Lamp,12.50, ,Warm,,\nNorth,N-1,New,1,,,,\n");
        let said = shop.import("all.csv", &file, &[]);
        assert!(said.out.contains("items: 1 created, 1 updated, 0 unchanged"), "{}{}", said.out, said.err);
        assert_eq!(shop.items()[0], "North|Lamp|L-1|1250|3|2");
        assert_eq!(shop.rows("SELECT CAST(quantity AS TEXT) AS value FROM items WHERE name = 'New'"), ["0"]);
        let said = shop.import("all.csv", &file, &[]);
        assert!(said.out.contains("items: 0 created, 0 updated, 2 unchanged"), "{}{}", said.out, said.err);
    });
}

#[test]
fn a_key_that_a_json_object_lacks_says_nothing_of_its_field() {
    everywhere(|shop| {
        let all = r#"[{"store": {"name": "North", "code": "1", "city": "Ames"}, "sku": "L-1", "name": "Lamp", "price": 12.5,
            "qty": 3, "barcode": "B-1", "description": "Warm", "tags": ["Home"]}]"#;
        shop.import("all.json", all, &[]);
        let some = r#"[{"store": {"code": "1"}, "sku": "L-1", "price": 13},
            {"store": {"name": "North", "city": "Boone"}, "sku": "C-1", "name": "Chair", "price": 40,
             "qty": 1, "barcode": "", "description": "", "tags": []}]"#;
        let said = shop.import("some.json", some, &[]);
        assert!(said.out.contains("items: 1 created, 1 updated, 0 unchanged"), "{}{}", said.out, said.err);
        let lamp = "SELECT barcode || '|' || description AS value FROM items WHERE sku = 'L-1'";
        assert_eq!(shop.items()[0], "North|Lamp|L-1|1300|3|2");
        assert_eq!((shop.rows(lamp), shop.tags("Lamp")), (vec!["B-1|Warm".to_owned()], vec!["Home".to_owned()]));
        assert_eq!(shop.rows("SELECT name || code || city AS value FROM stores"), ["North1Boone"]);
        let before = shop.everything();
        let said = shop.import("some.json", some, &[]);
        assert!(said.out.contains("items: 0 created, 0 updated, 2 unchanged"), "{}{}", said.out, said.err);
        assert_eq!(shop.everything(), before);

        let nothing = r#"[{"store": {"code": "1"}, "sku": "L-1", "description": null, "tags": null}]"#;
        shop.import("nothing.json", nothing, &[]);
        assert_eq!((shop.rows(lamp), shop.tags("Lamp")), (vec!["B-1|".to_owned()], vec![]));
        assert_eq!(shop.items()[0], "North|Lamp|L-1|1300|3|3");
    });
}

#[test]
fn a_new_item_needs_what_its_object_leaves_out() {
    everywhere(|shop| {
        let file = r#"[{"store": "North", "name": "Lamp", "price": 1}, {"store": "North", "name": "Chair"},
            {"store": "North", "sku": "X-1", "price": 2}, {"store": "North", "price": 2}, {"name": "Table", "price": 3},
            {"store": "West", "name": "Shelf"}]"#;
        let said = shop.import("new.json", file, &[]);
        assert_eq!(said.code, 3);
        for refused in [
            "entry 2: price: There is no such item yet, and a new one needs a price.",
            "entry 3: name: There is no such item yet, and a new one needs a name.",
            "entry 4: sku: Write something here: nothing else says which one this row means.",
            "entry 5: store: Write something here: nothing else says which one this row means.",
            "entry 6: price: There is no such item yet, and a new one needs a price.",
        ] {
            assert!(said.err.contains(refused), "{refused} in {}", said.err);
        }
        assert!(said.out.contains("items: 1 created, 0 updated, 0 unchanged, 0 repeated, 5 refused"), "{}", said.out);
        assert_eq!(shop.rows("SELECT name AS value FROM stores"), ["North"]);
    });
}

#[test]
fn other_tags_are_a_new_version_of_the_item() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let said = shop.import("tags.csv", "store,sku,tags\nNorth,L-1,\"home, New\"\n", &[]);
        assert!(said.out.contains("1 updated"), "{}", said.out);
        assert_eq!(shop.items()[0], "North|Lamp|L-1|1250|3|2");
        assert_eq!(shop.tags("Lamp"), ["Home", "New"]);
    });
}

#[test]
fn bad_rows_are_refused_with_line_column_and_reason_and_the_rest_goes_on() {
    everywhere(|shop| {
        let file = "store,name,unit price,qty\nNorth,Lamp,7.1.3,2\nNorth,Chair,40,1\nNorth,,3,-1\nNorth,Bench\n";
        let said = shop.import("bad.csv", file, &[]);
        assert_eq!(said.code, 3);
        for line in [
            "bad.csv: line 2: unit price: “7.1.3” is not a price. Write it like 12.50.",
            "bad.csv: line 4: name: Write something here: this cannot be empty.",
            "bad.csv: line 4: qty: A quantity cannot fall below zero.",
            "bad.csv: line 5: This row has 2 cells, and the header has 4.",
        ] {
            assert!(said.err.contains(line), "{line} is not in\n{}", said.err);
        }
        assert!(said.out.contains("items: 1 created, 0 updated, 0 unchanged, 0 repeated, 3 refused"), "{}", said.out);
        assert_eq!(shop.items(), ["North|Chair|-|4000|1|1"]);
    });
}

#[test]
fn strict_writes_nothing_when_a_row_is_refused() {
    everywhere(|shop| {
        let said = shop.import("bad.csv", "store,name,price\nNorth,Lamp,1\nNorth,Chair,\n", &["--strict"]);
        assert_eq!(said.code, 1);
        assert!(said.err.contains("nothing was written"), "{}", said.err);
        assert!(said.out.contains("strict: nothing was written"), "{}", said.out);
        assert!(shop.is_empty());
        let said = shop.import("good.csv", "store,name,price\nNorth,Lamp,1\n", &["--strict"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert_eq!(shop.count("items"), 1);
    });
}

#[test]
fn a_dry_run_says_what_would_be_and_writes_nothing() {
    everywhere(|shop| {
        let said = shop.import("small.csv", SMALL, &["--dry-run"]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.contains("3 created") && said.out.contains("nothing was written"), "{}", said.out);
        assert!(shop.is_empty());
    });
}

#[test]
fn a_row_that_repeats_an_earlier_one_is_reported_and_the_last_counts() {
    everywhere(|shop| {
        let file = "store,sku,name,price\nNorth,a,Lamp,1\nSouth,a,Lamp,2\nNORTH,A,Lamp,3\nNorth,,Box,4\nNorth,,BOX,5\n";
        let said = shop.import("twice.csv", file, &[]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.err.contains("line 4: repeats line 2"), "{}", said.err);
        assert!(said.err.contains("line 6: repeats line 5"), "{}", said.err);
        assert!(said.out.contains("items: 3 created, 0 updated, 0 unchanged, 2 repeated, 0 refused"), "{}", said.out);
        assert_eq!(shop.items(), ["South|Lamp|a|200|0|1", "North|Lamp|A|300|0|1", "North|BOX|-|500|0|1"]);
    });
}

#[test]
fn items_without_a_sku_are_known_by_their_name() {
    everywhere(|shop| {
        shop.import("a.csv", "store,name,price\nNorth,Lamp,1\n", &[]);
        let said = shop.import("b.csv", "store,name,price\nNorth,LAMP,2\nNorth,Chair,1\n", &[]);
        assert!(said.out.contains("1 created, 1 updated"), "{}", said.out);
        assert_eq!(shop.items(), ["North|LAMP|-|200|0|2", "North|Chair|-|100|0|1"]);
    });
}

#[test]
fn tags_come_to_the_item_of_their_row_though_others_have_its_name() {
    everywhere(|shop| {
        shop.import("a.csv", "store,sku,name,price,tags\nNorth,1,Lamp,1,old\n", &[]);
        save(&shop.db(), &["UPDATE items SET sku = NULL, sku_key = NULL, name = 'Lamp', version = version + 1"]);
        shop.import(
            "b.csv",
            "store,sku,name,price,tags\nNorth,,Lamp,1,old\nSouth,,Lamp,2,new\nSouth,2,Lamp,3,other\n",
            &[],
        );
        let tags = "SELECT i.price_minor || t.name AS value FROM item_tags AS l JOIN tags AS t ON t.id = l.tag_id
            JOIN items AS i ON i.id = l.item_id ORDER BY i.price_minor";
        assert_eq!(shop.rows(tags), ["100old", "200new", "300other"]);
    });
}

#[test]
fn a_store_name_that_several_have_is_refused_in_a_file_of_prices_too() {
    everywhere(|shop| {
        shop.import("s.csv", "name,code\nTwin,1\nTwin,2\n", &["--kind", "stores"]);
        shop.import("i.csv", "store.code,sku,name,price\n1,a,Lamp,1\n2,a,Lamp,1\n", &[]);
        let said = shop.import("p.csv", "store,sku,price\nTwin,a,9\n", &[]);
        assert!(said.err.contains("line 2: store: Several stores have this name"), "{}{}", said.out, said.err);
        assert_eq!(shop.items(), ["Twin|Lamp|a|100|0|1", "Twin|Lamp|a|100|0|1"]);
    });
}

#[test]
fn an_item_keeps_its_sku_where_the_row_that_names_it_has_none() {
    everywhere(|shop| {
        let header = "store,sku,name,barcode,description,price,quantity\n";
        shop.import("a.csv", &format!("{header}North,L-1,Lamp,,,1,1\nNorth,C-1,Chair,,,1,1\n"), &[]);
        let said = shop.import("b.csv", &format!("{header}North,,Lamp,,,1,1\nNorth,,Chair,,,2,1\n"), &[]);
        assert!(said.out.contains("0 created, 1 updated, 1 unchanged"), "{}", said.out);
        assert_eq!(shop.items(), ["North|Lamp|L-1|100|1|1", "North|Chair|C-1|200|1|2"]);
    });
}

#[test]
fn a_new_item_needs_what_the_file_has_no_column_for() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let said = shop.import("qty.csv", "store,sku,qty\nNorth,L-1,8\nNorth,new,1\nWest,L-1,1\n", &[]);
        assert_eq!(said.code, 3);
        assert!(
            said.err.contains("line 3: name (no column): There is no such item yet, and a new one needs a name."),
            "{}",
            said.err
        );
        assert!(said.err.contains("line 4: name (no column): There is no such item yet"), "{}", said.err);
        assert!(said.out.contains("0 created, 1 updated, 0 unchanged, 0 repeated, 2 refused"), "{}", said.out);
        let why = "no column holds the name that new items need: 2 refused (--map name=COLUMN says which)";
        assert!(said.out.contains(why), "{}", said.out);
        assert_eq!(shop.count("stores"), 2);
    });
}

#[test]
fn stores_are_known_by_code_and_only_then_by_name() {
    everywhere(|shop| {
        let said = shop.import("s.csv", "name,code,city\nNorth,1,Ames\nNorth,2,Boone\nSouth,,Cresco\n", &[]);
        assert!(said.out.contains("stores: 3 created"), "{}{}", said.out, said.err);
        let said = shop.import("s.csv", "name,code,city\nNorthern,1,Ames\nSOUTH,,Cresco\nnorth,2,Boone\n", &[]);
        assert!(said.out.contains("stores: 0 created, 3 updated"), "{}{}", said.out, said.err);
        let names = shop.rows("SELECT name || '/' || search_key AS value FROM stores ORDER BY id");
        assert_eq!(names, ["Northern/northern\n1\names", "north/north\n2\nboone", "SOUTH/south\n\ncresco"]);
    });
}

#[test]
fn a_store_that_is_called_otherwise_by_its_code_is_told() {
    everywhere(|shop| {
        shop.import("s.csv", "name,code\nNorth,1\nSouth,2\nEast,3\n", &["--kind", "stores"]);
        let before = shop.everything();
        // Another chain, which numbers its shops alike.
        let (others, told) = (
            "name,code\nHarbour,2\nHilltop,4\nNORTH,1\n",
            "the store “South”, known by its code, gets the name “Harbour”",
        );
        for (options, is_kept) in [(&["--kind", "stores", "--dry-run"][..], false), (&["--kind", "stores"], true)] {
            let said = shop.import("others.csv", others, options);
            assert!(said.err.contains(&format!("others.csv: line 2: {told}")), "{}", said.err);
            assert_eq!(said.err.matches("gets the name").count(), 1, "{}", said.err);
            assert_eq!(shop.everything() != before, is_kept);
        }
        let said = shop.import("i.csv", "store,store code,name,price\nEast,3,Lamp,1\nEast,2,Lamp,1\n", &[]);
        assert!(
            said.err.contains("i.csv: line 3: the store “Harbour”, known by its code, gets the name “East”"),
            "{}",
            said.err
        );
    });
}

#[test]
fn a_store_that_cannot_have_its_name_is_refused_and_nothing_breaks() {
    everywhere(|shop| {
        shop.import("s.csv", "name,code,city\nNorth,,Ames\nTwin,1,Ames\nTwin,2,Ames\n", &[]);
        let file = "name,code,city\nNORTH,9,Boone\nTwin,,Boone\nTwin,1,Boone\nNorth,8,Boone\nNorth,2,Boone\n";
        let said = shop.import("t.csv", file, &[]);
        assert_eq!(said.code, 3, "{}", said.err);
        for line in [2, 5, 6] {
            assert!(said.err.contains(&format!("line {line}: name: This name is already taken")), "{}", said.err);
        }
        assert!(said.err.contains("line 3: name: Several stores have this name"), "{}", said.err);
        assert!(said.out.contains("stores: 0 created, 1 updated, 0 unchanged, 0 repeated, 4 refused"), "{}", said.out);
        let said = shop.import("i.csv", "store,name,price\nTwin,Lamp,1\nNorth,Lamp,1\n", &[]);
        assert!(said.err.contains("line 2: store: Several stores have this name"), "{}", said.err);
        assert_eq!(shop.items(), ["North|Lamp|-|100|0|1"]);
    });
}

#[test]
fn a_store_without_a_code_is_given_that_of_its_row() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let file = "name,code,city\nNORTH,9,Boone\nSouth,,Ames\n";
        let said = shop.import("s.csv", file, &["--kind", "stores"]);
        assert!(said.out.contains("stores: 0 created, 2 updated"), "{}{}", said.out, said.err);
        let stores = || shop.rows("SELECT name || coalesce(code, '-') || city AS value FROM stores ORDER BY id");
        assert_eq!(stores(), ["NORTH9Boone", "South-Ames"]);
        // Nor is it taken for that of two.
        let clashing = "name,code\nSouth,8\nNorth Dock,8\nSouth,8\n";
        let said = shop.import("s.csv", clashing, &["--kind", "stores"]);
        assert!(said.code == 3 && said.err.contains("line 2: name: This name is already taken"), "{}", said.err);
        assert_eq!(stores()[..2], ["NORTH9Boone", "South-Ames"]);
        let said = shop.import("i.csv", "store,store code,sku,price\nSouth,7,L-1,14\nSouth,7,X-1,1\n", &[]);
        assert!(said.err.contains("line 3: name (no column): There is no such item yet"), "{}", said.err);
        assert!(said.out.contains("items: 0 created, 1 updated"), "{}{}", said.out, said.err);
        assert_eq!(stores()[..2], ["NORTH9Boone", "South7Ames"]);
        assert_eq!(shop.items()[2], "South|Lamp|L-1|1400|1|2");
    });
}

#[test]
fn a_row_can_mean_by_its_code_a_store_that_another_row_adds() {
    everywhere(|shop| {
        let file = r#"[{"store": {"name": "North", "code": "1"}, "name": "Lamp", "price": 1},
            {"store": {"code": "1"}, "name": "Chair", "price": 2}, {"store": {"code": "2"}, "name": "Shelf", "price": 3}]"#;
        let said = shop.import("i.json", file, &[]);
        assert!(said.err.contains("entry 3: store.name: There is no such store yet"), "{}", said.err);
        assert_eq!(shop.items(), ["North|Lamp|-|100|0|1", "North|Chair|-|200|0|1"]);
    });
}

#[test]
fn a_store_without_a_code_can_be_one_that_the_same_file_adds_with_one() {
    everywhere(|shop| {
        let file = "name,code,city\nNorth,,Ames\nNorth,1,Boone\n";
        let said = shop.import("s.csv", file, &[]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.contains("stores: 1 created, 0 updated, 0 unchanged, 1 repeated"), "{}", said.out);
        assert_eq!(shop.rows("SELECT name || code || city AS value FROM stores"), ["North1Boone"]);
        let before = shop.everything();
        shop.import("s.csv", file, &[]);
        assert_eq!(shop.everything(), before);
    });
}

#[test]
fn rows_of_items_update_their_store_and_the_last_counts() {
    everywhere(|shop| {
        let file = "store,store city,name,price\nNorth,Ames,a,1\nNorth,Boone,b,1\nNorth,Ames,c,1\n";
        shop.import("i.csv", file, &[]);
        assert_eq!(shop.rows("SELECT city AS value FROM stores"), ["Ames"]);
        let said = shop.import("i.csv", &file.replace("Ames,c", "Cresco,c"), &[]);
        assert!(said.out.contains("items: 0 created, 0 updated, 3 unchanged"), "{}", said.out);
        assert!(said.out.contains("stores: 0 created, 1 updated"), "{}", said.out);
        assert_eq!(shop.rows("SELECT city || version AS value FROM stores"), ["Cresco2"]);
    });
}

#[test]
fn a_store_that_a_file_of_items_spells_otherwise_keeps_its_name() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let said = shop.import("others.csv", "store,sku,name,price\nNORTH,X-1,New,1\n", &[]);
        assert!(said.out.contains("stores: 0 created, 0 updated"), "{}{}", said.out, said.err);
        assert_eq!(shop.rows("SELECT name AS value FROM stores ORDER BY id"), ["North", "South"]);
    });
}
