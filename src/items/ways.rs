//! How a filtered list of items is counted and read, so that it costs little whether few items pass the filter or many.
//!
//! What few items pass is gathered by that filter's own index, and sorted. What many pass is read in the order of the
//! list from the sort's index, testing each item: a page is full before long. Which of the two it is, a count that
//! stops at [`FEW`] tells; the databases cannot know, since the statement is prepared before its values are bound.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::ItemFilter;
use crate::db::{Capped, Conn, Count, SortColumn, Sql};
use crate::error::AppError;
use crate::fields::fold;
use crate::schema::items;
use crate::stores::Totals;

/// So many items are looked up and sorted in a millisecond or two.
const FEW: i64 = 1_000;

/// How a filtered list is read.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// As the database thinks best.
    Free,
    /// In the order of the list, each item tested.
    InOrder(SortColumn),
    /// By the ids that this query gives, few as they are.
    Gathered(Sql<BigInt>),
}

/// Something that items are filtered by.
enum Narrowing<'a> {
    Tag(i64),
    TagName(&'a str),
    /// A column, its lowest and its highest value.
    Range(&'static str, Option<i64>, Option<i64>),
}

impl ItemFilter {
    fn narrowings(&self) -> Vec<Narrowing<'_>> {
        let range = |column, min: Option<i64>, max: Option<i64>| {
            (min.is_some() || max.is_some()).then_some(Narrowing::Range(column, min, max))
        };
        [
            self.tag_id.map(Narrowing::Tag),
            self.tag_name.as_deref().map(Narrowing::TagName),
            range("items.price_minor", self.min_price, self.max_price),
            range("items.quantity", self.min_quantity, self.max_quantity),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// How many items pass. That is kept for each store and for all together; else it is counted, up to the cap.
    pub(super) fn count(&self, conn: &mut Conn, way: &Way) -> Result<Count, AppError> {
        let narrowings = self.narrowings();
        let counted = match (self.has_words(), self.store_id, narrowings.as_slice()) {
            (false, None, []) => return Ok(Count::Exactly(Totals::of_everything(conn)?.items)),
            (false, Some(id), []) => return Ok(Count::Exactly(Totals::of_store(conn, id)?.items)),
            (false, _, [one]) => Capped::new(one.ids(self.store_id)).count(conn),
            _ => {
                let way = if matches!(way, Way::Gathered(_)) { way } else { &Way::Free };
                Capped::new(self.matching(way).select(items::id)).count(conn)
            }
        };
        Ok(counted?)
    }

    /// How to read the list sorted by `column`.
    pub(super) fn way(&self, conn: &mut Conn, column: SortColumn) -> Result<Way, AppError> {
        let narrowings = self.narrowings();
        // By a range of what it is sorted by, the sort's own index leads straight to the items.
        for narrowing in narrowings.iter().filter(|narrowing| !narrowing.is_on(column)) {
            let ids = narrowing.ids(self.store_id);
            if Capped::is_at_most(FEW, ids.clone(), conn)? {
                return Ok(Way::Gathered(ids));
            }
        }
        // No index has both the tags and the ids in order; but the tag has its own, which is in this order.
        let walks = !(narrowings.is_empty() || column.name == "id" && self.tag_id.is_some());
        Ok(if walks { Way::InOrder(column) } else { Way::Free })
    }

    /// The conditions on tags, price and quantity.
    pub(super) fn tests(&self, way: &Way) -> Vec<Sql> {
        let tests = self.narrowings().into_iter().map(|narrowing| match way {
            Way::InOrder(column) if !narrowing.is_on(*column) => narrowing.test(),
            _ => narrowing.condition(),
        });
        let gathered = match way {
            // The limit keeps PostgreSQL from taking it for many, and from seeking another way.
            Way::Gathered(ids) => {
                Some(Sql::new("items.id IN (").then(ids.clone()).sql(" LIMIT ").number(FEW).sql(" OFFSET 0)"))
            }
            _ => None,
        };
        gathered.into_iter().chain(tests).collect()
    }
}

impl Narrowing<'_> {
    /// Whether this is a range of that column.
    fn is_on(&self, column: SortColumn) -> bool {
        matches!(self, Self::Range(name, ..) if *name == column.sql)
    }

    /// The ids of the items that pass this, of one store or of all.
    fn ids(&self, store_id: Option<i64>) -> Sql<BigInt> {
        let (mut ids, of_store) = match self {
            Self::Tag(id) => (
                Sql::new("SELECT item_tags.item_id FROM item_tags WHERE item_tags.tag_id = ").number(*id),
                " AND EXISTS (SELECT 1 FROM tags WHERE tags.id = item_tags.tag_id AND tags.store_id = ",
            ),
            Self::TagName(name) => (
                Sql::new("SELECT item_tags.item_id FROM item_tags WHERE item_tags.tag_id IN (")
                    .sql("SELECT tags.id FROM tags WHERE tags.name_key = ")
                    .text(fold(name.trim())),
                " AND (tags.store_id = ",
            ),
            Self::Range(column, min, max) => (
                Sql::new("SELECT items.id FROM items WHERE ").then(between(column, *min, *max)),
                " AND (items.store_id = ",
            ),
        };
        if let Some(store_id) = store_id {
            ids = ids.sql(of_store).number(store_id).sql(")");
        }
        if matches!(self, Self::TagName(_)) { ids.sql(")") } else { ids }
    }

    /// The condition that an item passes.
    fn condition(&self) -> Sql {
        match self {
            Self::Range(column, min, max) => between(column, *min, *max),
            _ => Sql::new("items.id IN (").then(self.ids(None)).sql(")"),
        }
    }

    /// The same, but never looked for by another index than the list's: a subquery with an offset is not
    /// made a join, and a column with a sign before it is in no index.
    fn test(&self) -> Sql {
        match self {
            Self::Tag(id) => {
                // A tag's items are all in its store.
                let store = Sql::new("items.store_id = (SELECT tags.store_id FROM tags WHERE tags.id = ").number(*id);
                store
                    .sql(") AND EXISTS (SELECT 1 FROM item_tags WHERE item_tags.item_id = items.id AND item_tags.tag_id = ")
                    .number(*id)
                    .sql(" LIMIT 1 OFFSET 0)")
            }
            Self::TagName(name) => {
                Sql::new("EXISTS (SELECT 1 FROM item_tags JOIN tags ON tags.id = item_tags.tag_id ")
                    .sql("WHERE item_tags.item_id = items.id AND tags.name_key = ")
                    .text(fold(name.trim()))
                    .sql(" LIMIT 1 OFFSET 0)")
            }
            Self::Range("items.quantity", min, max) => between("+items.quantity", *min, *max),
            Self::Range(_, min, max) => between("+items.price_minor", *min, *max),
        }
    }
}

fn between(column: &'static str, min: Option<i64>, max: Option<i64>) -> Sql {
    let bound = |sign, bound: i64| Sql::new(column).sql(sign).number(bound);
    match (min, max) {
        (Some(min), Some(max)) => bound(" >= ", min).sql(" AND ").then(bound(" <= ", max)),
        (Some(min), None) => bound(" >= ", min),
        (None, Some(max)) => bound(" <= ", max),
        (None, None) => Sql::new("1 = 1"),
    }
}
