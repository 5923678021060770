use diesel::prelude::*;

use super::search::{About, Query, Term};
use super::ways::Way;
use crate::db::{Conn, MultiBackend, Sql, containing};
use crate::error::AppError;
use crate::fields::{Currency, SEARCH_MAX, search_key};
use crate::schema::items;
use crate::stores::{ids_meant_by, is_meant_by, none_fits};
use crate::tags::{Tag, none_called};
use crate::users::Scope;

/// Which items a list shows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ItemFilter {
    /// In the stores that somebody sees.
    pub scope: Scope,
    /// What was typed into the search: see [`Query`].
    pub words: String,
    /// Of this store only.
    pub store_id: Option<i64>,
    /// With this tag only.
    pub tag_id: Option<i64>,
    /// With a tag of this name only, whichever store's.
    pub tag_name: Option<String>,
    /// At this price or above, in minor units.
    pub min_price: Option<i64>,
    /// At this price or below, in minor units.
    pub max_price: Option<i64>,
    /// So many in stock, or more.
    pub min_quantity: Option<i64>,
    /// So many in stock, or less.
    pub max_quantity: Option<i64>,
}

/// Which columns' indexes the database may go by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Indexes {
    /// Whichever it finds best.
    All,
    /// That of three letters in a row, on PostgreSQL.
    OfText,
    /// That of the column which a list is sorted by; where the ids are given, none. On PostgreSQL it forbids that of the texts alone:
    /// a plan that is kept would use it for two letters, too, and read all of it.
    Sorted(&'static str),
    /// Those of the stores' items, each store's in the order of that column.
    OfStores(&'static str),
}

/// A condition on an item's tags: dear to test, and mostly known already of what a tag's own index gave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tagged {
    /// The tag of the filter.
    Id,
    /// The filter's name of a tag.
    Name,
    /// A name of a tag that was searched for.
    Term(String),
}

impl ItemFilter {
    pub(super) fn has_words(&self) -> bool {
        !self.words.trim().is_empty()
    }

    /// The words searched for, taken apart.
    #[must_use]
    pub fn query(&self) -> Query {
        Query::parse(&self.words.chars().take(SEARCH_MAX).collect::<String>(), Currency::installed())
    }

    /// What its words, taken apart, name that is not there, in words; the first few. Such a tag or store is likely to be
    /// mistyped, and without it nothing is found, or with a minus nothing is left out.
    pub(super) fn unknown(&self, conn: &mut Conn, query: &Query, limit: usize) -> Result<Vec<String>, AppError> {
        let mut unknown = Vec::new();
        for term in &query.terms {
            let told = match &term.about {
                _ if unknown.len() == limit => break,
                About::Tag(name) if !Tag::is_known(conn, name, self.store_id, &self.scope)? => {
                    none_called(name, self.store_id.is_some())
                }
                About::Store(typed) if !is_meant_by(conn, typed, &self.scope)? => none_fits(typed),
                _ => continue,
            };
            if !unknown.contains(&told) {
                unknown.push(told);
            }
        }
        Ok(unknown)
    }

    /// Everything that has to be true of an item, but for what is `known` of it.
    pub(super) fn conditions(&self, indexes: Indexes, known: Option<&Tagged>) -> Vec<Sql> {
        let mut conditions = Vec::new();
        if let Some(ids) = self.scope.ids() {
            conditions.push(column(indexes, "store").is_one_of_these(ids));
        }
        if let Some(id) = self.store_id {
            conditions.push(column(indexes, "store").sql(" = ").number(id));
        }
        if let Some(id) = self.tag_id.filter(|_| known != Some(&Tagged::Id)) {
            let tagged = " IN (SELECT item_tags.item_id FROM item_tags WHERE item_tags.tag_id = ";
            conditions.push(column(indexes, "id").sql(tagged).number(id).sql(")"));
        }
        if let Some(name) = self.tag_name.as_ref().filter(|_| known != Some(&Tagged::Name)) {
            conditions.push(tagged(indexes, name));
        }
        if let Some(price) = self.min_price {
            conditions.push(column(indexes, "price").sql(" >= ").number(price));
        }
        if let Some(price) = self.max_price {
            conditions.push(column(indexes, "price").sql(" <= ").number(price));
        }
        if let Some(quantity) = self.min_quantity {
            conditions.push(column(indexes, "quantity").sql(" >= ").number(quantity));
        }
        if let Some(quantity) = self.max_quantity {
            conditions.push(column(indexes, "quantity").sql(" <= ").number(quantity));
        }
        conditions.extend(self.term_conditions(indexes, known));
        conditions
    }

    /// The items that pass, read in this way.
    pub(super) fn matching(&self, way: &Way) -> items::BoxedQuery<'_, MultiBackend> {
        self.matching_of(items::table.into_boxed(), way)
    }

    /// Those of these items that pass.
    pub(super) fn matching_of<'a>(
        &'a self,
        mut query: items::BoxedQuery<'a, MultiBackend>,
        way: &Way,
    ) -> items::BoxedQuery<'a, MultiBackend> {
        // Without the stores: a count need not look each of them up, and a page has few.
        if let Some(ids) = self.scope.ids() {
            query = match way {
                Way::InOrder(_) => query.filter(column(Indexes::Sorted(""), "store").is_one_of_these(ids)),
                _ => query.filter(items::store_id.eq_any(ids.to_vec())),
            };
        }
        if let Some(store_id) = self.store_id {
            query = query.filter(items::store_id.eq(store_id));
        }
        self.tests(way).into_iter().chain(self.term_conditions(Indexes::All, None)).fold(query, QueryDsl::filter)
    }

    /// What the words searched for ask of an item.
    fn term_conditions(&self, indexes: Indexes, known: Option<&Tagged>) -> Vec<Sql> {
        let is_known = |term: &&Term| match (&term.about, known) {
            (About::Tag(name), Some(Tagged::Term(known))) => term.wanted && name == known,
            _ => false,
        };
        let query = self.query();
        query.terms.iter().filter(|term| !is_known(term)).map(|term| condition(indexes, term, &self.scope)).collect()
    }
}

/// A column of items. With a plus before it, SQLite does not look for an index on it.
pub(super) fn column(indexes: Indexes, name: &'static str) -> Sql {
    let may = match indexes {
        Indexes::All => true,
        Indexes::OfText => false,
        Indexes::Sorted(sorted) => sorted == name,
        Indexes::OfStores(sorted) => sorted == name || name == "store",
    };
    match (name, may) {
        ("store", true) => Sql::new("items.store_id"),
        ("store", false) => Sql::new("").either("+items.store_id", "items.store_id"),
        ("price", true) => Sql::new("items.price_minor"),
        ("price", false) => Sql::new("").either("+items.price_minor", "items.price_minor"),
        ("quantity", true) => Sql::new("items.quantity"),
        ("quantity", false) => Sql::new("").either("+items.quantity", "items.quantity"),
        (_, true) => Sql::new("items.id"),
        (_, false) => Sql::new("").either("+items.id", "items.id"),
    }
}

/// What a term asks of an item.
pub(super) fn condition(indexes: Indexes, term: &Term, scope: &Scope) -> Sql {
    let condition = match &term.about {
        About::Text(text) => holds(indexes, text),
        // The lines of a search key are name, SKU and barcode.
        About::Name(text) => like(indexes, format!("{}\n%\n%", containing(text))),
        About::Sku(text) => like(indexes, format!("%\n{}\n%", containing(text))),
        About::Barcode(text) => like(indexes, format!("%\n%\n{}", containing(text))),
        About::Store(meant) => column(indexes, "store").sql(" IN (").then(ids_meant_by(meant, scope)).sql(")"),
        About::Tag(name) => tagged(indexes, name),
        About::Number(name, comparison, number) => column(indexes, name).sql(comparison.sign()).number(*number),
    };
    if term.wanted { condition } else { Sql::new("NOT (").then(condition).sql(")") }
}

fn holds(indexes: Indexes, text: &str) -> Sql {
    let [like, end] = postgres_like(indexes);
    Sql::new("").either("instr(items.search_key, ", like).either_text(text, containing(text)).either(") > 0", end)
}

fn like(indexes: Indexes, pattern: String) -> Sql {
    let [like, end] = postgres_like(indexes);
    Sql::new("").either("items.search_key LIKE ", like).text(pattern).sql(" ESCAPE '\\'").either("", end)
}

/// What PostgreSQL has before and behind a pattern: made a number, a comparison with it is in no index, and taken to be true of
/// many rows.
fn postgres_like(indexes: Indexes) -> [&'static str; 2] {
    match indexes {
        Indexes::Sorted(_) | Indexes::OfStores(_) => ["CAST(items.search_key LIKE ", " AS INTEGER) > 0"],
        Indexes::All | Indexes::OfText => ["items.search_key LIKE ", ""],
    }
}

/// Where rows are looked at one by one, each is asked for its tags: a tag's items can be very many. A subquery with an
/// offset stays one.
fn tagged(indexes: Indexes, name: &str) -> Sql {
    match indexes {
        Indexes::All => column(indexes, "id").sql(" IN (").then(items_tagged(name)).sql(")"),
        Indexes::OfText | Indexes::Sorted(_) | Indexes::OfStores(_) => carries(name),
    }
}

/// The condition that an item has a tag of this name, asked of the item alone: a subquery with an offset is not made a join.
pub(super) fn carries(name: &str) -> Sql {
    Sql::new("EXISTS (SELECT 1 FROM item_tags JOIN tags ON tags.id = item_tags.tag_id ")
        .sql("WHERE item_tags.item_id = items.id AND tags.search_key = ")
        .text(search_key(name.trim()))
        .sql(" LIMIT 1 OFFSET 0)")
}

/// The query for the ids of items with a tag of this name, whichever store's and whatever its accents.
pub(super) fn items_tagged(name: &str) -> Sql {
    Sql::new(
        "SELECT item_tags.item_id AS id FROM tags JOIN item_tags ON item_tags.tag_id = tags.id WHERE tags.search_key = ",
    )
    .text(search_key(name.trim()))
}
