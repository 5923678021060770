use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{About, Search, Term, length, limited};
use crate::db::{Conn, Sql, holding, holding_short};
use crate::items::filter::{items_tagged, stores_meant_by};

/// So many words that are too short for the index are looked up. Of more, each would only make it take longer.
const SHORT_MAX: usize = 3;

/// A query for ids, by an index alone, that gives every item which can be found.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub ids: Sql<BigInt>,
    /// Whether it gives all items in which the texts are, whatever else is asked for.
    pub by_text: bool,
    /// Whether it gives all items there are.
    pub all: bool,
    /// How many it gives, once they are counted.
    size: Option<i64>,
}

impl Source {
    fn new(ids: Sql<BigInt>) -> Self {
        Self { ids, by_text: false, all: false, size: None }
    }

    fn by_text(ids: Sql<BigInt>) -> Self {
        Self { by_text: true, ..Self::new(ids) }
    }

    /// From now on just these ids.
    pub(super) fn is(&mut self, ids: &[i64]) {
        self.ids = Sql::ids(ids);
        self.size = Some(length(ids));
    }

    /// How many ids it gives, counted up to one more than `most`.
    pub(super) fn size(&mut self, conn: &mut Conn, most: i64) -> QueryResult<i64> {
        if let Some(size) = self.size {
            return Ok(size);
        }
        let size = count(conn, &self.ids, most)?;
        self.size = Some(size);
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
        let by_text = holding(conn, &texts, self.bounds.sample)?;
        let mut sources = Vec::new();
        if let Some(id) = self.filter.tag_id {
            sources.push(Sql::new("SELECT item_id AS id FROM item_tags WHERE tag_id = ").number(id));
        }
        if let Some(name) = &self.filter.tag_name {
            sources.push(items_tagged(name).giving());
        }
        if self.query.terms.is_empty() {
            sources.extend(self.filter.within_ranges());
        }
        if let Some(id) = self.filter.store_id {
            sources.push(Sql::new("SELECT items.id AS id FROM items WHERE items.store_id = ").number(id));
        }
        if let Some(ids) = self.filter.scope.ids() {
            sources.push(Sql::new("SELECT items.id AS id FROM items WHERE ").then(Sql::one_of("items.store_id", ids)));
        }
        sources.extend(self.query.terms.iter().filter(|term| term.wanted).filter_map(of));
        if sources.is_empty() && by_text.is_none() {
            let ids = Sql::new("SELECT items.id AS id FROM items");
            return Ok(vec![Source { all: true, ..Source::new(ids) }]);
        }
        Ok(by_text.into_iter().map(Source::by_text).chain(sources.into_iter().map(Source::new)).collect())
    }

    /// The same for what is too short for the index to know it at once.
    pub(super) fn short_sources(&self, conn: &mut Conn) -> QueryResult<Vec<Source>> {
        // The longest: fewer items have those.
        let mut texts: Vec<&str> = self.query.texts().collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.chars().count()));
        let mut sources = Vec::new();
        for text in texts.into_iter().take(SHORT_MAX) {
            sources.extend(holding_short(conn, text)?.map(Source::by_text));
        }
        Ok(sources)
    }
}

fn of(term: &Term) -> Option<Sql<BigInt>> {
    let items = |condition| Sql::new("SELECT items.id AS id FROM items WHERE ").sql(condition);
    Some(match &term.about {
        About::Store(meant) => items("items.store_id IN (").then(stores_meant_by(meant)).sql(")"),
        About::Tag(name) => items_tagged(name).giving(),
        About::Price(comparison, minor) => items("items.price_minor").sql(comparison.sign()).number(*minor),
        About::Stock(comparison, number) => items("items.quantity").sql(comparison.sign()).number(*number),
        _ => return None,
    })
}
