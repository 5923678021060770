//! Whichever way a search takes, it finds what looking at every item finds, in the same order.
use std::collections::{HashMap, HashSet};

use diesel::connection::SimpleConnection;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use stockroom::db::{Conn, Count, Cursor, Key, Keyset, Place, SortColumn};
use stockroom::error::AppError;
use stockroom::fields::{Currency, fold, search_key};
use stockroom::items::{
    About, BEST, BY_ID, Bounds, Comparison, Item, ItemDraft, ItemFilter, Query, SORTS, TagChoice, WholeItem,
};
use stockroom::stores::{Store, StoreDraft};
use stockroom::users::Scope;

use crate::support::{Database, Site, somebody};

const WORDS: [&str; 14] =
    ["lamp", "Lampe", "la", "red", "Éclair", "clair", "άλφα", "日本", "дом", "a", "x-1", "zebra", "12\"", "50% off"];

/// Everything there is, with the names of each item's tags.
struct Catalogue {
    items: Vec<Item>,
    stores: Vec<Store>,
    tags: HashMap<i64, HashSet<String>>,
    links: HashMap<i64, HashSet<i64>>,
}

/// Items in three stores, put together from few words, so that many are alike; the last ones of two brands.
fn stock(database: &Database) -> Catalogue {
    let add = |change: &mut stockroom::db::ChangeSet<'_>| {
        let store = |name: &str, code: &str| {
            StoreDraft { name: name.to_owned(), code: Some(code.to_owned()), ..StoreDraft::default() }.with_keys()
        };
        let stores = [("North dock", "N1"), ("South", "north"), ("Hall", "H")];
        let stores = stores.map(|(name, code)| Store::create(change, &store(name, code)));
        let stores = stores.into_iter().collect::<Result<Vec<_>, _>>()?;
        for n in 0..75_usize {
            let word = |step: usize| WORDS[n * step % WORDS.len()];
            let first = match n {
                0..60 => word(3),
                60..68 => "Quílt",
                74 => "Lamp woven",
                _ => "Wovén",
            };
            let name = format!("{first} {} {}", word(5), word(11 * (n % 2)));
            let sku = (n % 3 == 0).then(|| format!("AB-{n}"));
            let barcode = if n % 4 == 0 { format!("40{n:02}31") } else { String::new() };
            let (price_minor, quantity) =
                (i64::try_from(n % 7).expect("small") * 150, i64::try_from(n % 5).expect("small"));
            let store_id = stores[[0, 1, 0, 2, 0, 1, 2][n % 7]].id;
            let draft = ItemDraft { store_id, name, sku, barcode, price_minor, quantity, ..ItemDraft::default() };
            let mut names = if n % 3 == 1 { vec!["Used".to_owned()] } else { Vec::new() };
            if n % 5 == 1 {
                names.extend(["Spécialité", "Specialite"].map(str::to_owned));
            }
            Item::create(change, &draft.with_keys(), &TagChoice { names, ..TagChoice::default() })?;
        }
        Ok(())
    };
    database.open().write_now(somebody(), add).expect("it can be written");
    let read = |conn: &mut Conn| {
        let mut tags: HashMap<i64, HashSet<String>> = HashMap::new();
        let mut links: HashMap<i64, HashSet<i64>> = HashMap::new();
        let mut items = Vec::new();
        for (whole, _) in WholeItem::beyond(conn, 0, 1000)? {
            links.entry(whole.item.id).or_default().extend(whole.tags.0.iter().map(|(id, _)| *id));
            tags.entry(whole.item.id).or_default().extend(whole.tags.0.iter().map(|(_, name)| search_key(name)));
            items.push(Item::find(conn, whole.item.id)?);
        }
        Ok(Catalogue { items, stores: Store::beyond(conn, 0, 100)?, tags, links })
    };
    database.open().read_now(read).expect("it can be read")
}

impl Catalogue {
    fn fits(&self, item: &Item, about: &About, scope: &Scope) -> bool {
        let lines: Vec<&str> = item.search_key.split('\n').collect();
        let compare = |comparison: &Comparison, one: i64, other: i64| match comparison {
            Comparison::Less => one < other,
            Comparison::AtMost => one <= other,
            Comparison::Equal => one == other,
            Comparison::AtLeast => one >= other,
            Comparison::More => one > other,
        };
        match about {
            About::Text(text) => item.search_key.contains(text.as_str()),
            About::Name(text) => lines[0].contains(text.as_str()),
            About::Sku(text) => lines[1].contains(text.as_str()),
            About::Barcode(text) => lines[2].contains(text.as_str()),
            About::Store(meant) => self.meant(meant, scope).contains(&item.store_id),
            About::Tag(name) => self.tags.get(&item.id).is_some_and(|tags| tags.contains(&search_key(name))),
            About::Number("price", comparison, minor) => compare(comparison, item.price_minor, *minor),
            About::Number(_, comparison, number) => compare(comparison, item.quantity, *number),
        }
    }

    fn meant(&self, typed: &str, scope: &Scope) -> Vec<i64> {
        let ids = |test: &dyn Fn(&Store) -> bool| -> Vec<i64> {
            self.stores.iter().filter(|store| scope.has(store.id) && test(store)).map(|store| store.id).collect()
        };
        let coded = ids(&|store| store.code_key.as_deref() == Some(fold(typed).as_str()));
        let named = ids(&|store| store.name_key == fold(typed));
        let like = ids(&|store| search_key(typed).split_whitespace().all(|word| store.search_key.contains(word)));
        [coded, named, like].into_iter().find(|ids| !ids.is_empty()).unwrap_or_default()
    }

    /// Of somebody who sees the stores in these places; all of them, if it is `None`.
    fn scope(&self, seen: Option<&[usize]>) -> Scope {
        seen.map_or(Scope::All, |seen| Scope::Stores(seen.iter().map(|at| self.stores[*at].id).collect()))
    }

    /// The ids of what is found, by looking at every item.
    fn expected(&self, filter: &ItemFilter, keyset: &Keyset) -> Vec<i64> {
        let query = Query::parse(&filter.words, Currency::default());
        let tag = filter.tag_name.as_deref().map(search_key);
        let mut found: Vec<&Item> = self
            .items
            .iter()
            .filter(|item| query.terms.iter().all(|term| self.fits(item, &term.about, &filter.scope) == term.wanted))
            .filter(|item| filter.scope.has(item.store_id))
            .filter(|item| filter.store_id.is_none_or(|store| store == item.store_id))
            .filter(|item| filter.tag_id.is_none_or(|tag| self.links[&item.id].contains(&tag)))
            .filter(|item| filter.min_price.is_none_or(|least| item.price_minor >= least))
            .filter(|item| filter.max_quantity.is_none_or(|most| item.quantity <= most))
            .filter(|item| {
                tag.as_ref().is_none_or(|tag| self.tags.get(&item.id).is_some_and(|tags| tags.contains(tag)))
            })
            .collect();
        found.sort_by_key(|item| place(item, keyset.column));
        if keyset.descending {
            found.reverse();
        }
        found.into_iter().map(|item| item.id).collect()
    }
}

fn place(item: &Item, column: SortColumn) -> Place {
    let key = match column.name {
        "id" => Key::Number(item.id),
        "price" => Key::Number(item.price_minor),
        "quantity" => Key::Number(item.quantity),
        "updated_at" => Key::Time(item.updated_at),
        _ => Key::Text(item.name_key.clone()),
    };
    Place(key, item.id)
}

/// The ids on all pages, one after the other, and the count on the first of them.
fn walk(conn: &mut Conn, filter: &ItemFilter, mut keyset: Keyset, bounds: &Bounds) -> (Vec<i64>, Count) {
    let backwards = matches!(keyset.cursor, Cursor::Before(_));
    let (mut ids, mut count) = (Vec::new(), None);
    for _ in 0..200 {
        let found = Item::search_within(conn, filter, &keyset, bounds).expect("no search is an error");
        assert!(found.page.rows.len() <= keyset.limit);
        count = count.or(Some(found.count));
        let mut page: Vec<i64> = found.page.rows.iter().map(|row| row.id).collect();
        if backwards {
            page.reverse();
        }
        ids.extend(page);
        let next = if backwards { found.page.previous } else { found.page.next };
        if let Some(place) = &next {
            let item = Item::find(conn, place.1).expect("it is an item's place");
            assert!(filter.scope.has(item.store_id), "{filter:?} {keyset:?} {bounds:?} tells of {item:?}");
        }
        match next {
            Some(place) if backwards => keyset.cursor = Cursor::Before(place),
            Some(place) => keyset.cursor = Cursor::After(place),
            None => {
                if backwards {
                    ids.reverse();
                }
                return (ids, count.expect("there was a page"));
            }
        }
    }
    panic!("{filter:?} {keyset:?} {bounds:?} leads round in circles");
}

fn bounds() -> impl Strategy<Value = Bounds> {
    let small = || prop::sample::select(vec![0_i64, 2, 7, 20, 1000]);
    ((small(), small(), small()), 1_i64..30, 1_i64..30, 1_i64..70, 0_usize..20).prop_map(
        |((few, many, beside), entries, rows, sample, counted)| Bounds {
            few,
            many,
            beside,
            entries,
            rows,
            sample,
            counted,
        },
    )
}

/// Which stores somebody sees.
fn seen() -> impl Strategy<Value = Option<&'static [usize]>> {
    prop::option::weighted(0.6, prop::sample::select(vec![&[0_usize][..], &[1], &[0, 2], &[1, 2]]))
}

fn words() -> impl Strategy<Value = String> {
    let text = prop_oneof![
        3 => prop::sample::select(WORDS.to_vec()).prop_map(str::to_owned),
        2 => prop::sample::select(vec!["lam", "amp", "ec", "r", "ab-", "ab-1", "31", "4000", "α", "本", "%", "\"", "cla", "quilt", "uil"])
            .prop_map(str::to_owned),
        1 => "[a-z0-9]{1,3}",
    ];
    let term = prop_oneof![
        6 => text.clone(),
        1 => text.clone().prop_map(|text| format!("\"{text} r\"")),
        1 => text.clone().prop_map(|text| format!("sku:{text}")),
        1 => text.clone().prop_map(|text| format!("barcode:{text}")),
        1 => text.prop_map(|text| format!("name:{text}")),
        1 => prop::sample::select(vec!["store:n1", "store:north", "store:\"north dock\"", "store:o", "store:x", "tag:used", "tag:USE", "tag:spécialité", "tag:specialite"])
            .prop_map(str::to_owned),
        2 => ("(price|stock)", "(<|<=|=|>|>=|:)", 0..10_u8).prop_map(|(field, sign, value)| format!("{field}{sign}{value}")),
    ];
    let term = (term, prop::bool::weighted(0.2)).prop_map(|(term, not)| if not { format!("-{term}") } else { term });
    prop::collection::vec(term, 1..4).prop_map(|terms| terms.join(" "))
}

/// That all pages together hold what is expected, forwards and backwards.
fn check(conn: &mut Conn, catalogue: &Catalogue, filter: &ItemFilter, keyset: &Keyset, bounds: &Bounds) {
    let expected = catalogue.expected(filter, keyset);
    let (found, count) = walk(conn, filter, keyset.clone(), bounds);
    assert_eq!(found, expected, "{filter:?} {bounds:?}");
    let total = i64::try_from(expected.len()).expect("few");
    assert!(
        count == Count::Exactly(total) || matches!(count, Count::AtLeast(least) if least <= total),
        "{count:?} of {total}"
    );
    // From the last row back; that row itself is no longer on the way.
    let last = expected.last().map(|id| catalogue.items.iter().find(|item| item.id == *id).expect("it is there"));
    if let Some(last) = last {
        let cursor = Cursor::Before(place(last, keyset.column));
        let (back, _) = walk(conn, filter, Keyset { cursor, ..keyset.clone() }, bounds);
        assert_eq!(back, expected[..expected.len() - 1], "{filter:?} {bounds:?}");
    }
}

pub fn every_way_to_search_finds_the_same(database: Database) {
    let catalogue = stock(&database);
    let db = database.open();
    let mut runner = TestRunner::new(Config { cases: 200, ..Config::default() });
    // Without words it is how a list is read whose filters few items pass, far down in its order.
    let words = prop_oneof![3 => words(), 1 => Just(String::new())];
    let least = || prop::option::weighted(0.3, 0..7_i64);
    let ranges = (least(), least());
    let stores = (prop::option::of(0..3_usize), seen());
    let search = (words, bounds(), 0..5_usize, any::<bool>(), 1..30_usize, stores, any::<bool>(), ranges);
    let result =
        runner.run(&search, |(words, bounds, sort, descending, limit, (store, seen), tagged, (least, most))| {
            let id = |at: usize| catalogue.stores[at].id;
            let filter = ItemFilter {
                scope: catalogue.scope(seen),
                words,
                store_id: store.map(id),
                tag_name: (tagged && limit % 4 == 0).then(|| if limit < 15 { "used" } else { "SPÉCIALITE" }.to_owned()),
                tag_id: (tagged && limit % 4 == 1)
                    .then(|| catalogue.links.values().flatten().min().copied().unwrap_or(1)),
                min_price: least.map(|price| 150 * price),
                max_quantity: most,
                ..ItemFilter::default()
            };
            let column = SORTS.get(sort).copied().unwrap_or(BY_ID);
            let keyset = Keyset { column, descending, cursor: Cursor::First, limit };
            db.read_now(|conn| {
                check(conn, &catalogue, &filter, &keyset, &bounds);
                Ok(())
            })
            .expect("it can be read");
            Ok(())
        });
    result.unwrap_or_else(|error| panic!("{error}"));
    // All names of a brand are beside each other, but for the lamp.
    for words in [
        "quilt",
        "QUÍLT -red",
        "uil stock>1",
        "quilt tag:used",
        "woven",
        "oven -tag:used",
        "lamp ov",
        "wo lamp",
        "ov",
        "en lam -xq",
    ] {
        for (descending, limit) in [(false, 2), (false, 20), (true, 3)] {
            let filter = ItemFilter { words: words.to_owned(), ..ItemFilter::default() };
            let keyset = Keyset { column: SORTS[0], descending, cursor: Cursor::First, limit };
            let bounds = Bounds { few: 2, many: 0, rows: 4, counted: 3, ..Bounds::default() };
            db.read_now(|conn| {
                check(conn, &catalogue, &filter, &keyset, &bounds);
                Ok(())
            })
            .expect("it can be read");
        }
    }
}

pub fn the_best_matches_come_first_whichever_way_they_are_found(database: Database) {
    let catalogue = stock(&database);
    let db = database.open();
    let mut runner = TestRunner::new(Config { cases: 60, ..Config::default() });
    let result = runner.run(&(words(), 1..30_usize, 1..60_i64, seen()), |(words, limit, few, seen)| {
        let filter = ItemFilter { words, scope: catalogue.scope(seen), ..ItemFilter::default() };
        let keyset = Keyset { column: BEST, descending: false, cursor: Cursor::First, limit };
        let mut expected = catalogue.expected(&filter, &keyset);
        db.read_now(|conn| {
            let (mut found, _) = walk(conn, &filter, keyset.clone(), &Bounds::default());
            let (some, _) = walk(conn, &filter, keyset.clone(), &Bounds { few, ..Bounds::default() });
            assert!(some.iter().all(|id| found.contains(id)), "{filter:?}");
            assert_eq!(some.iter().collect::<HashSet<_>>().len(), some.len(), "{filter:?}");
            found.sort_unstable();
            expected.sort_unstable();
            assert_eq!(found, expected, "{filter:?}");
            Ok(())
        })
        .expect("it can be read");
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
}

/// However many are cheaper: the way through the list begins where such prices do.
pub fn a_search_for_a_price_in_the_order_of_prices_shows_the_first_of_them(site: Site) {
    let store = site.add_store("North dock");
    let row = |n: i64| (format!("Bag {n}"), if n < 60 { 100 + n } else { 9_000 + n }, n);
    site.stock_items(store, (0..90).map(row).collect());
    let bounds = Bounds { few: 2, many: 0, beside: 0, rows: 4, counted: 3, ..Bounds::default() };
    for (words, sort, descending, first) in [
        ("bag price>50", "price", false, "Bag 60"),
        ("price<=1.20 price>1", "price", true, "Bag 20"),
        ("bag stock>=70", "quantity", false, "Bag 70"),
        ("stock=5 bag", "quantity", true, "Bag 5"),
    ] {
        let column = SORTS.into_iter().find(|column| column.name == sort).expect("a column");
        let keyset = Keyset { column, descending, cursor: Cursor::First, limit: 3 };
        let filter = ItemFilter { words: words.to_owned(), ..ItemFilter::default() };
        let found = site.database().open().read_now(|conn| Item::search_within(conn, &filter, &keyset, &bounds));
        let names: Vec<_> = found.expect("a search").page.rows.into_iter().map(|item| item.name).collect();
        assert_eq!(names.first().map(String::as_str), Some(first), "{words}: {names:?}");
    }
}

/// Whichever plan is kept: one that does not know the words would go through all of the index for two letters.
pub fn for_short_words_postgres_does_not_go_by_its_index(site: Site) {
    let store = site.add_store("North dock");
    site.stock_items(store, (0..3_000).map(|n| (format!("Bag {n} kg 1 l"), 100, n % 50)).collect());
    let keyset = Keyset { column: SORTS[0], descending: false, cursor: Cursor::First, limit: 50 };
    let scans = |conn: &mut Conn, words: &str| {
        conn.transaction(|conn| {
            let filter = ItemFilter { words: words.to_owned(), ..ItemFilter::default() };
            Item::search_within(conn, &filter, &keyset, &Bounds::default())?;
            let scans = sql::<BigInt>("pg_stat_get_xact_numscans('items_search'::regclass)");
            Ok::<i64, AppError>(diesel::select(scans).get_result(conn)?)
        })
    };
    let counted = site.database().open().read_now(|conn| {
        if conn.is_sqlite() {
            return Ok(Vec::new());
        }
        // Of so few items it would read the others' index anyway.
        conn.batch_execute("ANALYZE items; SET enable_indexscan = off; SET plan_cache_mode = force_generic_plan")?;
        // Those of earlier transactions may be counted on, so what is looked for in it comes last.
        ["1 kg", "l", "x-1", "name:1", "kg -\"1 l\"", "bag"].into_iter().map(|words| scans(conn, words)).collect()
    });
    let counted = counted.expect("searches");
    assert!(counted.is_empty() || counted[..5] == [0; 5] && counted[5] > 0, "{counted:?}");
}
