use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::Record;
use crate::db::{Conn, Limited, Sql};
use crate::error::AppError;
use crate::schema::{bulk_edits, change_set_stores, change_sets};
use crate::users::{Person, Scope};

/// How many change sets are looked at for those about some stores only.
const LOOKED_AT: i64 = 200;

/// How much of a change set somebody may know of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// Nothing of it was in the stores that they see.
    Nothing,
    /// What it did there, but not what it is called: that may tell of other stores.
    Part,
    /// All of it: they see every store, it is about a record that they see, or it is a bulk edit of their own.
    Whole,
}

/// A change set in one line.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Summary {
    pub id: i64,
    pub at: NaiveDateTime,
    pub who: String,
    pub source: String,
    pub title: String,
    /// The record that it changed, if it was a person's change to one.
    pub record: Option<Record>,
    /// The bulk edit that it was, if it was one.
    pub bulk_edit_id: Option<i64>,
    /// Whether it touched others, too: what belongs to a store or a tag that it deleted, or what came with a store.
    has_others: bool,
    /// The user who did it, if it was one.
    user_id: Option<i64>,
}

impl Summary {
    /// The newest change sets before the one of id `before` that somebody sees, and the id before which the next page begins.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(
        conn: &mut Conn,
        person: &Person,
        before: Option<i64>,
        limit: usize,
    ) -> Result<(Vec<Self>, Option<i64>), AppError> {
        let newest = Sql::new("change_sets.id < ").number(before.unwrap_or(i64::MAX));
        let looked_at = if person.scope == Scope::All { i64::try_from(limit).unwrap_or(LOOKED_AT) } else { LOOKED_AT };
        let found = Self::load(conn, newest, looked_at + 1)?;
        let mut seen = Vec::new();
        let mut last = None;
        for (place, summary) in (0..).zip(found) {
            if place == looked_at || seen.len() == limit {
                return Ok((seen, last));
            }
            last = Some(summary.id);
            match summary.seen_by(conn, person)? {
                Seen::Nothing => {}
                Seen::Part => seen.push(summary.in_part()),
                Seen::Whole => seen.push(summary),
            }
        }
        Ok((seen, None))
    }

    /// The change set of this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Self::load(conn, Sql::new("change_sets.id = ").number(id), 1)?.pop().ok_or(AppError::NotFound)
    }

    /// Where more of it is told: of one record its history, of several which they were.
    #[must_use]
    pub fn path(&self) -> String {
        match (self.bulk_edit_id, self.record) {
            (Some(id), _) => format!("/bulk-edits/{id}"),
            (None, Some(record)) if !self.has_others => format!("{}/history", record.path()),
            _ => format!("/history/{}", self.id),
        }
    }

    /// How much of it somebody may know of.
    ///
    /// # Errors
    /// Those of the database.
    pub fn seen_by(&self, conn: &mut Conn, person: &Person) -> Result<Seen, AppError> {
        let Some(ids) = person.scope.ids() else { return Ok(Seen::Whole) };
        let is_own = self.bulk_edit_id.is_some() && self.user_id == person.user_id;
        Ok(match self.record {
            _ if is_own => Seen::Whole,
            Some(record) if record.was_seen(conn, &person.scope, self.id)? => Seen::Whole,
            None if self.touched_one_of(conn, ids)? => Seen::Part,
            _ => Seen::Nothing,
        })
    }

    /// Whether it was noted that it touched one of these stores.
    fn touched_one_of(&self, conn: &mut Conn, store_ids: &[i64]) -> QueryResult<bool> {
        let touched = change_set_stores::table
            .filter(change_set_stores::change_set_id.eq(self.id))
            .filter(Sql::one_of("change_set_stores.store_id", store_ids))
            .select(change_set_stores::store_id);
        Ok(Limited::new(touched, 1).get_result::<i64>(conn).optional()?.is_some())
    }

    /// What is told of it to somebody who may know of a part.
    #[must_use]
    pub fn in_part(self) -> Self {
        Self { title: "One change to several things".to_owned(), bulk_edit_id: None, ..self }
    }

    fn load(conn: &mut Conn, which: Sql, limit: i64) -> Result<Vec<Self>, AppError> {
        type Row =
            (i64, NaiveDateTime, String, String, String, Option<String>, Option<String>, Option<i64>, Option<i64>);
        let sets = change_sets::table.left_join(bulk_edits::table).filter(which).order(change_sets::id.desc());
        let columns = (
            change_sets::id,
            change_sets::created_at,
            change_sets::who,
            change_sets::source,
            change_sets::title,
            end_of("ASC"),
            end_of("DESC"),
            bulk_edits::id.nullable(),
            change_sets::user_id,
        );
        let sets: Vec<Row> = Limited::new(sets.select(columns), limit).load(conn)?;
        let summary = |(id, at, who, source, title, first, last, bulk_edit_id, user_id): Row| {
            let (first, last) = (Line::read(first.as_deref()), Line::read(last.as_deref()));
            // What goes with a store or a tag goes after it on PostgreSQL, and before it on SQLite.
            let owner = [last, first].into_iter().flatten().filter(Line::deletes_an_owner);
            let owner = owner.max_by_key(|line| matches!(line.record, Record::Store(_)));
            let record = owner.or(last.filter(|last| !last.deletes_more_than(first))).map(|line| line.record);
            let fills_a_store =
                first.is_some_and(|line| matches!(line.record, Record::Store(_)) && Some(line.record) != record);
            let has_others = owner.is_some() || fills_a_store;
            Self { id, at, who, source, title, record, bulk_edit_id, has_others, user_id }
        };
        Ok(sets.into_iter().map(summary).collect())
    }
}

/// A line of the journal: what happened to which record.
#[derive(Debug, Clone, Copy)]
struct Line {
    is_deletion: bool,
    record: Record,
}

impl Line {
    fn read(words: Option<&str>) -> Option<Self> {
        let mut words = words?.split(' ');
        let (operation, table, id) = (words.next()?, words.next()?, words.next()?.parse().ok()?);
        Some(Self { is_deletion: operation == "delete" && table != "item_tags", record: Record::of(table, id)? })
    }

    /// Whether it deletes what others belong to.
    fn deletes_an_owner(&self) -> bool {
        self.is_deletion && !matches!(self.record, Record::Item(_))
    }

    /// Whether it deletes one of several items: those of a large store, of which that was not the end.
    fn deletes_more_than(&self, first: Option<Self>) -> bool {
        let Record::Item(last) = self.record else { return false };
        self.is_deletion && first.is_some_and(|first| matches!(first.record, Record::Item(one) if one != last))
    }
}

/// The first or the last line of a change set that a person made of one record. The last one is of the record itself: what is
/// made for it is made first.
fn end_of(order: &'static str) -> Sql<Nullable<Text>> {
    Sql::new(
        "CASE WHEN change_sets.source IN ('page', 'api') AND bulk_edits.id IS NULL THEN
            (SELECT changes.operation || ' ' || changes.table_name || ' ' || changes.row_id FROM changes WHERE ",
    )
    // As a range of pairs, for which only the index of change sets will do: PostgreSQL would else go through the journal from
    // its end, where it thinks that change sets are large.
    .either(
        "changes.change_set_id = change_sets.id",
        "(changes.change_set_id, changes.id) >= (change_sets.id, 0)
            AND (changes.change_set_id, changes.id) < (change_sets.id + 1, 0)",
    )
    .sql(" ORDER BY changes.change_set_id ")
    .sql(order)
    .sql(", changes.id ")
    .sql(order)
    .sql(" LIMIT 1) END")
}
