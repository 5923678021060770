use std::collections::HashMap;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{Conn, Sql, containing};

/// How many letters in a row the index knows.
pub const INDEXED_LETTERS: usize = 3;
/// How many of them are looked up for one search, each of another text: a few rare ones tell as much as all.
const ASKED: usize = 5;
/// How many of them may be of the same text.
const ASKED_OF_ONE: usize = 2;
/// One that is in so many items of the sample is still cheap to look up.
const CHEAP: i64 = 25;
/// How many begin like a shorter text before it is too common to look up.
const BEGINNINGS: usize = 300;
/// What more than so many of a hundred items of the sample have is not looked up, where there is anything else.
const COMMON: i64 = 40;

/// What the index tells of some texts.
pub struct Holding {
    /// The query for the ids of the items that may hold all of them.
    pub ids: Sql<BigInt>,
    /// Each of these items holds all of these, and no other does; empty for PostgreSQL.
    pub pieces: Vec<String>,
}

/// Where to find all items that may hold every one of these texts, each a piece of a `search_key`; `None` where the index knows
/// nothing of them, because they are too short. What it finds has to be compared with the item. Of `short`, which are those of
/// them with one or two letters that are worth it, SQLite looks up each three letters that begin like that.
///
/// # Errors
/// Those of the database.
pub fn holding(conn: &mut Conn, texts: &[&str], short: &[&str], sample: i64) -> QueryResult<Option<Holding>> {
    if conn.is_sqlite() {
        let trigrams = rarest(conn, texts, sample, !short.is_empty())?;
        return of_pieces(conn, trigrams, short);
    }
    if texts.iter().all(|text| known_signs(text) < INDEXED_LETTERS) {
        return Ok(None);
    }
    let known = texts.iter().filter(|text| known_signs(text) > 0);
    let ids = known.fold(Sql::new("SELECT items.id AS id FROM items WHERE TRUE"), |query, text| {
        query.sql(" AND items.search_key LIKE ").text(containing(text))
    });
    Ok(Some(Holding { ids, pieces: Vec::new() }))
}

/// The same by all that SQLite's index knows of the texts, however common that is; `None` if it would take more than `most` lists.
///
/// # Errors
/// Those of the database.
pub fn holding_closely(conn: &mut Conn, texts: &[&str], most: usize) -> QueryResult<Option<Holding>> {
    let known = distinct(texts);
    if known.len() > most { Ok(None) } else { of_pieces(conn, known, &[]) }
}

fn of_pieces(conn: &mut Conn, trigrams: Vec<String>, short: &[&str]) -> QueryResult<Option<Holding>> {
    let mut all: Vec<String> = trigrams.iter().map(|trigram| quoted(trigram)).collect();
    let mut pieces = trigrams;
    // What nothing begins like is in none of those that the index knows.
    let mut is_indexed = true;
    for text in short {
        let known = beginnings(conn, text)?;
        if known.len() <= BEGINNINGS {
            is_indexed &= !known.is_empty();
            let known: Vec<String> = known.iter().map(|trigram| quoted(trigram)).collect();
            all.push(format!("({})", known.join(" OR ")));
            pieces.push((*text).to_owned());
        }
    }
    if all.is_empty() {
        return Ok(None);
    }
    let ids = if is_indexed {
        Sql::new("SELECT items_search.rowid AS id FROM items_search WHERE items_search MATCH ")
            .text(all.join(" AND "))
            .sql(" UNION ALL ")
            .then(new_ones(&pieces))
    } else {
        new_ones(&pieces)
    };
    Ok(Some(Holding { ids, pieces }))
}

/// The queries for the ids of all items that may have a line in their `search_key` that is this text: the name, the SKU or the
/// barcode; none where the index knows too little of it. What they find has to be compared with the item.
///
/// # Errors
/// Those of the database.
pub fn having_line(conn: &mut Conn, text: &str, sample: i64) -> QueryResult<Vec<Sql<BigInt>>> {
    let lines = [format!("{text}\n"), format!("\n{text}\n")];
    if conn.is_sqlite() {
        let found: QueryResult<Vec<_>> = lines.iter().map(|line| holding(conn, &[line], &[], sample)).collect();
        return Ok(found?.into_iter().flatten().map(|found| found.ids).collect());
    }
    // Of shorter words the index would give every item that has such a one, like a number or a unit, and each would be read.
    if words(text).iter().all(|letters| *letters < INDEXED_LETTERS) {
        return Ok(Vec::new());
    }
    let [name, other] = lines.map(|line| containing(&line));
    // The name is the first line: nothing is before it.
    let name = name.strip_prefix('%').unwrap_or(&name).to_owned();
    let query = Sql::new("SELECT items.id AS id FROM items WHERE items.search_key LIKE ").text(name);
    Ok(vec![query.sql(" OR items.search_key LIKE ").text(other)])
}

/// Which three letters there are that begin like a shorter text, up to one more than are worth looking up.
fn beginnings(conn: &mut Conn, text: &str) -> QueryResult<Vec<String>> {
    Sql::<Text>::new("SELECT term FROM items_search_terms WHERE term >= ")
        .text(text)
        .sql(" AND term <= ")
        .text(format!("{text}\u{10ffff}\u{10ffff}"))
        .sql(" LIMIT ")
        .number(i64::try_from(BEGINNINGS + 1).unwrap_or(i64::MAX))
        .load(conn)
}

/// The query for the ids of those of the newest items, which are not in the index yet, that hold every one of these texts.
fn new_ones(texts: &[String]) -> Sql<BigInt> {
    let all = "SELECT items.id AS id FROM items WHERE items.id > (SELECT up_to FROM search_indexed)";
    texts.iter().fold(Sql::new(all), |query, text| {
        query.sql(" AND instr(items.search_key || char(10) || char(10), ").text(text.as_str()).sql(") > 0")
    })
}

fn quoted(trigram: &str) -> String {
    format!("\"{}\"", trigram.replace('"', "\"\""))
}

fn trigrams(text: &str) -> Vec<String> {
    let letters: Vec<char> = text.chars().collect();
    letters.windows(INDEXED_LETTERS).map(|window| window.iter().collect()).collect()
}

fn distinct(texts: &[&str]) -> Vec<String> {
    let mut known: Vec<String> = texts.iter().flat_map(|text| trigrams(text)).collect();
    known.sort_unstable();
    known.dedup();
    known
}

/// Those of the texts that are rare among the first `sample` items: to read the long list of a common one takes its time
/// and tells nothing. Those beside each other mostly are in the same items. There is one at least, if not `others` tell
/// something, too.
fn rarest(conn: &mut Conn, texts: &[&str], sample: i64, others: bool) -> QueryResult<Vec<String>> {
    let known = distinct(texts);
    if known.is_empty() || known.len() == 1 && !others {
        return Ok(known);
    }
    let asked = serde_json::json!(known.iter().map(|trigram| quoted(trigram)).collect::<Vec<_>>()).to_string();
    let counts: Vec<(String, i64)> = Sql::<(Text, BigInt)>::new(
        "SELECT value, (SELECT count(*) FROM items_search WHERE items_search MATCH value \
         AND rowid < (SELECT min(id) FROM items) + ",
    )
    .number(sample)
    .sql(") FROM json_each(")
    .text(asked)
    .sql(")")
    .load(conn)?;
    let counts: HashMap<String, i64> = counts.into_iter().collect();
    let count = |trigram: &str| counts.get(&quoted(trigram)).copied().unwrap_or_default();
    // The rarest of each text, and what is rare at all; then the rarest that share one letter with these at most, unless
    // it is in just as many items: then most likely in the same.
    let mut picks: Vec<(usize, i64, String)> = Vec::new();
    for text in texts {
        let mut places: Vec<(i64, usize, String)> =
            trigrams(text).into_iter().enumerate().map(|(place, trigram)| (count(&trigram), place, trigram)).collect();
        places.sort_unstable();
        let mut taken: Vec<(i64, usize)> = Vec::new();
        for (count, place, trigram) in places {
            let new = |other: &(i64, usize)| other.0 != count && other.1.abs_diff(place) >= INDEXED_LETTERS - 1;
            if count < CHEAP || taken.iter().all(new) {
                picks.push((if count < CHEAP { 0 } else { taken.len() }, count, trigram));
                taken.push((count, place));
            }
        }
    }
    picks.sort_unstable();
    let much = (32 * (picks.iter().map(|pick| pick.1).min().unwrap_or_default() + CHEAP)).min(sample * COMMON / 100);
    let mut rare: Vec<String> = Vec::new();
    for (round, count, trigram) in picks {
        let most = if round == 0 { ASKED } else { ASKED_OF_ONE };
        if rare.len() < most && (count <= much || rare.is_empty() && !others) && !rare.contains(&trigram) {
            rare.push(trigram);
        }
    }
    Ok(rare)
}

/// How many signs of a text PostgreSQL knows. To `pg_trgm` other signs than letters and digits only part words, before which it puts
/// two blanks, and one behind them, and it looks for any three signs in a row: of `ab-1` for `ab` with the blank behind it, and for `1`
/// with those before it. Each word of which there are three counts with its letters, its beginning and its end, where these are known.
/// With fewer than three in all, as of `x-1`, it would look for all words that begin with `1`, which is too little to be of use.
/// <https://www.postgresql.org/docs/current/pgtrgm.html>
fn known_signs(text: &str) -> usize {
    let words = words(text);
    let known = words.iter().enumerate().filter_map(|(at, letters)| {
        let (begins, ends) = (usize::from(at > 0), usize::from(at + 1 < words.len()));
        (*letters > 0 && letters + 2 * begins + ends >= INDEXED_LETTERS).then_some(letters + begins + ends)
    });
    known.sum()
}

/// How many letters and digits there are in a row between other signs, nothing at an end with such a sign included.
fn words(text: &str) -> Vec<usize> {
    text.split(|c: char| !c.is_alphanumeric()).map(|word| word.chars().count()).collect()
}

impl Conn {
    /// Takes the search index away while many rows are inserted, and gives what [`index_search_again`] wants.
    ///
    /// [`index_search_again`]: Self::index_search_again
    ///
    /// # Errors
    /// Those of the database.
    pub fn suspend_search(&mut self) -> QueryResult<Option<String>> {
        if !self.is_sqlite() {
            return Ok(None);
        }
        let trigger: Vec<String> =
            Sql::<Text>::new("SELECT sql FROM sqlite_schema WHERE type = 'trigger' AND name = 'items_search_inserted'")
                .load(self)?;
        diesel::sql_query("DROP TRIGGER IF EXISTS items_search_inserted").execute(self)?;
        Ok(trigger.into_iter().next())
    }

    /// Makes the search index anew, and keeps it up to date from now on.
    ///
    /// # Errors
    /// Those of the database.
    pub fn index_search_again(&mut self, trigger: Option<String>) -> QueryResult<()> {
        if let Some(trigger) = trigger {
            diesel::sql_query(trigger).execute(self)?;
            diesel::sql_query("UPDATE search_indexed SET up_to = (SELECT coalesce(max(id), 0) FROM items)")
                .execute(self)?;
            // Then in one piece: of many large ones, the next saves would have to put sixteen together.
            for command in ["rebuild", "optimize"] {
                diesel::sql_query(format!("INSERT INTO items_search (items_search) VALUES ('{command}')"))
                    .execute(self)?;
            }
        }
        Ok(())
    }

    /// What is wrong with the search index. On SQLite this needs a connection that may write, though nothing is written.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search_index_faults(&mut self) -> QueryResult<Vec<String>> {
        if !self.is_sqlite() {
            return Ok(Vec::new()); // an index like any other: see `damage`
        }
        let ends: i64 = Sql::<BigInt>::new("SELECT count(*) FROM search_indexed").get_result(self)?;
        if ends != 1 {
            return Ok(vec!["it is not known which items the search index holds".to_owned()]);
        }
        let check = "INSERT INTO items_search (items_search, rank) VALUES ('integrity-check', 1)";
        match self.transaction(|conn| diesel::sql_query(check).execute(conn)) {
            Ok(_) => Ok(Vec::new()),
            Err(diesel::result::Error::DatabaseError(_, info)) if info.message().contains("malformed") => {
                Ok(vec!["the search index does not hold what the items hold".to_owned()])
            }
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_postgres_knows_of_a_text_is_three_signs_or_too_little() {
        for (text, known) in
            [("lam", 3), ("zz", 0), ("ab-1", 5), ("7-42", 3), ("x-1", 2), ("5 l", 2), ("\n9\n", 3), ("日本", 0)]
        {
            assert_eq!(known_signs(text), known, "{text}");
        }
    }
}
