use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::walk::begins_with;
use super::{Hits, LookedAt, Search, first, length};
use crate::db::{Conn, Count, Cursor, Key, KeyKind, Keyset, Place, SortColumn, Sql, having_line, holding};
use crate::fields::{name_key, search_key};
use crate::items::filter::{Indexes, column};
use crate::items::rows::BY_NAME;

/// The order of a search with the best matches first: the same name or SKU, then names that begin like that, then words
/// that do, then the rest; each by name.
pub const BEST: SortColumn = SortColumn { name: "best", sql: "items.name_key", id: "items.id", kind: KeyKind::Text };

/// How well an item fits, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Same,
    Begins,
    Words,
    Anywhere,
}

impl Search<'_> {
    /// The best first. Where there are too many to compare, the most promising are; and where few of those fit, what comes
    /// first by name.
    pub(super) fn best(&self, conn: &mut Conn) -> QueryResult<Hits> {
        let (mut candidates, mut complete) = self.candidates(conn)?;
        let mut places = self.ranked(conn, &candidates)?;
        if !complete && places.len() <= self.keyset.limit {
            let limit = usize::try_from(self.bounds.few / 4).unwrap_or_default();
            let keyset = Keyset { column: BY_NAME, descending: false, cursor: Cursor::First, limit };
            let by_name = Search { query: self.query.clone(), keyset: &keyset, ..*self }.run(conn)?;
            complete = !by_name.more && by_name.looked_at.is_none();
            candidates.extend(by_name.ids);
            candidates.sort_unstable();
            candidates.dedup();
            places = self.ranked(conn, &candidates)?;
        }
        let found = length(&places);
        match &self.keyset.cursor {
            Cursor::First => {}
            Cursor::Last => places.reverse(),
            Cursor::After(after) => places.retain(|place| place > after),
            Cursor::Before(before) => {
                places.retain(|place| place < before);
                places.reverse();
            }
        }
        places.truncate(self.keyset.limit + 1);
        let count = if complete { Count::Exactly(found) } else { Count::AtLeast(found) };
        let ids = self.ids(places.iter().map(|place| place.1).collect(), count);
        let places = places.into_iter().map(|place| (place.1, place)).collect();
        Ok(Hits { places, looked_at: (!complete).then_some(LookedAt::Best(found)), ..ids })
    }

    /// Where those of the candidates that fit stand in the list.
    fn ranked(&self, conn: &mut Conn, candidates: &[i64]) -> QueryResult<Vec<Place>> {
        let query =
            Sql::<(BigInt, Text, Text)>::new("SELECT items.id, items.name_key, items.search_key FROM items WHERE ")
                .then(Sql::one_of("items.id", candidates));
        let rows: Vec<(i64, String, String)> = self.and_conditions(query, Indexes::Sorted(""), None).load(conn)?;
        let wanted = Wanted::of(self);
        let mut places: Vec<Place> = rows
            .into_iter()
            .map(|(id, name_key, search_key)| {
                Place(Key::Text(format!("{}{name_key}", wanted.rank(&search_key) as u8)), id)
            })
            .collect();
        places.sort_unstable();
        Ok(places)
    }

    /// The ids of the items to compare, and whether these are all that can be found.
    fn candidates(&self, conn: &mut Conn) -> QueryResult<(Vec<i64>, bool)> {
        let few = usize::try_from(self.bounds.few).unwrap_or_default();
        let mut some = Vec::new();
        for source in self.sources(conn)? {
            let ids = first(conn, &source.ids, self.bounds.few + 1)?;
            if ids.len() <= few {
                return Ok((ids, true));
            }
            if some.is_empty() {
                some = ids;
            }
        }
        let mut better = Vec::new();
        for source in self.promising(conn, &self.query.ranked_by.join(" "))? {
            better.extend(first(conn, &source, self.bounds.few / 4)?);
        }
        better.extend(some.into_iter().take(few / 2));
        better.sort_unstable();
        better.dedup();
        Ok((better, false))
    }

    /// Queries for the ids of the best matches: by name, by SKU and barcode, by the beginning of a word.
    fn promising(&self, conn: &mut Conn, text: &str) -> QueryResult<Vec<Sql<BigInt>>> {
        let mut sources = Vec::new();
        let mut beginnings = vec![text.to_owned(), name_key(self.filter.words.trim())];
        beginnings.dedup();
        beginnings.retain(|beginning| !beginning.is_empty());
        for beginning in &beginnings {
            let named = Sql::new("SELECT items.id AS id").sql(self.of_items(self.by_stores));
            let mut named = begins_with(named, beginning);
            if let Some(id) = self.filter.store_id {
                named = named.sql(" AND items.store_id = ").number(id);
            }
            if let Some(ids) = self.filter.scope.ids() {
                named = named.sql(" AND ").then(column(self.indexes(self.by_stores), "store").is_one_of(ids));
            }
            sources.push(named.sql(" ORDER BY items.name_key, items.id LIMIT ").number(self.bounds.few / 4));
        }
        let lines = having_line(conn, text, self.bounds.sample)?;
        if lines.is_empty() {
            sources.extend(beginnings.into_iter().map(|sku| self.with_sku(sku)));
        }
        sources.extend(lines);
        sources.extend(holding(conn, &[&format!(" {text}")], &[], self.bounds.sample)?.map(|found| found.ids));
        Ok(sources)
    }

    /// The query for the ids of the items with this SKU: each store is asked for its own.
    fn with_sku(&self, key: String) -> Sql<BigInt> {
        let item =
            "SELECT id FROM (SELECT (SELECT items.id FROM items WHERE items.store_id = stores.id AND items.sku_key = ";
        let query = Sql::new(item).text(key).sql(") AS id FROM stores");
        let asked = self.filter.store_id.as_ref().map(std::slice::from_ref).or(self.filter.scope.ids());
        let query = match asked {
            Some(ids) => query.sql(" WHERE ").then(Sql::one_of("stores.id", ids)),
            None => query,
        };
        query.sql(") AS found WHERE id IS NOT NULL")
    }
}

/// What the best matches are compared with.
struct Wanted<'a> {
    texts: &'a [String],
    /// All of them, as a name that is the same has them.
    whole: String,
    /// The same as it was typed: quotes may be part of a name.
    typed: String,
}

impl<'a> Wanted<'a> {
    fn of(search: &'a Search<'_>) -> Self {
        let texts = search.query.ranked_by.as_slice();
        Self { texts, whole: texts.join(" "), typed: search_key(search.filter.words.trim()) }
    }

    /// How well an item with this search key fits.
    fn rank(&self, search_key: &str) -> Rank {
        let mut lines = search_key.split('\n');
        let name = lines.next().unwrap_or_default();
        let is_same = |line| !self.whole.is_empty() && (line == self.whole || line == self.typed);
        if is_same(name) || lines.clone().any(is_same) {
            Rank::Same
        } else if name.starts_with(&self.whole) || lines.any(|line| line.starts_with(&self.whole)) {
            Rank::Begins
        } else if self.texts.iter().all(|text| begins_a_word(name, text)) {
            Rank::Words
        } else {
            Rank::Anywhere
        }
    }
}

fn begins_a_word(name: &str, text: &str) -> bool {
    name.match_indices(text).any(|(at, _)| !name[..at].chars().next_back().is_some_and(char::is_alphanumeric))
}
