use chrono::NaiveDateTime;
use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};

use super::look::Look;
use super::sources::Source;
use super::{Hits, LookedAt, Search, within};
use crate::db::{Conn, Count, Key, KeyKind, Place, Sql};
use crate::items::filter::{Indexes, column};

/// How to go through the list.
#[derive(Debug, Default)]
pub(super) struct Way {
    /// At most so many rows far.
    pub rows: i64,
    /// Only rows that pass this are worth a look.
    pub among: Option<Sql>,
    /// Only rows with names that begin like this count.
    pub beginning: Option<String>,
    /// Whether the rows are looked up by their ids, and by nothing else.
    pub by_ids: bool,
}

/// How far somebody went who went through the list.
pub(super) enum Walked {
    /// Until the page was full.
    Full(Hits),
    /// As far as there is any sense in it: to go once more would give no more.
    Far(Hits),
    /// Not far.
    Aside,
}

impl Search<'_> {
    /// Goes through the list if the page is likely to be full soon, or all that can be found is known to be beside each other there.
    pub(super) fn walk_if_soon_full(&self, conn: &mut Conn, source: &mut Source, look: &Look) -> QueryResult<Walked> {
        if let Some(beginning) = self.beginning(conn, source, look)? {
            let way = Way { rows: self.bounds.rows, beginning: Some(beginning), ..Way::default() };
            let page = self.walk(conn, &way, look.count())?;
            return Ok(if page.edge.is_none() { Walked::Full(page) } else { Walked::Far(page) });
        }
        let fetch = self.keyset.fetch();
        // A short way costs nearly nothing.
        let evenly = look.rows_to(fetch);
        if evenly < self.bounds.rows / 8 {
            let way = Way { rows: 4 * evenly, ..Way::default() };
            let page = self.walk(conn, &way, look.count())?;
            if page.edge.is_none() {
                return Ok(Walked::Full(page));
            }
        }
        // Ids are looked up in their order: none but these rows are read, and only until the page is full.
        let by_id = self.keyset.column.name == "id";
        let otherwise = self.seen.filter(|_| self.by_stores).map_or(2 * evenly, |[_, mine]| mine);
        if by_id
            && look.candidates <= self.bounds.many.min(otherwise)
            && let Some(ids) = self.listed(conn, source)?
        {
            let way = Way { among: Some(within(&ids)), by_ids: true, ..Way::default() };
            return Ok(Walked::Full(self.walk_to(conn, &way, None, look.count())?));
        }
        let way = self.way(conn, source, look, evenly)?;
        let edge = self.edge(conn, &way)?;
        if let Some(edge) = &edge {
            let near = |place: &Place| self.keyset.reaches(place, edge);
            // PostgreSQL looks at those first that are stored first, which can be alike; and what it has to sort, it reads.
            let likely = !conn.is_sqlite() && 2 * evenly <= way.rows && look.is_any(near);
            // The oldest were looked at, which tells nothing of what was changed last.
            let expected = match self.keyset.column.name {
                "updated_at" => look.expects_evenly(fetch, way.rows),
                _ => look.expects(fetch, way.rows, near),
            };
            if !likely && !expected {
                return Ok(Walked::Aside);
            }
        }
        let page = self.walk_to(conn, &way, edge, look.count())?;
        if page.edge.is_none() {
            return Ok(Walked::Full(page));
        }
        let far = way.among.is_none() && way.rows >= self.bounds.rows && self.listed(conn, source)?.is_none();
        Ok(if far { Walked::Far(page) } else { Walked::Aside })
    }

    /// How to go through the list, and how far, where finds spread evenly fill a page within so many rows.
    fn way(&self, conn: &mut Conn, source: &mut Source, look: &Look, evenly: i64) -> QueryResult<Way> {
        // To look up an id costs as much as to look at a twentieth of a row, but for rows beside each other. Names that
        // begin alike have other words in common too: they are spread less evenly.
        let dear = match self.keyset.column.name {
            "id" => return Ok(Way { rows: self.entries().min(2 * evenly), ..Way::default() }),
            "name" => 3 * evenly,
            _ => evenly,
        };
        let among = if look.candidates / 20 < dear { self.beside(conn, source)? } else { None };
        // To sort a candidate costs as much as to test a few ids.
        let rows = match among {
            Some(_) => self.entries().min(6 * look.candidates),
            None if conn.is_sqlite() => self.bounds.rows,
            // To sort takes PostgreSQL three times as long.
            None => 2 * self.bounds.rows,
        };
        Ok(Way { rows, among, ..Way::default() })
    }

    /// How far to go where ids tell which rows are worth a look. Whose a row is the row alone tells, so for who does not see all
    /// each is read, to know where that ends: words are mostly in many, or in few enough to be sorted.
    fn entries(&self) -> i64 {
        if self.seen.is_some() && !self.query.terms.is_empty() { self.bounds.rows } else { self.bounds.entries }
    }

    /// The ids that a source gives, if they are few enough to be looked up beside the list. PostgreSQL looks at the row
    /// first all the same.
    pub(super) fn listed(&self, conn: &mut Conn, source: &mut Source) -> QueryResult<Option<Sql<BigInt>>> {
        let beside = conn.is_sqlite() && !source.all && source.size(conn, self.bounds.beside)? <= self.bounds.beside;
        Ok(beside.then(|| source.ids.clone()))
    }

    /// The condition that a row has one of these ids, which SQLite tests before it reads the row.
    fn beside(&self, conn: &mut Conn, source: &mut Source) -> QueryResult<Option<Sql>> {
        Ok(self.listed(conn, source)?.map(|ids| Sql::new("+items.id IN (").then(ids).sql(")")))
    }

    /// As far as there is any sense in it: the page need not be full.
    pub(super) fn walk_far(&self, conn: &mut Conn, source: &mut Source, look: &Look) -> QueryResult<Hits> {
        let among = self.beside(conn, source)?;
        let rows = if among.is_some() { self.entries() } else { self.bounds.rows };
        self.walk(conn, &Way { rows, among, ..Way::default() }, look.count())
    }

    /// Goes through the list from the cursor on, and stops when the page is full.
    pub(super) fn walk(&self, conn: &mut Conn, way: &Way, count: Count) -> QueryResult<Hits> {
        let edge = self.edge(conn, way)?;
        self.walk_to(conn, way, edge, count)
    }

    /// Goes through the list as far as this place at most.
    fn walk_to(&self, conn: &mut Conn, way: &Way, edge: Option<Place>, count: Count) -> QueryResult<Hits> {
        let found = self.ids(self.walk_query(way, edge.as_ref()).load(conn)?, count);
        let edge = if found.more { None } else { edge };
        Ok(Hits { looked_at: edge.as_ref().map(|_| LookedAt::Rows(self.rows_told(way.rows))), edge, ..found })
    }

    fn walk_query(&self, way: &Way, edge: Option<&Place>) -> Sql<BigInt> {
        let by_stores = self.by_stores && !way.by_ids;
        let query = Sql::new("SELECT items.id").sql(self.of_items(by_stores));
        let mut query = self.on_the_way(query, way, edge);
        if let Some(among) = &way.among {
            query = query.sql(" AND ").then(among.clone());
        }
        let query = self.and_conditions(query, self.indexes(by_stores), None);
        query.sql(" ORDER BY ").then(self.keyset.order()).sql(" LIMIT ").number(self.keyset.fetch())
    }

    /// The place in the list where the rows of the way end; `None` if there are not so many. It stands in the address of the
    /// next page, so it is never that of an item that somebody may not see.
    pub(super) fn edge(&self, conn: &mut Conn, way: &Way) -> QueryResult<Option<Place>> {
        Ok(self.places(conn, self.edge_query(way))?.pop())
    }

    fn edge_query(&self, way: &Way) -> Sql<BigInt> {
        let query =
            Sql::new("SELECT ").sql(self.keyset.column.sql).sql(", items.id").sql(self.of_items(self.by_stores));
        let query = self.on_the_way(query, way, None);
        let query = match self.filter.scope.ids() {
            Some(ids) => query.sql(" AND ").then(column(self.indexes(self.by_stores), "store").is_one_of_these(ids)),
            None => query,
        };
        let query = query.sql(" ORDER BY ").then(self.keyset.order()).sql(" LIMIT 1 OFFSET ");
        query.number(self.rows_seen(way.rows) - 1)
    }

    /// How many rows are said to be looked at: roughly, where it would tell how many there are that somebody does not see.
    fn rows_told(&self, rows: i64) -> i64 {
        let seen = self.rows_seen(rows);
        let unit = if self.seen.is_some() && !self.by_stores { 10_i64.pow(seen.ilog10()) } else { 1 };
        (seen + unit - 1) / unit * unit
    }

    /// How many of so many rows of the list somebody sees, if theirs are spread evenly.
    fn rows_seen(&self, rows: i64) -> i64 {
        match self.seen {
            Some([all, mine]) if !self.by_stores => rows.saturating_mul(mine) / all.max(1),
            _ => rows,
        }
        .max(1)
    }

    /// Which indexes lead through the list.
    pub(super) fn indexes(&self, by_stores: bool) -> Indexes {
        let sorted = self.keyset.column.name;
        if by_stores { Indexes::OfStores(sorted) } else { Indexes::Sorted(sorted) }
    }

    /// The items, by the one index that goes through them store by store: SQLite, which does not know how little it would pass by,
    /// might else take another. None has them in the order of their ids; the smallest tells the most of them at a time.
    pub(super) fn of_items(&self, by_stores: bool) -> &'static str {
        match self.keyset.column.name {
            _ if !by_stores => " FROM items WHERE 1 = 1",
            "price" => " FROM items INDEXED BY items_store_price WHERE 1 = 1",
            "quantity" | "id" => " FROM items INDEXED BY items_store_quantity WHERE 1 = 1",
            "updated_at" => " FROM items INDEXED BY items_store_updated WHERE 1 = 1",
            _ => " FROM items INDEXED BY items_store_name WHERE 1 = 1",
        }
    }

    /// The rows beyond the cursor, up to an edge if there is one: only those of the store, where its items have an index in this
    /// order.
    fn on_the_way<ST>(&self, query: Sql<ST>, way: &Way, edge: Option<&Place>) -> Sql<ST> {
        let query = match self.filter.store_id {
            Some(id) if self.keyset.column.name != "id" => query.sql(" AND items.store_id = ").number(id),
            _ => query,
        };
        // These come first, as [`Keyset::beginning`] says.
        let query = self.beyond_cursor(query);
        let query = match edge {
            Some(edge) => query.sql(" AND ").then(self.keyset.up_to(edge)),
            None => query,
        };
        // What lies outside of a range of what it is sorted by is not on the way either.
        let ranges = self.filter.ranges_of(&self.query, self.keyset.column);
        let query = ranges.into_iter().fold(query, |query, range| query.sql(" AND ").then(range));
        match &way.beginning {
            Some(beginning) => begins_with(query, beginning),
            None => query,
        }
    }

    /// The beginning of a query for places.
    pub(super) fn places_of(&self) -> Sql<BigInt> {
        Sql::new("SELECT ").sql(self.keyset.column.sql).sql(", items.id FROM items WHERE ")
    }

    pub(super) fn places(&self, conn: &mut Conn, query: Sql<BigInt>) -> QueryResult<Vec<Place>> {
        Ok(match self.keyset.column.kind {
            KeyKind::Text => rows::<Text, String>(conn, query, Key::Text)?,
            KeyKind::Number => rows::<BigInt, i64>(conn, query, Key::Number)?,
            KeyKind::Time => rows::<Timestamp, NaiveDateTime>(conn, query, Key::Time)?,
        })
    }
}

/// Only the rows with names that begin like this.
pub(super) fn begins_with<ST>(query: Sql<ST>, beginning: &str) -> Sql<ST> {
    let query = query.sql(" AND items.name_key >= ").text(beginning);
    query.sql(" AND items.name_key < ").text(format!("{beginning}\u{10ffff}"))
}

fn rows<ST, T>(conn: &mut Conn, query: Sql<BigInt>, key: impl Fn(T) -> Key) -> QueryResult<Vec<Place>>
where
    Sql<(ST, BigInt)>: diesel::query_dsl::LoadQuery<'static, Conn, (T, i64)>,
{
    let rows: Vec<(T, i64)> = query.giving::<(ST, BigInt)>().load(conn)?;
    Ok(rows.into_iter().map(|(value, id)| Place(key(value), id)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Cursor;
    use crate::items::ItemFilter;
    use crate::items::plans::{keysets, planned, tables};
    use crate::items::search::Bounds;
    use crate::users::Scope;

    #[test]
    fn who_sees_some_stores_passes_by_no_item_of_another() {
        let (_folder, mut conn) = tables();
        let filter = ItemFilter { scope: Scope::Stores([1, 2].into()), min_price: Some(1), ..ItemFilter::default() };
        for keyset in keysets() {
            let name = keyset.column.name;
            let search = Search::new(&mut conn, &filter, &keyset, &Bounds::default()).expect("a search");
            let way = Way { rows: 9, ..Way::default() };
            let edge =
                if let Cursor::After(place) | Cursor::Before(place) = &keyset.cursor { Some(place) } else { None };
            for (query, bounds) in [(search.edge_query(&way), 1), (search.walk_query(&way, edge), 2)] {
                let plan = planned(&mut conn, query);
                let reads: Vec<_> = plan.iter().filter(|step| step.contains(" items ")).collect();
                let index = format!(" INDEX items_store_{} (store_id=?", name.trim_end_matches("_at"));
                assert!(reads.len() == 1 && reads[0].contains(&index), "by {name}: {plan:#?}");
                let bound = reads[0].matches(",rowid)").count();
                assert!(edge.is_none() || bound == bounds, "it begins and ends at its places, by {name}: {plan:#?}");
            }
        }
    }
}
