//! Files taken in and written out by the program itself, on SQLite and, where `STOCKROOM_TEST_POSTGRES` names a
//! server, on PostgreSQL.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::prelude::*;
use diesel::sql_types::Text;
use stockroom::db::Db;
use tempfile::TempDir;

/// A database of its own, and a folder for files.
struct Shop {
    folder: TempDir,
    url: String,
    server: Option<(String, String)>,
}

/// What the program said.
struct Said {
    code: i32,
    out: String,
    err: String,
}

/// Runs a test on every database there is.
fn everywhere(test: impl Fn(&Shop)) {
    test(&Shop::sqlite());
    if let Ok(server) = std::env::var("STOCKROOM_TEST_POSTGRES") {
        test(&Shop::postgres(&server));
    }
}

impl Shop {
    fn sqlite() -> Self {
        let folder = tempfile::tempdir().expect("a folder can be made");
        let url = folder.path().join("shop.db").to_string_lossy().into_owned();
        Self { folder, url, server: None }
    }

    fn postgres(server: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("imports_{}_{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        administer(server, &format!("CREATE DATABASE {name}"));
        let (path, options) = server.split_once('?').map_or((server, String::new()), |(p, o)| (p, format!("?{o}")));
        let (base, _) = path.rsplit_once('/').expect("a URL with a database");
        let folder = tempfile::tempdir().expect("a folder can be made");
        Self { folder, url: format!("{base}/{name}{options}"), server: Some((server.to_owned(), name)) }
    }

    fn run(&self, arguments: &[&str]) -> Said {
        let Output { status, stdout, stderr } = Command::new(env!("CARGO_BIN_EXE_stockroom"))
            .args(arguments)
            .env("DATABASE_URL", &self.url)
            .env_remove("STOCKROOM_TEST_POSTGRES")
            .current_dir(self.folder.path())
            .output()
            .expect("the program runs");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
        Said { code: status.code().expect("it ends by itself"), out: text(stdout), err: text(stderr) }
    }

    /// Imports a file with this in it.
    fn import(&self, name: &str, content: &str, options: &[&str]) -> Said {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).expect("the file can be written");
        self.run(&[&["import", &path.to_string_lossy()], options].concat())
    }

    /// What a query gives: one text a row, called `value`.
    fn rows(&self, sql: &str) -> Vec<String> {
        #[derive(QueryableByName)]
        struct Row {
            #[diesel(sql_type = Text)]
            value: String,
        }
        let db = Db::open(&self.url.parse().expect("a database")).expect("it opens");
        let rows = db.read_now(|conn| Ok(diesel::sql_query(sql).load::<Row>(conn)?)).expect("the query runs");
        rows.into_iter().map(|row| row.value).collect()
    }

    fn count(&self, table: &str) -> usize {
        self.rows(&format!("SELECT cast(count(*) AS TEXT) AS value FROM {table}"))[0].parse().expect("a number")
    }

    fn is_empty(&self) -> bool {
        ["stores", "items", "tags", "change_sets", "changes"].iter().all(|table| self.count(table) == 0)
    }

    fn items(&self) -> Vec<String> {
        self.rows(
            "SELECT s.name || '|' || i.name || '|' || coalesce(i.sku, '-') || '|' || i.price_minor || '|' || i.quantity
                || '|' || i.version AS value
             FROM items AS i JOIN stores AS s ON s.id = i.store_id ORDER BY i.id",
        )
    }

    fn tags(&self, item: &str) -> Vec<String> {
        self.rows(&format!(
            "SELECT t.name AS value FROM item_tags AS l
             JOIN tags AS t ON t.id = l.tag_id JOIN items AS i ON i.id = l.item_id
             WHERE i.name = '{item}' ORDER BY t.name_key"
        ))
    }

    /// Everything there is, to see that nothing has moved.
    fn everything(&self) -> Vec<String> {
        let mut rows = Vec::new();
        for table in ["stores", "items", "tags"] {
            rows.extend(self.rows(&format!(
                "SELECT '{table}' || id || name || name_key || version || cast(updated_at AS TEXT) AS value
                 FROM {table} ORDER BY id"
            )));
        }
        rows.extend(self.rows("SELECT item_id || '-' || tag_id AS value FROM item_tags ORDER BY item_id, tag_id"));
        rows.extend(["change_sets", "changes"].map(|table| self.count(table).to_string()));
        rows
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        if let Some((server, name)) = &self.server {
            administer(server, &format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

fn administer(server: &str, sql: &str) {
    let mut conn = PgConnection::establish(server).expect("the server answers");
    diesel::sql_query(sql).execute(&mut conn).expect("the server obeys");
}

fn shared(name: &str) -> String {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    path.to_string_lossy().into_owned()
}

const SMALL: &str = "\
Store name,SKU,Item name,Price,qty,tags
North,L-1,Lamp,12.50,3,\"Light, Home\"
North,C-1,Chair,40,,Home
South,L-1,Lamp,13,1,
";

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
        shop.import("small.csv", "store,sku,qty,tags\nNorth,L-1,,\n", &[]);
        assert_eq!(shop.items()[0], "North|Lamp|L-1|1250|0|2");
        assert!(shop.tags("Lamp").is_empty());
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
        assert!(said.err.contains("line 3: name (no column): There is no such item yet"), "{}", said.err);
        assert!(said.err.contains("line 4: name (no column): There is no such item yet"), "{}", said.err);
        assert!(said.out.contains("0 created, 1 updated, 0 unchanged, 0 repeated, 2 refused"), "{}", said.out);
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
fn a_store_that_cannot_have_its_name_is_refused_and_nothing_breaks() {
    everywhere(|shop| {
        shop.import("s.csv", "name,code,city\nNorth,,Ames\nTwin,1,Ames\nTwin,2,Ames\n", &[]);
        let said = shop.import("t.csv", "name,code,city\nNORTH,9,Boone\nTwin,,Boone\nTwin,1,Boone\n", &[]);
        assert_eq!(said.code, 3, "{}", said.err);
        assert!(said.err.contains("line 2: name: This name is already taken"), "{}", said.err);
        assert!(said.err.contains("line 3: name: Several stores have this name"), "{}", said.err);
        assert!(said.out.contains("stores: 0 created, 1 updated, 0 unchanged, 0 repeated, 2 refused"), "{}", said.out);
        let said = shop.import("i.csv", "store,name,price\nTwin,Lamp,1\nNorth,Lamp,1\n", &[]);
        assert!(said.err.contains("line 2: store: Several stores have this name"), "{}", said.err);
        assert_eq!(shop.items(), ["North|Lamp|-|100|0|1"]);
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
fn a_file_that_cannot_be_read_to_its_end_leaves_nothing() {
    everywhere(|shop| {
        let said = shop.import("i.json", r#"[{"store": "North", "name": "Lamp", "price": 7.5}, {"store"#, &[]);
        assert_eq!(said.code, 1);
        assert!(said.err.contains("i.json: EOF"), "{}", said.err);
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
fn what_is_exported_and_imported_again_changes_nothing() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let odd = "name,code,city,notes\n\"Äpfel, \"\"groß\"\"\",7,Zürich,\"two\nlines\"\n=1+1,,'s-Gravenhage,\n";
        shop.import("odd.csv", odd, &["--kind", "stores"]);
        let odd = "store.code,name,price,tags,description\n7,=cmd,1,\"\"\"a,b\"\",c\",\" x\ny\"\n7,plain,0.05,,\n";
        shop.import("odd.csv", odd, &[]);
        assert_eq!((shop.count("stores"), shop.count("items"), shop.count("item_tags")), (4, 5, 5));
        let before = shop.everything();
        for kind in ["stores", "items"] {
            for format in ["csv", "json"] {
                let exported = shop.run(&["export", "--kind", kind, "--format", format]);
                assert_eq!((exported.code, exported.err.as_str()), (0, ""));
                let said = shop.import(&format!("again.{format}"), &exported.out, &["--strict"]);
                assert_eq!(said.code, 0, "{}", said.err);
                assert!(said.out.contains(&format!("{kind}: 0 created, 0 updated")), "{}", said.out);
                assert_eq!(shop.everything(), before, "{kind} as {format}");
            }
        }
    });
}

#[test]
fn items_of_one_name_without_a_sku_come_back_from_an_export_each_to_its_own() {
    everywhere(|shop| {
        shop.import("a.csv", "store,sku,name,price\nNorth,1,Lamp,1\nNorth,2,Lamp,2\nNorth,3,Lamp,3\n", &[]);
        // The pages can leave items without a SKU; a file cannot make two of one name.
        let db = Db::open(&shop.url.parse().expect("a database")).expect("it opens");
        let actor =
            stockroom::db::Actor { name: "test".to_owned(), source: stockroom::db::Source::Page, user_id: None };
        db.write_now(actor, |change| {
            let sql = "UPDATE items SET sku = NULL, sku_key = NULL WHERE price_minor > 100";
            Ok(diesel::sql_query(sql).execute(change.conn()).map(drop)?)
        })
        .expect("it is written");
        let before = shop.everything();
        let exported = shop.run(&["export"]);
        assert!(exported.err.contains("warning: 1 of these items cannot be told from others"), "{}", exported.err);
        let said = shop.import("again.csv", &exported.out, &[]);
        assert!(said.out.contains("3 unchanged, 0 repeated"), "{}", said.out);
        assert_eq!(shop.everything(), before);
    });
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
