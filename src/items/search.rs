mod best; // the best matches first
mod look; // what some candidates tell of all
mod query; // what was typed, taken apart
mod sources; // where to look first
mod walk; // through the list in its order

use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::BigInt;

pub use self::best::BEST;
use self::look::{Candidates, Look};
pub use self::query::{About, Comparison, Query, Term};
use self::sources::Source;
use self::walk::{Walked, Way};
use super::ItemFilter;
use super::filter::{Indexes, Tagged};
use crate::db::{Conn, Count, Cursor, Keyset, Page, Place, Sql};
use crate::error::AppError;
use crate::stores::Totals;
use crate::users::Scope;

/// How much work a search may be. Everything within these bounds is found the same, whichever way.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// So few items are all looked at and sorted.
    pub few: i64,
    /// Where no page was filled on the way through the list, so many are sorted after all.
    pub many: i64,
    /// So many ids are looked up beside the list while it is gone through.
    pub beside: i64,
    /// How far to go through the list where such ids tell which rows are worth a look.
    pub entries: i64,
    /// How far to go through the list looking at every row.
    pub rows: i64,
    /// How many items are asked which letters are rare.
    pub sample: i64,
    /// How many candidates are looked at to say how many there are at least.
    pub counted: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self::OF_WORDS
    }
}

impl Bounds {
    /// For a list that is filtered, but not by words. Where what passes lies far behind what does not, so many more are
    /// sorted, a fifth of a second's work, before people are asked to go on from page to page.
    pub(super) const OF_FILTERS: Self = Self { few: 5_000, many: 100_000, rows: 20_000, ..Self::OF_WORDS };

    const OF_WORDS: Self =
        Self { few: 2_000, many: 30_000, beside: 60_000, entries: 50_000, rows: 5_000, sample: 5_000, counted: 500 };
}

/// How far to go through a list store by store.
const BY_STORES: i64 = 5_000;
/// No store has its items in the order of their ids: all of somebody's are read for each page, if they are no more than these.
const BY_STORES_AND_ID: i64 = 100_000;

/// What is in one of so many items is worth looking up, however short it is.
const RARE: i64 = 10;

/// What a search found.
#[derive(Debug)]
pub struct Found<T> {
    /// A page of it. One that is not full can have a next page still: see `looked_at`.
    pub page: Page<T>,
    /// How many there are.
    pub count: Count,
    /// Where not every item could be looked at, how many were.
    pub looked_at: Option<LookedAt>,
}

/// How a search ended early.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookedAt {
    /// It went through so many rows of the list. The next page goes on from there.
    Rows(i64),
    /// So many finds were compared for the best.
    Best(i64),
}

/// The ids of a page's items, in the order of the query, with what a [`Found`] says beside.
struct Hits {
    ids: Vec<i64>,
    /// Whether there are more behind these.
    more: bool,
    count: Count,
    looked_at: Option<LookedAt>,
    /// Where the way through the list was broken off.
    edge: Option<Place>,
    /// Where each item stands, if the list is in an order of its own.
    places: HashMap<i64, Place>,
}

/// Some items to look at.
#[derive(Debug)]
struct Among {
    condition: Sql,
    /// What is true of each of them.
    known: Option<Tagged>,
    /// By which indexes they are found, beside what the condition says.
    indexes: Indexes,
}

/// A search on its way.
struct Search<'a> {
    filter: &'a ItemFilter,
    query: Query,
    keyset: &'a Keyset,
    bounds: Bounds,
    /// Of so many items in the list, so many that somebody sees who does not see them all.
    seen: Option<[i64; 2]>,
    /// Whether the list is gone through store by store, each in its order, and put together: so nobody has to pass by what they
    /// do not see, however much of that lies together.
    by_stores: bool,
}

/// A page of what `filter` finds: `load` gives the rows with these ids, in any order, `place` says where a row stands.
///
/// # Errors
/// Those of the database.
pub(super) fn found<T>(
    conn: &mut Conn,
    filter: &ItemFilter,
    keyset: &Keyset,
    bounds: &Bounds,
    load: impl FnOnce(&mut Conn, &[i64]) -> QueryResult<Vec<T>>,
    place: impl Fn(&T) -> Place,
) -> Result<Found<T>, AppError> {
    let find = |conn: &mut Conn| -> Result<Hits, AppError> {
        let search = Search::new(conn, filter, keyset, bounds)?;
        Ok(if search.query.contradicts_itself() {
            search.sorted(conn, &Among::that(Sql::new("FALSE"), None))?
        } else if keyset.column.name == BEST.name {
            search.best(conn)?
        } else {
            search.run(conn)?
        })
    };
    // At one moment: what is new may enter SQLite's index between one question and the next. PostgreSQL knows it all the time.
    let found = if conn.is_sqlite() { conn.snapshot(find)? } else { find(conn)? };
    let order: HashMap<i64, usize> = found.ids.iter().enumerate().map(|(at, id)| (*id, at)).collect();
    let mut rows = load(conn, &found.ids)?;
    rows.sort_by_cached_key(|row| order.get(&place(row).1).copied());
    let mut page = keyset.page_of(rows, found.more, |row| {
        let place = place(row);
        found.places.get(&place.1).cloned().unwrap_or(place)
    });
    if let Some(edge) = found.edge {
        let end = if keyset.backwards() { &mut page.previous } else { &mut page.next };
        *end = Some(edge);
    }
    let shown = i64::try_from(found.ids.len()).unwrap_or_default() + i64::from(found.more);
    let whole = matches!(keyset.cursor, Cursor::First) && !found.more && found.looked_at.is_none();
    let count = match found.count {
        Count::AtLeast(_) if whole => Count::Exactly(shown),
        Count::AtLeast(count) => Count::AtLeast(count.max(shown)),
        counted => counted,
    };
    Ok(Found { page, count, looked_at: found.looked_at })
}

/// Where the next so many rows of the list end, whoever sees them: not to be told. `None` if there are not so many.
///
/// # Errors
/// Those of the database.
pub(super) fn edge(
    conn: &mut Conn,
    filter: &ItemFilter,
    keyset: &Keyset,
    rows: i64,
) -> Result<Option<Place>, AppError> {
    let filter = ItemFilter { scope: Scope::All, ..filter.clone() };
    let search = Search::new(conn, &filter, keyset, &Bounds::OF_FILTERS)?;
    Ok(search.edge(conn, &Way { rows, ..Way::default() })?)
}

impl Among {
    fn these(ids: &[i64], known: Option<Tagged>) -> Self {
        Self::that(Sql::one_of("items.id", ids), known)
    }

    fn that(condition: Sql, known: Option<Tagged>) -> Self {
        Self { condition, known, indexes: Indexes::Sorted("") }
    }
}

impl<'a> Search<'a> {
    fn new(conn: &mut Conn, filter: &'a ItemFilter, keyset: &'a Keyset, bounds: &Bounds) -> Result<Self, AppError> {
        let is_of_store = filter.store_id.is_some() && keyset.column.name != "id"; // all of whose items are seen
        let seen = if is_of_store { None } else { Totals::items_seen(conn, &filter.scope)? };
        let is_in_order = keyset.column.name != "id";
        let can_be = |[_, mine]: [i64; 2]| is_in_order || (mine <= BY_STORES_AND_ID && filter.store_id.is_none());
        let by_stores = conn.is_sqlite() && seen.is_some_and(can_be);
        // What is gone through store by store has to be sorted.
        let rows = if by_stores { bounds.rows.min(BY_STORES) } else { bounds.rows };
        let entries = if by_stores { rows } else { bounds.entries };
        let bounds = Bounds { entries, rows, ..*bounds };
        Ok(Self { filter, query: filter.query(), keyset, bounds, seen, by_stores })
    }
}

impl Search<'_> {
    /// Takes the way that costs least: few candidates are looked at and sorted, of many the list is gone through, from where
    /// those begin that can be found if they are beside each other. Where a page would not be full soon, words too short for the
    /// index are looked up, too; else the candidates are sorted after all.
    fn run(&self, conn: &mut Conn) -> QueryResult<Hits> {
        let mut sources = self.sources(conn)?;
        let mut look = match self.look(conn, &mut sources)? {
            Candidates::Few(among) => return self.sorted(conn, &among),
            Candidates::Many(look) => look,
        };
        let mut walked = self.walk_if_soon_full(conn, &mut sources[0], &look)?;
        if !matches!(walked, Walked::Full(_))
            && let Some(narrower) = self.narrower(conn, &look)?
        {
            let replaced = usize::from(sources[0].by_text);
            sources.splice(0..replaced, [narrower]);
            look = match self.look(conn, &mut sources)? {
                Candidates::Few(among) => return self.sorted(conn, &among),
                Candidates::Many(look) => look,
            };
            walked = self.walk_if_soon_full(conn, &mut sources[0], &look)?;
        }
        if let Walked::Full(page) = walked {
            return Ok(page);
        }
        if let Some(narrow) = self.narrow(conn, &mut sources, &look)? {
            return self.sorted(conn, &narrow);
        }
        let page = if let Walked::Far(page) = walked { page } else { self.walk_far(conn, &mut sources[0], &look)? };
        // Before a page is shown with nothing on it, somewhat more are sorted.
        match self.listed(conn, &mut sources[0])? {
            Some(ids) if page.ids.is_empty() && page.edge.is_some() => {
                self.sorted(conn, &Among::that(within(&ids), sources[0].known.clone()))
            }
            _ => Ok(page),
        }
    }

    /// Candidates that are not too many to be sorted.
    fn narrow(&self, conn: &mut Conn, sources: &mut [Source], look: &Look) -> QueryResult<Option<Among>> {
        if !conn.is_sqlite() && sources[0].by_text && look.candidates <= self.bounds.many {
            // To count them costs as much; the conditions say which they are.
            return Ok(Some(Among { indexes: Indexes::OfText, ..Among::that(Sql::new("TRUE"), None) }));
        }
        if let Some(theirs) = self.of_stores(self.bounds.many) {
            return Ok(Some(theirs));
        }
        let mut listed = Vec::new();
        for source in sources.iter_mut() {
            listed.extend(self.listed(conn, source)?);
            if listed.len() == 2 {
                break;
            }
        }
        if let [one, other, ..] = &listed[..] {
            let both =
                Sql::new("SELECT id FROM (").then(other.clone()).sql(") WHERE +id IN (").then(one.clone()).sql(")");
            let ids = first(conn, &both, self.bounds.many + 1)?;
            if ids.len() <= usize::try_from(self.bounds.many).unwrap_or_default() {
                return Ok(Some(Among::these(&ids, None)));
            }
        }
        // The smallest first: those that are not counted yet take longer.
        let mut by_size: Vec<&mut Source> = sources.iter_mut().collect();
        by_size.sort_by_key(|source| source.counted());
        for source in by_size {
            if source.size(conn, self.bounds.many)? <= self.bounds.many {
                return Ok(Some(Among::that(within(&source.ids), source.known.clone())));
            }
        }
        Ok(None)
    }

    /// All items of somebody who does not see them all, if these are no more than `most`: those of others would be in the way.
    fn of_stores(&self, most: i64) -> Option<Among> {
        let is_few = self.seen.is_some_and(|[_, mine]| mine <= most);
        let ids = self.filter.scope.ids().filter(|_| is_few)?;
        Some(Among::that(Sql::one_of("items.store_id", ids), None))
    }

    /// How many of the items that pass `among` are found.
    fn count(&self, conn: &mut Conn, among: &Among) -> QueryResult<Count> {
        let query = Sql::<BigInt>::new("SELECT count(*) FROM items WHERE ").then(among.condition.clone());
        Ok(Count::AtLeast(self.and_conditions(query, among.indexes, among.known.as_ref()).get_result(conn)?))
    }

    /// Looks at every item that passes `among`, sorts those that are found, and counts them.
    fn sorted(&self, conn: &mut Conn, among: &Among) -> QueryResult<Hits> {
        let column = if self.keyset.column.name == "id" { "1" } else { self.keyset.column.sql };
        let query = Sql::<(BigInt, BigInt)>::new("WITH hits AS MATERIALIZED (SELECT items.id, ")
            .sql(column)
            .sql(" FROM items WHERE ")
            .then(among.condition.clone());
        let query = self
            .and_conditions(query, among.indexes, among.known.as_ref())
            .sql(") SELECT items.id, (SELECT count(*) FROM hits) FROM hits AS items WHERE 1 = 1");
        let query = self.beyond_cursor(query).sql(" ORDER BY ").then(self.keyset.order()).sql(" LIMIT ");
        let rows: Vec<(i64, i64)> = query.number(self.keyset.fetch()).load(conn)?;
        let count = match (rows.first(), &self.keyset.cursor) {
            (Some((_, count)), _) => Count::Exactly(*count),
            (None, Cursor::First | Cursor::Last) => Count::Exactly(0),
            (None, _) => match self.count(conn, among)? {
                Count::AtLeast(count) => Count::Exactly(count),
                counted => counted,
            },
        };
        Ok(self.ids(rows.into_iter().map(|(id, _)| id).collect(), count))
    }

    fn beyond_cursor<ST>(&self, query: Sql<ST>) -> Sql<ST> {
        match self.keyset.condition() {
            Some(condition) => query.sql(" AND ").then(condition),
            None => query,
        }
    }

    fn and_conditions<ST>(&self, query: Sql<ST>, indexes: Indexes, known: Option<&Tagged>) -> Sql<ST> {
        let conditions = self.filter.conditions(indexes, known);
        conditions.into_iter().fold(query, |query, condition| query.sql(" AND ").then(condition))
    }

    /// What was found: one id more than a page has tells that there are more.
    fn ids(&self, mut ids: Vec<i64>, count: Count) -> Hits {
        let more = ids.len() > self.keyset.limit;
        ids.truncate(self.keyset.limit);
        Hits { ids, more, count, looked_at: None, edge: None, places: HashMap::new() }
    }
}

/// The first ids that a source gives.
fn first(conn: &mut Conn, source: &Sql<BigInt>, limit: i64) -> QueryResult<Vec<i64>> {
    limited(source, limit).load(conn)
}

/// A source cut short. PostgreSQL must not take that for a reason to read the whole table until there are enough.
fn limited(source: &Sql<BigInt>, limit: i64) -> Sql<BigInt> {
    Sql::new("")
        .either("SELECT id FROM (", "SELECT id FROM (WITH source AS MATERIALIZED (")
        .then(source.clone())
        .either(") AS source LIMIT ", ") SELECT id FROM source LIMIT ")
        .number(limit)
        .either("", ") AS source")
}

/// The condition that an item is one of those that a source gives. In an array PostgreSQL looks for them in the order of
/// their ids, so mostly beside each other: eight times as fast, for a hundred thousand.
fn within(source: &Sql<BigInt>) -> Sql {
    Sql::new("items.id ").either("IN (", "= ANY (ARRAY (").then(source.clone()).either(")", "))")
}

fn length<T>(list: &[T]) -> i64 {
    i64::try_from(list.len()).unwrap_or(i64::MAX)
}
