use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::sources::Source;
use super::{Search, first, limited};
use crate::db::{Conn, Count, Key, Place, Sql};
use crate::fields::search_key;

/// The items that can be found.
pub(super) enum Candidates {
    /// All of them.
    Few(Vec<i64>),
    /// Too many to look at each.
    Many(Look),
}

/// What some candidates tell of all.
#[derive(Debug)]
pub(super) struct Look {
    /// How many were looked at.
    looked: i64,
    /// Where in the list those are that are found.
    hits: Vec<Place>,
    /// How many items there are, about.
    items: i64,
    /// How many of them there are to a candidate.
    gap: i64,
}

impl Look {
    /// How many are found at least.
    pub(super) fn count(&self) -> Count {
        Count::AtLeast(i64::try_from(self.hits.len()).unwrap_or(i64::MAX))
    }

    /// How many candidates there are, about.
    pub(super) fn candidates(&self) -> i64 {
        self.items / self.gap
    }

    /// After how many rows of the list there are so many finds, if they are spread evenly.
    pub(super) fn rows_to(&self, finds: i64) -> i64 {
        let hits = i64::try_from(self.hits.len()).unwrap_or(i64::MAX).max(1);
        finds.saturating_mul(self.gap).saturating_mul(self.looked) / hits
    }

    /// Whether there are so many finds where these `near` ones are that were looked at.
    pub(super) fn expects(&self, finds: i64, near: usize) -> bool {
        let near = i64::try_from(near).unwrap_or(i64::MAX);
        near.saturating_mul(self.items) >= finds.saturating_mul(self.gap).saturating_mul(self.looked)
    }

    /// The places of those that are found.
    pub(super) fn hits(&self) -> &[Place] {
        &self.hits
    }

    /// What all their names begin with, where the list is in the order of these.
    fn common_beginning(&self) -> Option<&str> {
        let mut names = self.hits.iter().map(|place| if let Key::Text(name) = &place.0 { name.as_str() } else { "" });
        let first = names.next()?;
        let common = names.fold(first, |common, name| {
            let alike = common.chars().zip(name.chars()).take_while(|(one, other)| one == other);
            &common[..alike.map(|(one, _)| one.len_utf8()).sum()]
        });
        (!common.is_empty()).then_some(common)
    }
}

impl Search<'_> {
    /// The candidates if they are few, else what some of them tell.
    pub(super) fn look(&self, conn: &mut Conn, sources: &[Source]) -> QueryResult<Candidates> {
        let mut some = Vec::new();
        for source in sources {
            let ids = first(conn, &source.ids, self.bounds.few + 1)?;
            if ids.len() <= usize::try_from(self.bounds.few).unwrap_or_default() {
                return Ok(Candidates::Few(ids));
            }
            if some.is_empty() {
                some = ids;
            }
        }
        let items = Sql::<BigInt>::new(
            "SELECT COALESCE((SELECT max(id) FROM items) - (SELECT min(id) FROM items), 0) + 1 AS items",
        );
        let items: i64 = items.get_result(conn)?;
        let span = some.iter().max().zip(some.iter().min()).map_or(1, |(last, first)| last - first);
        let gap = span / i64::try_from(some.len()).unwrap_or(i64::MAX).max(1) + 1;
        some.truncate(self.bounds.counted);
        let query = self.places_of().then(Sql::one_of("items.id", &some));
        let hits = self.places(conn, self.and_conditions(query, ""))?;
        Ok(Candidates::Many(Look { looked: i64::try_from(some.len()).unwrap_or(i64::MAX), hits, items, gap }))
    }

    /// What all candidates' names begin with and no others do, so that these are beside each other in the list: there are
    /// as many names that begin with it, and in each of them is what was searched for.
    pub(super) fn beginning(&self, conn: &mut Conn, source: &Source, look: &Look) -> QueryResult<Option<String>> {
        let Some(common) = look.common_beginning().filter(|_| source.by_text && conn.is_sqlite()) else { return Ok(None) };
        let key = search_key(common);
        if !self.query.texts().all(|text| key.contains(text)) {
            return Ok(None);
        }
        let most = self.bounds.beside;
        let mut count = |ids: Sql<BigInt>| -> QueryResult<i64> {
            Sql::<BigInt>::new("SELECT count(*) FROM (").then(limited(&ids, most + 1)).sql(") AS counted").get_result(conn)
        };
        let named = count(super::walk::begins_with(Sql::new("SELECT items.id FROM items WHERE 1 = 1"), common))?;
        Ok(if named <= most && named == count(source.ids.clone())? { Some(common.to_owned()) } else { None })
    }
}
