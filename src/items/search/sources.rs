use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::look::Look;
use super::{About, RARE, Search, Term, length, limited};
use crate::db::{Conn, Holding, INDEXED_LETTERS, Sql, holding};
use crate::items::filter::{Indexes, Tagged, condition, items_tagged};
use crate::stores::ids_meant_by;
use crate::users::Scope;

/// So many words that are too short for the index are looked up. Of more, each would only make it take longer.
const SHORT_MAX: usize = 3;

/// A query for ids that gives every item which can be found, by an index, but for the newest items that this does not know yet.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub ids: Sql<BigInt>,
    /// Whether it gives all items in which the texts are, whatever else is asked for.
    pub by_text: bool,
    /// What of the texts is in all items that it gives, and in no others; empty if it goes by something else.
    pub pieces: Vec<String>,
    /// Whether it gives all items there are.
    pub all: bool,
    /// What is true of every item that it gives.
    pub known: Option<Tagged>,
    /// How many it gives, and up to how many they were counted, once they are.
    size: Option<(i64, i64)>,
}

impl Source {
    fn new(ids: Sql<BigInt>) -> Self {
        Self { ids, by_text: false, pieces: Vec::new(), all: false, known: None, size: None }
    }

    fn tagged(ids: Sql<BigInt>, known: Tagged) -> Self {
        Self { known: Some(known), ..Self::new(ids) }
    }

    pub(super) fn by_text(Holding { ids, pieces }: Holding) -> Self {
        Self { by_text: true, pieces, ..Self::new(ids) }
    }

    /// From now on just these ids.
    pub(super) fn is(&mut self, ids: &[i64]) {
        self.ids = Sql::ids(ids);
        self.size = Some((length(ids), i64::MAX));
    }

    /// As far as they are counted, how many ids it gives.
    pub(super) fn counted(&self) -> i64 {
        self.size.map_or(i64::MAX, |(size, _)| size)
    }

    /// How many ids it gives, counted up to one more than `most`.
    pub(super) fn size(&mut self, conn: &mut Conn, most: i64) -> QueryResult<i64> {
        if let Some((size, counted)) = self.size
            && (size <= counted || most <= counted)
        {
            return Ok(size);
        }
        let size = count(conn, &self.ids, most)?;
        self.size = Some((size, most));
        Ok(size)
    }
}

/// How many ids a query gives, counted up to one more than `most`.
pub(super) fn count(conn: &mut Conn, ids: &Sql<BigInt>, most: i64) -> QueryResult<i64> {
    let counted = limited(ids, most + 1);
    Sql::<BigInt>::new("SELECT count(*) FROM (").then(counted).sql(") AS counted").get_result(conn)
}

impl Search<'_> {
    /// Most useful first; one that gives all items if there is none better.
    pub(super) fn sources(&self, conn: &mut Conn) -> QueryResult<Vec<Source>> {
        let texts: Vec<&str> = self.query.texts().collect();
        let by_text = holding(conn, &texts, &[], self.bounds.sample)?;
        let mut sources = Vec::new();
        if let Some(id) = self.filter.tag_id {
            let ids = Sql::new("SELECT item_id AS id FROM item_tags WHERE tag_id = ").number(id);
            sources.push(Source::tagged(ids, Tagged::Id));
        }
        if let Some(name) = &self.filter.tag_name {
            sources.push(Source::tagged(items_tagged(name).giving(), Tagged::Name));
        }
        let mut ranges: Vec<Source> = self.filter.within_ranges().into_iter().map(Source::new).collect();
        if self.query.terms.is_empty() {
            sources.append(&mut ranges);
        }
        if let Some(id) = self.filter.store_id {
            sources.push(Source::new(items("items.store_id = ").number(id)));
        }
        if let Some(ids) = self.filter.scope.ids() {
            sources.push(Source::new(items("").then(Sql::one_of("items.store_id", ids))));
        }
        sources
            .extend(self.query.terms.iter().filter(|term| term.wanted).filter_map(|term| of(term, &self.filter.scope)));
        // Behind the store and the words: those mostly leave fewer.
        sources.append(&mut ranges);
        if sources.is_empty() && by_text.is_none() {
            let ids = Sql::new("SELECT items.id AS id FROM items");
            return Ok(vec![Source { all: true, ..Source::new(ids) }]);
        }
        Ok(by_text.into_iter().map(Source::by_text).chain(sources).collect())
    }

    /// The source of what the texts tell together with those of them that are too short for the index to know them at once, where
    /// few of the candidates have these.
    pub(super) fn narrower(&self, conn: &mut Conn, look: &Look) -> QueryResult<Option<Source>> {
        // Where more are left than are sorted at once, to read two lists of the index takes longer than to go by one, if that can be.
        let few_left = look.finds() <= self.bounds.few || look.candidates > self.bounds.beside;
        if !conn.is_sqlite() || look.rows_to(1) < RARE || !few_left {
            return Ok(None);
        }
        let texts: Vec<&str> = self.query.texts().collect();
        let mut short: Vec<&str> = Vec::new();
        for text in texts.iter().filter(|text| text.chars().count() < INDEXED_LETTERS) {
            if short.len() < SHORT_MAX && !short.contains(text) && look.is_rare(conn, text)? {
                short.push(text);
            }
        }
        if short.is_empty() {
            return Ok(None);
        }
        // Where too many words begin with each, the index tells no more than before.
        let found = holding(conn, &texts, &short, self.bounds.sample)?;
        Ok(found
            .filter(|found| short.iter().any(|text| found.pieces.iter().any(|piece| piece == text)))
            .map(Source::by_text))
    }
}

fn of(term: &Term, scope: &Scope) -> Option<Source> {
    let ids = match &term.about {
        About::Tag(name) => return Some(Source::tagged(items_tagged(name).giving(), Tagged::Term(name.clone()))),
        About::Store(meant) => items("items.store_id IN (").then(ids_meant_by(meant, scope)).sql(")"),
        About::Number(..) => items("").then(condition(Indexes::All, term, scope)),
        _ => return None,
    };
    Some(Source::new(ids))
}

fn items(condition: &'static str) -> Sql<BigInt> {
    Sql::new("SELECT items.id AS id FROM items WHERE ").sql(condition)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::items::plans::tables;

    #[test]
    fn what_was_counted_in_part_is_counted_anew_where_more_is_asked() {
        let (_folder, mut conn) = tables();
        let mut four = Source::new(Sql::ids(&[1, 2, 3, 4]));
        for (most, size) in [(1, 2), (2, 3), (1, 3), (9, 4), (2, 4)] {
            assert_eq!(four.size(&mut conn, most), Ok(size), "up to {most}");
        }
    }
}
