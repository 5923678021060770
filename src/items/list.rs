use std::collections::HashMap;

use super::Ranges;
use super::model::{ItemFilter, ItemRow, SORTS};
use crate::db::{Count, Keyset, Page, SortColumn};
use crate::web::listing::{Heading, ListQuery, Pager};

/// A page of items as a table: its rows, its headings, its pager.
#[derive(Debug)]
pub struct ItemList {
    /// The rows.
    pub rows: Vec<ItemRow>,
    /// The names of the stores that the rows are in, if the list shows them.
    pub store_names: HashMap<i64, String>,
    /// The headings of name, price, quantity and last change.
    pub headings: [Heading; 4],
    /// The way to the other pages.
    pub pager: Pager,
    /// The words searched for.
    pub words: String,
    /// The ranges typed.
    pub ranges: Ranges,
    /// The order, as in the URL.
    pub sort: String,
}

impl ItemList {
    /// What items can be sorted by.
    pub const SORTS: [SortColumn; 4] = SORTS;

    /// Which items the list at this URL shows; but for `store_name`, which may mean several stores.
    #[must_use]
    pub fn filter(query: &ListQuery) -> ItemFilter {
        let tag = query.get("tag").trim();
        ItemFilter {
            words: query.words(),
            store_id: query.id("store"),
            tag_name: (!tag.is_empty()).then(|| tag.to_owned()),
            ..Ranges::read(query).filter()
        }
    }

    /// Where everything on the list at this URL is changed together.
    #[must_use]
    pub fn bulk_edit_url(query: &ListQuery) -> String {
        query.at("/bulk-edits/new").url_with(&[("sort", ""), ("store_name", "")])
    }

    /// The page that `query` asks for.
    #[must_use]
    pub fn new(query: &ListQuery, keyset: &Keyset, page: Page<ItemRow>, count: Count) -> Self {
        let heading = |name, label| query.heading(keyset, name, label);
        Self {
            headings: [
                heading("name", "Name"),
                heading("price", "Price"),
                heading("quantity", "Quantity"),
                heading("updated_at", "Last change (UTC)"),
            ],
            pager: query.pager(&page, count, "item"),
            rows: page.rows,
            store_names: HashMap::new(),
            words: query.words(),
            ranges: Ranges::read(query),
            sort: query.get("sort").to_owned(),
        }
    }

    /// The same page with the names of the stores.
    #[must_use]
    pub fn with_stores(self, store_names: HashMap<i64, String>) -> Self {
        Self { store_names, ..self }
    }

    /// The name of a row's store.
    #[must_use]
    pub fn store_name(&self, row: &ItemRow) -> &str {
        self.store_names.get(&row.store_id).map_or("", String::as_str)
    }
}
