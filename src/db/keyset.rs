use chrono::{DateTime, Datelike, NaiveDateTime};
use diesel::prelude::*;
use diesel::query_dsl::methods::{FilterDsl, LoadQuery, OrderDsl};
use diesel::sql_types::{Bool, Text};

use super::{Conn, Limited, Sql};

/// A column that lists can be sorted by. Its table's id comes last, so that the order is total.
#[derive(Debug, Clone, Copy)]
pub struct SortColumn {
    /// As it stands in the URL.
    pub name: &'static str,
    /// As it stands in the query.
    pub sql: &'static str,
    /// The id of its table.
    pub id: &'static str,
    /// What the column holds.
    pub kind: KeyKind,
}

/// What a sort column holds.
#[derive(Debug, Clone, Copy)]
pub enum KeyKind {
    /// Folded text.
    Text,
    /// A whole number.
    Number,
    /// A time.
    Time,
}

/// The value of a sort column in one row.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// Folded text.
    Text(String),
    /// A whole number.
    Number(i64),
    /// A time.
    Time(NaiveDateTime),
}

impl Key {
    fn bind<ST>(&self, sql: Sql<ST>) -> Sql<ST> {
        match self {
            Self::Text(key) => sql.text(key.as_str()),
            Self::Number(key) => sql.number(*key),
            Self::Time(key) => sql.time(*key),
        }
    }
}

/// A place in a list: the sort key and id of the row beside it. It stays good when rows come and go.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(pub Key, pub i64);

impl Place {
    /// Reads what [`Place`]'s `Display` wrote.
    #[must_use]
    pub fn parse(text: &str, kind: KeyKind) -> Option<Self> {
        let (id, key) = text.split_once('~')?;
        let key = match kind {
            KeyKind::Text => Key::Text(key.to_owned()),
            KeyKind::Number => Key::Number(key.parse().ok()?),
            // From the years that both databases know.
            KeyKind::Time => Key::Time(
                DateTime::from_timestamp_micros(key.parse().ok()?)
                    .filter(|time| (0..=9999).contains(&time.year()))?
                    .naive_utc(),
            ),
        };
        Some(Self(key, id.parse().ok()?))
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Key::Text(key) => write!(f, "{}~{key}", self.1),
            Key::Number(key) => write!(f, "{}~{key}", self.1),
            Key::Time(key) => write!(f, "{}~{}", self.1, key.and_utc().timestamp_micros()),
        }
    }
}

/// Which rows of a list to show.
#[derive(Debug, Clone)]
pub enum Cursor {
    /// The first ones.
    First,
    /// Those that follow a place.
    After(Place),
    /// Those that come before a place.
    Before(Place),
    /// The last ones.
    Last,
}

/// The order of a list, and where in it to begin.
#[derive(Debug, Clone)]
pub struct Keyset {
    /// What to sort by.
    pub column: SortColumn,
    /// Whether the largest comes first.
    pub descending: bool,
    /// Where to begin.
    pub cursor: Cursor,
    /// How many rows a page has.
    pub limit: usize,
}

impl Keyset {
    /// Whether it reaches back.
    #[must_use]
    pub fn backwards(&self) -> bool {
        matches!(self.cursor, Cursor::Before(_) | Cursor::Last)
    }

    /// The condition that leaves out what lies on earlier pages; none on the first page and the last.
    #[must_use]
    pub fn condition(&self) -> Option<Sql<Bool>> {
        let (Cursor::After(place) | Cursor::Before(place)) = &self.cursor else { return None };
        Some(self.compared(if self.descending == self.backwards() { ") > (" } else { ") < (" }, place))
    }

    /// The condition that leaves out what lies beyond a place further on; the row at that place stays.
    #[must_use]
    pub fn up_to(&self, place: &Place) -> Sql<Bool> {
        self.compared(if self.descending == self.backwards() { ") <= (" } else { ") >= (" }, place)
    }

    /// The key and the id of a row, compared with a place.
    fn compared(&self, comparison: &'static str, place: &Place) -> Sql<Bool> {
        let row = Sql::new("(").sql(self.column.sql).sql(", ").sql(self.column.id).sql(comparison);
        // Without a collation, which an id has not, SQLite looks for the key alone, and goes through all rows that share it.
        place.0.bind(row).sql(", ").number(place.1).either(" COLLATE BINARY)", ")")
    }

    /// Whether a place lies beyond the cursor, and not beyond `edge`.
    #[must_use]
    pub fn reaches(&self, place: &Place, edge: &Place) -> bool {
        let onwards =
            |from: &Place, to: &Place| if self.descending == self.backwards() { from <= to } else { from >= to };
        let beyond = match &self.cursor {
            Cursor::After(cursor) | Cursor::Before(cursor) => place != cursor && onwards(cursor, place),
            Cursor::First | Cursor::Last => true,
        };
        beyond && onwards(place, edge)
    }

    /// What to order the query by: turned round to reach back from a place.
    #[must_use]
    pub fn order(&self) -> Sql<Text> {
        let direction = if self.descending == self.backwards() { ["", ""] } else { [" DESC", " DESC"] };
        Sql::new(self.column.sql).sql(direction[0]).sql(", ").sql(self.column.id).sql(direction[1])
    }

    /// How many rows to ask for: one more than shown tells whether there is a further page.
    #[must_use]
    pub fn fetch(&self) -> i64 {
        i64::try_from(self.limit).unwrap_or(i64::MAX - 1) + 1
    }

    /// The same query without what lies on earlier pages. To be called before other bounds to the sorted column are added: of two
    /// SQLite begins, or ends, at the one that comes first, and tests the other.
    pub fn beginning<Q>(&self, query: Q) -> Q
    where
        Q: FilterDsl<Sql, Output = Q>,
    {
        match self.condition() {
            Some(condition) => query.filter(condition),
            None => query,
        }
    }

    /// The same query in the order of the list, or turned round to reach back, and as long as a page.
    pub fn in_order<Q>(&self, query: Q) -> Limited<Q>
    where
        Q: OrderDsl<Sql<Text>, Output = Q>,
    {
        Limited::chosen(query.order(self.order()), self.fetch())
    }

    /// The rows of a page, and one more if there are more, of those that `query` gives beyond its [`beginning`](Self::beginning).
    ///
    /// # Errors
    /// Those of the database.
    pub fn rows<'query, Q, T>(&self, query: Q, conn: &mut Conn) -> QueryResult<Vec<T>>
    where
        Q: OrderDsl<Sql<Text>, Output = Q>,
        Limited<Q>: LoadQuery<'query, Conn, T>,
    {
        // With room for all of them from the beginning: a list that grows is moved six times.
        let mut rows = Vec::with_capacity(self.limit + 1);
        for row in self.in_order(query).load_iter(conn)? {
            rows.push(row?);
        }
        Ok(rows)
    }

    /// What `read` gives of the page that begins here; or of the first page, where going back comes upon the beginning before the
    /// page is full.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn page_or_first<P, T, E>(
        &self,
        page_of: fn(&P) -> &Page<T>,
        mut read: impl FnMut(&Self) -> Result<P, E>,
    ) -> Result<P, E> {
        let found = read(self)?;
        let page = page_of(&found);
        let is_short = page.previous.is_none() && page.rows.len() < self.limit;
        if is_short && matches!(self.cursor, Cursor::Before(_)) {
            return read(&Self { cursor: Cursor::First, ..self.clone() });
        }
        Ok(found)
    }

    /// The page, from the rows that the query gave. `place` tells where a row stands.
    pub fn page<T>(&self, mut rows: Vec<T>, place: impl Fn(&T) -> Place) -> Page<T> {
        let more = rows.len() > self.limit;
        rows.truncate(self.limit);
        self.page_of(rows, more, place)
    }

    /// The page of these rows, as the query gave them, and whether the query would have given more.
    pub fn page_of<T>(&self, mut rows: Vec<T>, more: bool, place: impl Fn(&T) -> Place) -> Page<T> {
        if self.backwards() {
            rows.reverse();
        }
        let (has_previous, has_next) = match self.cursor {
            Cursor::First => (false, more),
            Cursor::After(_) => (true, more),
            Cursor::Before(_) => (more, true),
            Cursor::Last => (more, false),
        };
        let previous = rows.first().filter(|_| has_previous).map(&place);
        let next = rows.last().filter(|_| has_next).map(&place);
        Page { rows, previous, next }
    }
}

/// One page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub rows: Vec<T>,
    /// Where the page before this one ends.
    pub previous: Option<Place>,
    /// Where the page after this one begins.
    pub next: Option<Place>,
}
