use criterion::Criterion;
use stockroom::db::{Cursor, Db, Key, Keyset, Place};
use stockroom::items::{BEST, Counts, Item, ItemFilter, SORTS};

pub fn measure(criterion: &mut Criterion, db: &Db) {
    let by_name = Keyset { column: SORTS[0], descending: false, cursor: Cursor::First, limit: 50 };
    let halfway = Cursor::After(Place(Key::Text("m".to_owned()), 0));
    let by_price = Keyset { column: SORTS[1], ..by_name.clone() };
    let best = Keyset { column: BEST, ..by_name.clone() };
    let store = ItemFilter { store_id: Some(50), ..ItemFilter::default() };
    let search = |words: &str| ItemFilter { words: words.to_owned(), ..ItemFilter::default() };
    for (name, filter, keyset) in [
        ("list, first page", ItemFilter::default(), by_name.clone()),
        ("list, page halfway", ItemFilter::default(), Keyset { cursor: halfway, ..by_name }),
        ("list of a store by price", store, by_price),
        ("search, one hit", search("-050000"), best.clone()),
        ("search, few hits", search("kestrel \"desk lamp\" a5"), best.clone()),
        ("search, many hits", search("lamp"), best),
    ] {
        let rows =
            || db.read_now(|conn| Item::search(conn, &filter, &keyset, &Counts::default())).expect("a page").page.rows;
        assert!(!rows().is_empty(), "{name}: nothing is found");
        criterion.bench_function(name, |b| b.iter(rows));
    }
}
