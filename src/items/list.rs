use std::sync::Arc;

use super::rows::SORTS;
use super::{BEST, Counts, Item, ItemFilter, ItemRow, LookedAt, Ranges};
use crate::db::{Conn, Keyset, SortColumn};
use crate::error::AppError;
use crate::fields::Grouped;
use crate::stores::{Names, Store};
use crate::tags::Tag;
use crate::web::listing::{Heading, ListQuery, Pager};

/// How many of a store's tags a form offers.
pub(super) const TAGS_OFFERED: i64 = 40;

/// How many of the things that are wrong with a search a list tells of, of each kind.
const TOLD_MAX: usize = 3;

/// What a list of a store's items tells of it.
#[derive(Debug)]
pub struct ListedStore {
    /// Its id.
    pub id: i64,
    /// What it is called.
    pub name: String,
    /// What tells it apart from others of its name.
    pub line: String,
    /// The tags that are offered to filter by.
    pub tags: Vec<String>,
}

impl ListedStore {
    /// The store with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        let (store, tags) = (Store::find(conn, id)?, Tag::of_store(conn, id, TAGS_OFFERED)?);
        let tags = tags.into_iter().map(|tag| tag.name).collect();
        Ok(Self { id, line: store.to_string(), name: store.name, tags })
    }
}

/// A page of items as a table: its rows, its headings, its pager.
#[derive(Debug)]
pub struct ItemList {
    /// The rows.
    pub rows: Vec<ItemRow>,
    /// The names of the rows' stores, if they are told.
    pub store_names: Vec<Arc<String>>,
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
    /// Which tags and stores the search names that are not there, in words.
    pub unknown: Vec<String>,
    /// What was to be compared with a number, and has none.
    pub unread: Vec<String>,
    /// What to know about a search that could not look at everything.
    pub note: String,
    /// The list with the best matches first, if some match better than others and it is in another order.
    pub best: Option<String>,
    /// The same list by name, if it is in the order of the best and not all could be compared.
    pub by_name: Option<String>,
}

impl ItemList {
    /// The order and the place that `query` asks for.
    #[must_use]
    pub fn keyset(query: &ListQuery) -> Keyset {
        let mut sorts: Vec<SortColumn> = SORTS.to_vec();
        if !query.words().is_empty() {
            sorts.push(BEST);
        }
        let keyset = query.keyset(&sorts);
        Keyset { descending: keyset.descending && keyset.column.name != BEST.name, ..keyset }
    }

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
        query.at("/bulk-edits/new").url_with(&[("sort", "")])
    }

    /// Lets the rows tell their stores, too.
    ///
    /// # Errors
    /// Those of the database.
    pub fn tell_stores(&mut self, conn: &mut Conn, names: &Names) -> Result<(), AppError> {
        let ids: Vec<i64> = self.rows.iter().map(|row| row.store_id).collect();
        let names = names.of_stores(conn, &ids)?;
        // A store that is deleted at this moment takes its items along.
        let mut is_there = names.iter().map(Option::is_some);
        self.rows.retain(|_| is_there.next().unwrap_or_default());
        self.store_names = names.into_iter().flatten().collect();
        Ok(())
    }

    /// Whether all that it shows can be changed together: there is more than one, and nothing that was asked for was left out.
    #[must_use]
    pub fn may_be_changed(&self) -> bool {
        self.rows.len() > 1 && self.unknown.is_empty() && self.unread.is_empty() && self.ranges.errors.is_empty()
    }

    /// Whether the rows' stores are told.
    #[must_use]
    pub fn tells_stores(&self) -> bool {
        !self.store_names.is_empty()
    }

    /// The rows, each with what its store is called, if that is told.
    pub fn lines(&self) -> impl Iterator<Item = (&ItemRow, Option<&str>)> {
        let name = |at: usize| self.store_names.get(at).map(|name| name.as_str());
        self.rows.iter().enumerate().map(move |(at, row)| (row, name(at)))
    }

    /// The page that `query` asks for, of the items that pass `filter`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn load(conn: &mut Conn, query: &ListQuery, filter: &ItemFilter, counts: &Counts) -> Result<Self, AppError> {
        let keyset = Self::keyset(query);
        let found = Item::search(conn, filter, &keyset, counts)?;
        let heading = |name, label| query.heading(&keyset, name, label);
        let is_best = keyset.column.name == BEST.name;
        let searched = filter.query();
        let is_ranked = !searched.ranked_by.is_empty();
        Ok(Self {
            headings: [
                heading("name", "Name"),
                heading("price", "Price"),
                heading("quantity", "Quantity"),
                heading("updated_at", "Last change (UTC)"),
            ],
            pager: query.pager(&found.page, found.count, "item"),
            by_name: (is_best && found.looked_at.is_some()).then(|| query.url_with(&[("sort", "")])),
            note: note(found.looked_at, found.page.rows.len()),
            best: (!is_best && is_ranked).then(|| query.url_with(&[("sort", BEST.name)])),
            rows: found.page.rows,
            store_names: Vec::new(),
            unknown: filter.unknown(conn, &searched, TOLD_MAX)?,
            unread: searched.unread.into_iter().take(TOLD_MAX).collect(),
            words: query.words(),
            ranges: Ranges::read(query),
            sort: query.get("sort").to_owned(),
        })
    }
}

/// What a search says that ended early.
fn note(looked_at: Option<LookedAt>, found: usize) -> String {
    match looked_at {
        None => String::new(),
        Some(LookedAt::Rows(rows)) => {
            let found = match found {
                0 => "No item fits".to_owned(),
                1 => "Only one item fits".to_owned(),
                n => format!("Only {n} items fit"),
            };
            format!(
                "{found} of the {} looked at. Go on to the next page for those behind them, or search for \
                 more letters or words.",
                Grouped(rows)
            )
        }
        Some(LookedAt::Best(0)) => {
            "No item fits of those that could be compared. Search for more letters or words, or \
             look at all of them."
                .to_owned()
        }
        Some(LookedAt::Best(compared)) => format!(
            "More items may fit than could be compared: these are the best of {}. Search for more letters or words, or \
             look at all of them.",
            Grouped(compared)
        ),
    }
}
