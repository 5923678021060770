//! What is read from a file.

use crate::shop::{SMALL, Shop, everywhere};

#[test]
fn headers_that_say_it_are_imported_without_being_mapped() {
    everywhere(|shop| {
        let said = shop.import("small.csv", SMALL, &[]);
        assert_eq!(said.code, 0, "{}", said.err);
        assert!(said.out.contains("items: 3 created, 0 updated, 0 unchanged, 0 repeated, 0 refused"), "{}", said.out);
        assert!(said.out.contains("stores: 2 created"), "{}", said.out);
        assert_eq!(shop.items(), ["North|Lamp|L-1|1250|3|1", "North|Chair|C-1|4000|0|1", "South|Lamp|L-1|1300|1|1"]);
        assert_eq!(shop.tags("Lamp"), ["Home", "Light"]);
    });
}

#[test]
fn json_is_imported_with_nested_values_and_lists() {
    everywhere(|shop| {
        let file = r#"[{"store": {"name": "North"}, "name": "Lamp", "price": 7.5, "stock": {"here": 3.0},
            "tags": ["Rum, dark", "Gin"]}, 5]"#;
        let said = shop.import("i.json", file, &["--map", "quantity=stock.here"]);
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(said.err.contains("entry 2: This is no object."), "{}", said.err);
        assert_eq!(shop.items(), ["North|Lamp|-|750|3|1"]);
        assert_eq!(shop.tags("Lamp"), ["Gin", "Rum, dark"]);
    });
}

#[test]
fn what_a_spreadsheet_has_broken_is_refused_and_what_it_protects_is_taken() {
    everywhere(|shop| {
        let file = "store,store code,sku,name,price,barcode\nNorth,=\"007\",\"=\"\"00123\"\"\",Lamp,1,\n\
            North,007,1.23E+12,Chair,1,4.00638E+12\nNorth,#N/A,2,Shelf,1,\nNorth,007,3,#REF!,########,\n";
        let said = shop.import("i.csv", file, &[]);
        assert_eq!(said.code, 3, "{}", said.err);
        for refused in [
            "line 3: sku: A spreadsheet has shortened a number to “1.23E+12”.",
            "line 3: barcode: A spreadsheet has shortened a number to “4.00638E+12”.",
            "line 4: store code: A spreadsheet shows “#N/A” where it has no value",
            "line 5: name: A spreadsheet shows “#REF!” where it has no value",
            "line 5: price: A spreadsheet shows “########” where it has no value",
        ] {
            assert!(said.err.contains(refused), "{refused} in {}", said.err);
        }
        assert_eq!(said.err.matches("line 5").count(), 2, "{}", said.err);
        assert_eq!(shop.items(), ["North|Lamp|00123|100|0|1"]);
        assert_eq!(shop.rows("SELECT code AS value FROM stores"), ["007"]);
    });
}

#[test]
fn a_file_that_cannot_be_read_to_its_end_leaves_nothing() {
    everywhere(|shop| {
        let said = shop.import("i.json", r#"[{"store": "North", "name": "Lamp", "price": 7.5}, {"store"#, &[]);
        assert_eq!(said.code, 1);
        assert!(said.err.contains("i.json: the file breaks off: EOF"), "{}", said.err);
        assert!(shop.is_empty());
    });
}

#[test]
fn a_row_is_told_by_its_line_however_lines_end() {
    everywhere(|shop| {
        for (file, lines) in [
            ("store,name,price\nA,B,1\nA,C,x\n", "line 3"),
            ("store,name,price\r\nA,B,1\r\nA,C,x\r\n", "line 3"),
            ("store,name,price\rA,B,1\rA,C,x\r", "line 3"),
            ("\n\nstore,name,price\n\nA,B,1\n\n\nA,C,x\n", "line 8"),
            ("\r\nstore,name,price\r\n\r\nA,\"B\r\nb\",1\r\n\r\nA,C,x", "line 7"),
            ("\u{feff}store,name,price\nA,\"B\n\"\"b\"\"\n\",1\nA,5\" pipe,1\nA,C,x\n", "line 6"),
        ] {
            let said = shop.import("i.csv", file, &[]);
            assert_eq!(said.code, 3, "{file:?}: {}", said.err);
            assert!(said.err.contains(&format!("{lines}: price: “x”")), "{file:?}: {}", said.err);
        }
    });
}

#[test]
fn a_quotation_mark_that_is_not_closed_swallows_no_rows_silently() {
    everywhere(|shop| {
        let header = "store,name,price,notes\n";
        for (rows, says) in [
            ("A,B,1,\nA,C,1,\"as\nA,D,1,x\nA,E,1,x\n", "i.csv: line 3: a quotation mark opens here and is not closed"),
            ("A,B,1,\nA,C,1,\"as", "i.csv: line 3: a quotation mark opens here and is not closed"),
            ("A,B,1,\nA,\"C\nc\",1,\"as\nA,D,1,x\n", "i.csv: line 4: a quotation mark opens here and is not closed"),
        ] {
            let said = shop.import("i.csv", &format!("{header}{rows}"), &[]);
            assert_eq!(said.code, 1, "{rows:?}");
            assert!(said.err.contains(says), "{rows:?}: {}", said.err);
        }
        let said = shop.import("i.csv", "store,name,price,\"notes\nA,B,1,\nA,C,1,\n", &[]);
        assert!(said.code == 1 && said.err.contains("line 1: a quotation mark opens here"), "{}", said.err);
        let endless = format!("{header}A,B,1,\nA,\"{}", "x\n".repeat(10_000_000));
        let said = shop.import("endless.csv", &endless, &[]);
        assert!(said.err.contains("line 3: this row has more than 16 MB"), "{}", said.err);
        assert!(shop.is_empty());
        // Closed by the mark that opens the next quoted cell: the rows between are told to be one, and it is refused.
        let said = shop.import("i.csv", &format!("{header}A,B,1,\nA,C,1,\"as\nA,D,1,\"x\"\nA,E,1,y\n"), &[]);
        assert_eq!(said.code, 3);
        assert!(said.err.contains("line 3: A quotation mark opens in line 3 and is closed in line 4"), "{}", said.err);
        assert!(said.out.contains("items: 2 created, 0 updated, 0 unchanged, 0 repeated, 1 refused"), "{}", said.out);
    });
}

#[test]
fn quotation_marks_that_belong_to_the_text_are_taken() {
    let shop = Shop::sqlite();
    let file = "store;name;price;notes\nA;\"5\"\" pipe\";1;5\" wide\nA;\"\";1;\nA;\"B\" ;1;\nA;C;1;\"two\nlines\";5\nA;D;1;5\"";
    let said = shop.import("i.csv", file, &[]);
    assert!(said.err.contains("line 3: name: Write something here"), "{}", said.err);
    assert!(said.err.contains("line 5: This row has 5 cells"), "{}", said.err);
    assert!(said.out.contains("3 created, 0 updated, 0 unchanged, 0 repeated, 2 refused"), "{}{}", said.out, said.err);
    assert_eq!(shop.items(), ["A|5\" pipe|-|100|0|1", "A|B|-|100|0|1", "A|D|-|100|0|1"]);
}

#[test]
fn a_field_or_column_that_is_not_there_is_named_beside_what_is() {
    let shop = Shop::sqlite();
    let said = shop.import("small.csv", SMALL, &["--map", "colour=SKU"]);
    assert_eq!(said.code, 2);
    assert!(said.err.contains("“colour” is no field of items. The fields are name, sku"), "{}", said.err);
    let said = shop.import("small.csv", SMALL, &["--map", "price=cost"]);
    assert!(said.err.contains("There is no column “cost”. The columns are Store name, SKU"), "{}", said.err);
    let said = shop.import("small.csv", "sku,price\n1,2\n", &[]);
    assert!(said.err.contains("--map store.name=COLUMN"), "{}", said.err);
}

#[test]
fn semicolons_tabs_and_a_byte_order_mark_are_read() {
    let shop = Shop::sqlite();
    for file in ["\u{feff}store;name;price\nNorth;Lamp;1\n", "store\tname\tprice\nNorth\tChair\t1\n"] {
        let said = shop.import("i.csv", file, &[]);
        assert!(said.out.contains("1 created"), "{}", said.err);
    }
    assert_eq!(shop.items(), ["North|Lamp|-|100|0|1", "North|Chair|-|100|0|1"]);
}

#[test]
fn a_comma_that_may_stand_for_the_point_is_refused() {
    let shop = Shop::sqlite();
    let file = "store;name;price;quantity\nNorth;Lamp;1,234;1\nNorth;Rug;2;1,000\nNorth;Cup;1234.5;1000\n";
    let said = shop.import("i.csv", file, &[]);
    assert!(said.err.contains("line 2: price: In a file with semicolons a comma may part thousands"), "{}", said.err);
    assert!(said.err.contains("line 3: quantity: In a file with semicolons"), "{}", said.err);
    let clear = shop.import("c.csv", "store;name;price;quantity\nSouth;Pan;1,234.50;1,000,000\n", &[]);
    assert!(clear.out.contains("items: 1 created"), "{}", clear.err);
    assert_eq!(shop.items()[1..], ["South|Pan|-|123450|1000000|1"]);
    shop.import("i.csv", &file.replace(',', "\u{202f}").replace(';', "\t"), &[]);
    let read = [
        "North|Cup|-|123450|1000|1",
        "South|Pan|-|123450|1000000|1",
        "North|Lamp|-|123400|1|1",
        "North|Rug|-|200|1000|1",
    ];
    assert_eq!(shop.items(), read, "what parts thousands where nothing else can be meant does so");
}

#[test]
fn a_file_that_is_no_plain_text_is_said_to_be_so() {
    everywhere(|shop| {
        let utf16: String = "store,name,price\n".chars().flat_map(|c| [c, '\0']).collect();
        for (file, why) in [
            (utf16.as_str(), "this is UTF-16"),
            ("sep=;\nstore;name;price\nNorth;Lamp;1\n", "“sep=”"),
            ("PK\u{3}\u{4}x", "save the sheet as CSV"),
            ("{\"name\": \"Lamp\"}\n{\"name\": \"Rug\"}\n", "has to be one array of objects"),
            ("[{\"name\": \"Lamp\"}", "the file breaks off"),
        ] {
            let said = shop.import("odd.csv", file, &[]);
            assert!(said.code == 1 && said.err.contains(why) && !said.err.contains('\0'), "{}", said.err);
            assert!(shop.is_empty());
        }
    });
}

#[test]
fn what_comes_through_a_pipe_is_taken_in_whole() {
    everywhere(|shop| {
        let rows: Vec<_> = (0..3_000).map(|n| format!("North,Lamp {n:04} {},1", "x".repeat(40))).collect();
        let said = shop.import_piped(&format!("store,name,price\n{}\n", rows.join("\n")));
        assert!(said.code == 0 && said.out.contains("3,000 rows read"), "{}{}", said.out, said.err);
        assert_eq!(shop.items().len(), 3_000);
    });
    let said = Shop::sqlite().import_piped(r#"[{"store": "North", "name": "Lamp", "price": 1}]"#);
    assert!(said.out.contains("1 created"), "{}", said.err);
}

#[test]
fn rows_in_which_nothing_stands_are_no_rows_and_columns_that_are_not_used_are_told() {
    let shop = Shop::sqlite();
    let said = shop.import("i.csv", "store,name,price,colour\n,,,\nNorth,Lamp,1,red\n , ,\t,\n,,,\n", &["--strict"]);
    assert!(said.code == 0 && said.out.contains("1 rows read"), "{}{}", said.out, said.err);
    assert!(said.err.contains("not used: colour (--map"), "{}", said.err);
}
