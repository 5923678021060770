use criterion::Criterion;
use stockroom::db::Db;
use stockroom::items::{Item, ItemDraft, TagChoice};

use crate::shop::somebody;

pub fn measure(criterion: &mut Criterion, db: &Db) {
    let draft = ItemDraft { store_id: 50, name: "Desk Lamp".to_owned(), price_minor: 1_999, ..ItemDraft::default() };
    let draft = draft.with_keys();
    criterion.bench_function("save of a new item", |b| {
        b.iter(|| {
            let draft = draft.clone();
            db.write_now(somebody(), move |change| Item::create(change, &draft, &TagChoice::default()))
                .expect("an item")
        });
    });
}
