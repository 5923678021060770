//! How a filtered list of items is counted and read, so that it costs little whether few items pass the filter or many.
//!
//! What few items pass is gathered by that filter's own index, and sorted. What many pass is read in the order of the
//! list from the sort's index, testing each item: a page is full before long. Which of the two it is, a count that
//! stops at [`FEW`] tells; the databases cannot know, since the statement is prepared before its values are bound. Where the
//! page is not full before long after all, the list is read as a search would.

use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::ItemFilter;
use super::filter::{Indexes, carries, condition};
use super::search::{About, Query};
use crate::db::{Capped, Conn, Count, SortColumn, Sql};
use crate::error::AppError;
use crate::fields::search_key;
use crate::schema::items;
use crate::stores::Totals;
use crate::users::Scope;

/// So many items are looked up and sorted in 8 ms, and found one in 200 by a walk through a million in as much.
const FEW: i64 = 5_000;

/// Of so many stores the items are rather read in the order of the list than those of each store and sorted.
const MANY_STORES: usize = 100;

/// How a filtered list is read.
#[derive(Debug, Clone)]
pub(super) enum Way {
    /// As the database thinks best.
    Free,
    /// In the order of the list, each item tested.
    InOrder(SortColumn),
    /// The same through the items of a store, which are few.
    OfStore(SortColumn),
    /// By the ids that one of the things filtered by gives, few as they are: the one in this place.
    Gathered(usize),
    /// As a search would: much of what lies in that order may be seen by others only.
    Searched,
}

impl Way {
    /// How to read all of it, in whatever order: there is no sense in testing each item then.
    pub(super) fn of_all(&self) -> Self {
        if matches!(self, Self::InOrder(_) | Self::Searched) { Self::Free } else { self.clone() }
    }
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

    /// For each range, the query for the ids of the items in it.
    pub(super) fn within_ranges(&self) -> Vec<Sql<BigInt>> {
        let narrowings = self.narrowings().into_iter();
        narrowings.filter(|one| matches!(one, Narrowing::Range(..))).map(|range| range.ids(None)).collect()
    }

    /// The ranges of what the list is sorted by, those that the words of `query` ask for among them.
    pub(super) fn ranges_of(&self, query: &Query, column: SortColumn) -> Vec<Sql> {
        let filtered = self.narrowings().into_iter().filter(|one| one.is_on(column)).map(|range| range.condition());
        let asked = query.terms.iter().filter(|term| match term.about {
            About::Number(name, ..) => term.wanted && name == column.name,
            _ => false,
        });
        let asked = asked.map(|term| condition(Indexes::Sorted(column.name), term, &self.scope));
        filtered.chain(asked).collect()
    }

    /// How many items pass. That is kept for each store and for all together; else it is counted, up to the cap.
    pub(super) fn count(&self, conn: &mut Conn, way: &Way) -> Result<Count, AppError> {
        let narrowings = self.narrowings();
        let counted = match (self.has_words(), self.store_id, narrowings.as_slice()) {
            (false, None, []) => return Ok(Count::Exactly(Totals::items_visible(conn, &self.scope)?)),
            (false, Some(id), []) if self.scope.has(id) => {
                return Ok(Count::Exactly(Totals::items_of_store(conn, id)?));
            }
            (false, _, [one])
                if self.scope == Scope::All && !matches!(way, Way::OfStore(_)) && !one.may_repeat(conn)? =>
            {
                Capped::new(one.ids(self.store_id)).count(conn)
            }
            _ => Capped::new(self.matching(&way.of_all()).select(items::id)).count(conn),
        };
        Ok(counted?)
    }

    /// How to read the list sorted by `column`.
    pub(super) fn way(&self, conn: &mut Conn, column: SortColumn) -> Result<Way, AppError> {
        let narrowings = self.narrowings();
        if let (Some(id), false) = (self.store_id, narrowings.is_empty())
            && Totals::items_of_store(conn, id)? <= FEW
        {
            return Ok(Way::OfStore(column));
        }
        let of_many = conn.is_sqlite() && self.shows_many_stores(column);
        let seen = match self.store_id {
            None if of_many || !narrowings.is_empty() => Totals::items_seen(conn, &self.scope)?,
            _ => None, // it is not asked, or all of a store's are
        };
        if !narrowings.is_empty() && seen.is_some_and(|[_, mine]| mine <= FEW) {
            return Ok(Way::Searched);
        }
        // Of a good part of all items most are soon come upon.
        let much = seen.is_some_and(|[all, mine]| mine > FEW && mine.saturating_mul(20) >= all);
        // By a range of what it is sorted by alone, the sort's own index leads straight to the items.
        let straight = matches!(&narrowings[..], [one] if one.is_on(column));
        for (at, narrowing) in narrowings.iter().enumerate().filter(|_| !straight) {
            if Capped::is_at_most(FEW, narrowing.ids(self.store_id), conn)? {
                return Ok(Way::Gathered(at));
            }
        }
        // No index has both the tags and the ids in order; but the tag has its own, which is in this order.
        let by_tag = column.name == "id" && self.tag_id.is_some();
        if narrowings.is_empty() || (straight && self.scope == Scope::All) || by_tag {
            return Ok(if of_many && much { Way::InOrder(column) } else { Way::Free });
        }
        let walks = seen.is_none() || much || !conn.is_sqlite();
        Ok(if walks { Way::InOrder(column) } else { Way::Searched })
    }

    /// Whether a list is of so many stores that it is rather read in its order than store by store. What was added or changed at a
    /// time lies together: many others may be in between. PostgreSQL finds that out by itself.
    fn shows_many_stores(&self, column: SortColumn) -> bool {
        let lies_together = matches!(column.name, "id" | "updated_at");
        let is_of_many = self.scope.ids().is_some_and(|ids| ids.len() >= MANY_STORES);
        is_of_many && self.store_id.is_none() && !lies_together
    }

    /// The conditions on tags, price and quantity.
    pub(super) fn tests(&self, way: &Way) -> Vec<Sql> {
        let narrowings = self.narrowings();
        let tests = narrowings.iter().enumerate().map(|(at, narrowing)| match way {
            // A tag that nearly all items have is not to be listed for a few.
            Way::Gathered(gathered) if at != *gathered => narrowing.test(),
            Way::InOrder(column) | Way::OfStore(column) if !narrowing.is_on(*column) => narrowing.test(),
            _ => narrowing.condition(),
        });
        let gathered = match way {
            // The limit keeps PostgreSQL from taking it for many, and from seeking another way.
            Way::Gathered(at) => {
                let ids = narrowings[*at].ids(self.store_id);
                Some(Sql::new("items.id IN (").then(ids).sql(" LIMIT ").number(FEW).sql(" OFFSET 0)"))
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
                    .sql("SELECT tags.id FROM tags WHERE tags.search_key = ")
                    .text(search_key(name.trim())),
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

    /// Whether `ids` may give an item twice: it may have two tags, where their names differ in accents alone.
    fn may_repeat(&self, conn: &mut Conn) -> QueryResult<bool> {
        let Self::TagName(name) = self else { return Ok(false) };
        let stores: Sql<BigInt> =
            Sql::new("SELECT count(*) FROM (SELECT tags.store_id FROM tags WHERE tags.search_key = ")
                .text(search_key(name.trim()))
                .sql(" GROUP BY tags.store_id HAVING count(*) > 1 LIMIT 1) AS stores");
        Ok(stores.get_result::<i64>(conn)? > 0)
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
            Self::TagName(name) => carries(name),
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

#[cfg(test)]
mod tests {
    use super::super::plans::{keysets, planned, tables};
    use super::*;
    use crate::db::{Cursor, Keyset};

    fn plan(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset, way: &Way) -> Vec<String> {
        let page = keyset.in_order(filter.matching_of(keyset.beginning(items::table.into_boxed()), way));
        planned(conn, page)
    }

    fn filters() -> [(&'static str, ItemFilter); 8] {
        let none = ItemFilter::default;
        [
            ("all", none()),
            ("a store", ItemFilter { store_id: Some(1), ..none() }),
            ("a tag", ItemFilter { tag_id: Some(1), ..none() }),
            ("a name of tags", ItemFilter { tag_name: Some("x".to_owned()), ..none() }),
            ("prices", ItemFilter { min_price: Some(1), max_price: Some(2), ..none() }),
            ("quantities", ItemFilter { min_quantity: Some(1), ..none() }),
            ("a store's prices", ItemFilter { store_id: Some(1), max_price: Some(2), ..none() }),
            (
                "a store's tag and quantities",
                ItemFilter { store_id: Some(1), tag_name: Some("x".to_owned()), max_quantity: Some(2), ..none() },
            ),
        ]
    }

    #[test]
    fn every_page_of_every_list_is_read_off_an_index_and_nothing_is_sorted() {
        let (_folder, mut conn) = tables();
        for (name, filter) in filters() {
            for keyset in keysets() {
                let way = if filter.narrowings().is_empty() { Way::Free } else { Way::InOrder(keyset.column) };
                let plan = plan(&mut conn, &filter, &keyset, &way);
                let said = format!("{name} by {}, {:?}: {plan:#?}", keyset.column.name, keyset.cursor);
                let reads: Vec<_> = plan.iter().filter(|step| step.contains(" items ")).collect();
                assert!(reads.len() == 1 && reads[0].contains(" USING INDEX items_"), "{said}");
                assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE")), "{said}");
                if let Cursor::After(place) | Cursor::Before(place) = &keyset.cursor {
                    let begins = reads[0].contains(",rowid)<(?,?)") || reads[0].contains(",rowid)>(?,?)");
                    assert!(begins, "it begins at its place, however many rows have the same key: {said}");
                    let part = keyset.beginning(items::table.into_boxed()).filter(keyset.up_to(place));
                    let part = planned(&mut conn, keyset.in_order(filter.matching_of(part, &way)));
                    let ends = part.iter().any(|step| step.matches(",rowid)").count() == 2);
                    assert!(ends, "a part of it ends at its own place: {part:#?}");
                }
            }
        }
    }

    #[test]
    fn a_list_of_many_stores_is_read_off_the_index_of_its_order() {
        let (_folder, mut conn) = tables();
        let filter = ItemFilter { scope: Scope::Stores([1, 2].into()), ..ItemFilter::default() };
        for keyset in keysets() {
            let plan = plan(&mut conn, &filter, &keyset, &Way::InOrder(keyset.column));
            let reads: Vec<_> = plan.iter().filter(|step| step.contains(" items ")).collect();
            assert!(reads.len() == 1 && reads[0].contains(" USING INDEX items_"), "{plan:#?}");
            assert!(plan.iter().all(|step| !step.contains("TEMP B-TREE")), "{plan:#?}");
        }
    }

    #[test]
    fn what_few_items_pass_is_gathered_by_its_own_index() {
        let (_folder, mut conn) = tables();
        for (name, filter) in filters() {
            for (at, narrowing) in filter.narrowings().into_iter().enumerate() {
                let way = Way::Gathered(at);
                for keyset in keysets().iter().filter(|keyset| !narrowing.is_on(keyset.column)) {
                    let plan = plan(&mut conn, &filter, keyset, &way);
                    assert!(plan.iter().all(|step| !step.starts_with("SCAN ")), "{name}: {plan:#?}");
                    let listed = plan.iter().filter(|step| step.contains("(tag_id=?)")).count();
                    let is_tag = matches!(narrowing, Narrowing::Tag(_) | Narrowing::TagName(_));
                    assert!(is_tag || listed == 0, "it lists a tag, which many may have: {name}: {plan:#?}");
                }
            }
        }
    }
}
