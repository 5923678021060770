use diesel::QueryResult;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::sources::{self, Source};
use super::walk::begins_with;
use super::{Among, Search, first, length};
use crate::db::{Conn, Count, Key, Place, Sql, holding_closely};
use crate::fields::search_key;
use crate::items::filter::Indexes;

/// The items that can be found.
pub(super) enum Candidates {
    /// All of them.
    Few(Among),
    /// Too many to look at each.
    Many(Look),
}

/// So many of those looked at should be on the way, were they spread evenly, for it to tell something where they are.
const TELLING: i64 = 3;

/// What is in one of so many candidates is in few of them.
const FEW: i64 = 5;

/// How many lists of the index are read to know closely where some texts are.
const CLOSELY: usize = 4;

/// What some candidates tell of all.
#[derive(Debug)]
pub(super) struct Look {
    /// Those that were looked at.
    looked_at: Vec<i64>,
    /// Where in the list those are that are found.
    hits: Vec<Place>,
    /// How many items there are, about.
    items: i64,
    /// How many candidates there are, about.
    pub candidates: i64,
}

impl Look {
    /// How many are found at least.
    pub(super) fn count(&self) -> Count {
        Count::AtLeast(length(&self.hits))
    }

    /// How many are found, about.
    pub(super) fn finds(&self) -> i64 {
        self.candidates.saturating_mul(length(&self.hits)) / length(&self.looked_at).max(1)
    }

    /// After how many rows of the list there are so many finds, if they are spread evenly.
    pub(super) fn rows_to(&self, finds: i64) -> i64 {
        let hits = self.candidates.saturating_mul(length(&self.hits)).max(1);
        finds.saturating_mul(self.items).saturating_mul(length(&self.looked_at)) / hits
    }

    /// After how many candidates there are so many finds.
    fn candidates_to(&self, finds: i64) -> i64 {
        finds.saturating_mul(length(&self.looked_at)) / length(&self.hits).max(1)
    }

    /// Whether so many finds are likely within `rows` rows of the list, where `near` says which places are.
    pub(super) fn expects(&self, finds: i64, rows: i64, near: impl Fn(&Place) -> bool) -> bool {
        if length(&self.hits).saturating_mul(rows) / self.items < TELLING {
            return self.expects_evenly(finds, rows);
        }
        let near = self.hits.iter().filter(|place| near(place)).count();
        i64::try_from(near).unwrap_or(i64::MAX).saturating_mul(self.candidates)
            >= finds.saturating_mul(length(&self.looked_at))
    }

    /// The same, if they are spread evenly.
    pub(super) fn expects_evenly(&self, finds: i64, rows: i64) -> bool {
        self.rows_to(finds).saturating_mul(3) / 2 <= rows
    }

    /// Whether a text is in few of them.
    pub(super) fn is_rare(&self, conn: &mut Conn, text: &str) -> QueryResult<bool> {
        let query =
            Sql::<BigInt>::new("SELECT count(*) FROM items WHERE ").then(Sql::one_of("items.id", &self.looked_at));
        let having: i64 = query.sql(" AND instr(items.search_key, ").text(text).sql(") > 0").get_result(conn)?;
        Ok(having.saturating_mul(FEW) <= length(&self.looked_at))
    }

    /// Whether one of those found is at such a place.
    pub(super) fn is_any(&self, near: impl Fn(&Place) -> bool) -> bool {
        self.hits.iter().any(near)
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
    /// The candidates if they are few, else what some of them tell. A source that gives not very many is read but once.
    pub(super) fn look(&self, conn: &mut Conn, sources: &mut [Source]) -> QueryResult<Candidates> {
        let few = self.bounds.few;
        if self.query.terms.is_empty()
            && let Some(theirs) = self.of_stores(few)
        {
            return Ok(Candidates::Few(theirs));
        }
        // SQLite is quick with the index, PostgreSQL reads the rows for it.
        let most = if conn.is_sqlite() { 5 * few / 2 } else { few };
        let mut firsts: Vec<Vec<i64>> = Vec::new();
        for source in &*sources {
            let ids = first(conn, &source.ids, most + 1)?;
            if length(&ids) <= few {
                return Ok(Candidates::Few(Among::these(&ids, source.known.clone())));
            }
            firsts.push(ids);
        }
        let most_of_stores = if self.by_stores { few } else { self.bounds.many };
        if let Some(theirs) = self.of_stores(most_of_stores) {
            return Ok(Candidates::Few(theirs));
        }
        for (source, ids) in sources.iter_mut().zip(&firsts).filter(|(_, ids)| length(ids) <= most) {
            source.is(ids);
        }
        let ends = Sql::<(BigInt, BigInt)>::new(
            "SELECT COALESCE((SELECT min(id) FROM items), 0), COALESCE((SELECT max(id) FROM items), 0) AS ends",
        );
        let (least, last): (i64, i64) = ends.get_result(conn)?;
        let items = last - least + 1;
        let first_ones = firsts.swap_remove(0);
        let counted = self.bounds.counted;
        let some: Vec<i64> = if sources[0].all {
            let step = usize::try_from(items).unwrap_or(usize::MAX) / counted.max(1);
            (least..=last).step_by(step.max(1)).collect() // those added at the same time can be alike
        } else {
            let step = first_ones.len() / counted.max(1);
            first_ones.iter().copied().step_by(step.max(1)).take(counted).collect()
        };
        let candidates = self.about(conn, &mut sources[0], &first_ones, items)?;
        let query = self.places_of().then(Sql::one_of("items.id", &some));
        let hits = self.places(conn, self.and_conditions(query, Indexes::Sorted(""), sources[0].known.as_ref()))?;
        // Store by store, no others are passed.
        let items = self.seen.filter(|_| self.by_stores).map_or(items, |[_, mine]| mine.max(1));
        Ok(Candidates::Many(Look { looked_at: some, hits, items, candidates }))
    }

    /// How many candidates there are, about: counted as far as that is cheap, else by how close to each other the first are.
    fn about(&self, conn: &mut Conn, source: &mut Source, first_ones: &[i64], items: i64) -> QueryResult<i64> {
        if source.all {
            return Ok(items);
        }
        let counted = if conn.is_sqlite() { source.size(conn, self.bounds.beside)? } else { length(first_ones) };
        if conn.is_sqlite() && counted <= self.bounds.beside {
            return Ok(counted);
        }
        // The lower half of them: new items are stored in the place of deleted ones, among the old.
        let mut ids = first_ones.to_vec();
        ids.sort_unstable();
        let half = ids.len() / 2;
        let span = ids.get(half).zip(ids.first()).map_or(1, |(median, first)| median - first);
        Ok(counted.max(items.saturating_mul(length(&ids[..half])) / span.max(1)).min(items))
    }

    /// What the names of all that can be found begin with, so that these are beside each other in the list. It is known if there
    /// are as many names that begin with it as there are items with some pieces of the texts, and these are in each such name.
    pub(super) fn beginning(&self, conn: &mut Conn, source: &mut Source, look: &Look) -> QueryResult<Option<String>> {
        let Some(common) = look.common_beginning().filter(|_| source.by_text && conn.is_sqlite()) else {
            return Ok(None);
        };
        let key = search_key(common);
        let inside: Vec<&str> = self.query.texts().filter(|text| key.contains(text)).collect();
        let is_inside = source.pieces.iter().all(|piece| key.contains(piece));
        let most = self.bounds.beside;
        // Of those, so many are to be looked at until the page is full.
        let near = look.candidates_to(self.keyset.fetch()).saturating_mul(3) / 2 <= self.bounds.rows;
        if !near || (inside.is_empty() && !is_inside) {
            return Ok(None);
        }
        let named = begins_with(Sql::new("SELECT items.id FROM items WHERE 1 = 1"), common);
        let named = sources::count(conn, &named, most)?;
        if named > most {
            return Ok(None);
        }
        let mut alike = is_inside && named == source.size(conn, most)?;
        if !alike && let Some(closely) = holding_closely(conn, &inside, CLOSELY)? {
            alike = named == Source::by_text(closely).size(conn, most)?;
        }
        Ok(alike.then(|| common.to_owned()))
    }
}
