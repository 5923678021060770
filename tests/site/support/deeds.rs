//! What people do on the pages, so often that it has names.
use std::thread;

use diesel::connection::SimpleConnection;

use super::{Answer, Browser, Site, somebody};
use stockroom::db::ChangeSet;
use stockroom::error::AppError;
use stockroom::items::{Item, ItemDraft, TagChoice};
use stockroom::stores::{Store, StoreDraft};

impl Browser {
    /// Adds a store by its form and gives its id.
    pub fn add_store(&self, name: &str) -> i64 {
        self.fill("/stores/new", &[("name", name)]).new_id()
    }

    /// Adds an item to a store by its form and gives its id. It costs 1.00, unless the fields say otherwise.
    pub fn add_item(&self, store: i64, fields: &[(&str, &str)]) -> i64 {
        let form = self.get(&format!("/items/new?store={store}")).form().filled(&[("price", "1")]);
        self.submit(form.filled(fields)).new_id()
    }

    /// Deletes what is at this path, as `/stores/7`, by its page.
    pub fn delete(&self, path: &str) -> Answer {
        self.fill(&format!("{path}/deletion"), &[])
    }

    /// The texts of a list's first column, on this page and all that follow.
    pub fn walk(&self, path: &str) -> Vec<Vec<String>> {
        self.walk_by(path, "next")
    }

    /// The same by the links that say `prev` or `next`.
    pub fn walk_by(&self, path: &str, rel: &str) -> Vec<Vec<String>> {
        let mut pages = Vec::new();
        let mut next = Some(path.to_owned());
        while let Some(path) = next {
            let answer = self.get(&path);
            assert_eq!(answer.status, 200, "{path}: {}", answer.body);
            pages.push(answer.texts("tbody th"));
            next = answer.html().attrs(&format!(".pager a[rel={rel}]"), "href").pop();
            assert!(pages.len() < 50, "{path} leads round in circles");
        }
        pages
    }

    /// Does something in eight threads at the same moment.
    pub fn at_once<T: Send + 'static>(&self, work: impl Fn(&Browser, usize) -> T + Clone + Send + 'static) -> Vec<T> {
        let start = std::sync::Arc::new(std::sync::Barrier::new(8));
        let run = |number| {
            let (browser, start, work) = (self.clone(), start.clone(), work.clone());
            thread::spawn(move || {
                start.wait();
                work(&browser, number)
            })
        };
        let threads: Vec<_> = (0..8).map(run).collect();
        threads.into_iter().map(|thread| thread.join().expect("no panic")).collect()
    }
}

impl Site {
    /// Writes to the database underneath, as another program does. For rows that no test could add by forms.
    pub fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> T {
        self.database().open().write_now(somebody(), work).expect("it can be written")
    }

    /// Adds stores of these names, and gives their ids.
    pub fn stock_stores(&self, names: Vec<String>) -> Vec<i64> {
        self.write(|change| {
            let draft =
                |name: String| StoreDraft { code: Some(name.clone()), name, ..StoreDraft::default() }.with_keys();
            names.into_iter().map(|name| Ok(Store::create(change, &draft(name))?.id)).collect()
        })
    }

    /// Adds items to a store, each with a name, a price and a quantity, and gives their ids.
    pub fn stock_items(&self, store_id: i64, rows: Vec<(String, i64, i64)>) -> Vec<i64> {
        self.write(move |change| {
            let draft = |(name, price_minor, quantity): (String, i64, i64)| {
                ItemDraft { store_id, name, price_minor, quantity, ..ItemDraft::default() }.with_keys()
            };
            rows.into_iter().map(|row| Ok(Item::create(change, &draft(row), &TagChoice::default())?.id)).collect()
        })
    }

    /// Adds a store with so many items that what is done to them has many pieces, and gives its id.
    pub fn stock_many(&self, count: i64) -> i64 {
        let store_id = self.add_store("Warehouse");
        self.write(move |change| {
            let conn = change.conn();
            conn.batch_execute(&format!(
                "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count})
                 INSERT INTO items (store_id, name, name_key, price_minor, search_key, created_at, updated_at)
                 SELECT {store_id}, 'part ' || n, 'part ' || n, 100, 'part ' || n, '2026-01-01 00:00:00', '2026-01-01 00:00:00' FROM numbers"
            ))?;
            Ok(())
        });
        store_id
    }
}
