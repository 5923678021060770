//! Files written out, and taken in again.

use crate::shop::{SMALL, everywhere, save};

#[test]
fn what_is_exported_and_imported_again_changes_nothing() {
    everywhere(|shop| {
        shop.import("small.csv", SMALL, &[]);
        let odd = "name,code,city,notes\n\"Äpfel, \"\"groß\"\"\",7,Zürich,\"two\nlines\"\n=1+1,,'s-Gravenhage,\n";
        shop.import("odd.csv", odd, &["--kind", "stores"]);
        let odd = "store.code,name,price,tags,description\n7,=cmd,1,\"\"\"a,b\"\",c\",\" x\ny\"\n7,plain,0.05,,\n7,quoted,1,,=\"=\"\"x\"\"\"\n";
        shop.import("odd.csv", odd, &[]);
        assert_eq!((shop.count("stores"), shop.count("items"), shop.count("item_tags")), (4, 6, 5));
        assert_eq!(shop.rows("SELECT description AS value FROM items WHERE name = 'quoted'"), ["=\"x\""]);
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
        save(&shop.db(), &["UPDATE items SET sku = NULL, sku_key = NULL WHERE price_minor > 100"]);
        let before = shop.everything();
        let exported = shop.run(&["export"]);
        assert!(exported.err.contains("warning: 1 of these items cannot be told from others"), "{}", exported.err);
        let said = shop.import("again.csv", &exported.out, &[]);
        assert!(said.out.contains("3 unchanged, 0 repeated"), "{}", said.out);
        assert_eq!(shop.everything(), before);
    });
}
