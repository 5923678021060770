use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::file::Row;
use super::rows::{Checker, Fault, staged_item, staged_store, staged_tag};
use super::{Import, ImportError, Kind, Summary, items, stores};
use crate::db::{ChangeSet, StagedItem, StagedStore, StagedTag};
use crate::error::AppError;

/// How many rows are staged, or reported, at a time.
const BATCH: usize = 1_000;
/// How many different stores are remembered while reading a file of items: its neighbours mostly share one.
const STORES_REMEMBERED: usize = 1_000;

/// Something met on the way.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// So many bytes of the file are read.
    Read(u64),
    /// The file is read; now follows this.
    Phase(&'static str),
    /// A row is refused because of a cell in this column; once for every such cell.
    Refused {
        /// The row.
        line: i64,
        /// The header, or nothing if it is the row as a whole.
        column: &'a str,
        /// Why, in words.
        reason: &'a str,
    },
    /// A row says again what an earlier one said, which does not count any more.
    Repeated {
        /// The row.
        line: i64,
        /// The earlier one.
        earlier: i64,
    },
}

/// One import under way.
pub struct Run<'a, 'c> {
    pub import: &'a Import,
    pub checker: Checker<'a>,
    pub summary: Summary,
    change: &'a mut ChangeSet<'c>,
    listener: &'a mut dyn FnMut(Event<'_>),
    stores: Vec<StagedStore>,
    items: Vec<StagedItem>,
    tags: Vec<StagedTag>,
    store_lines: HashMap<Vec<String>, i64>,
}

/// Reads, stages, compares and applies a file.
pub fn run(
    import: &Import,
    change: &mut ChangeSet<'_>,
    listener: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, ImportError> {
    let mut run = Run {
        import,
        checker: Checker(&import.columns),
        summary: Summary::of(import.columns.kind, import.dry_run, import.strict),
        change,
        listener,
        stores: Vec::new(),
        items: Vec::new(),
        tags: Vec::new(),
        store_lines: HashMap::new(),
    };
    run.change.conn().open_staging()?;
    let read = Arc::new(AtomicU64::new(0));
    import.source.rows(&read, &mut |row| {
        run.take(row);
        if run.stores.len() + run.items.len() >= BATCH {
            run.flush()?;
            (run.listener)(Event::Read(read.load(Ordering::Relaxed)));
        }
        Ok(())
    })?;
    run.flush()?;
    (run.listener)(Event::Phase("Comparing"));
    run.change.conn().close_staging()?;
    if import.columns.kind == Kind::Items {
        items::settle(&mut run)?;
    } else {
        stores::settle(&mut run)?;
    }
    run.count()?;
    run.change.conn().drop_staging()?;
    run.change.call(run.summary.title(&import.name));
    Ok(run.summary)
}

impl Run<'_, '_> {
    /// Checks a row and queues it for staging, or refuses it.
    fn take(&mut self, row: Row) {
        self.summary.read += 1;
        let taken = match row.cells {
            Err(reason) => Err(vec![("", reason)]),
            Ok(cells) if self.import.columns.kind == Kind::Stores => {
                let draft = self.checker.store(&cells);
                draft.map(|draft| self.stores.push(staged_store(row.line, Some(row.line), draft)))
            }
            Ok(cells) => self.take_item(row.line, &cells),
        };
        if let Err(faults) = taken {
            self.summary.rows.refused += 1;
            for fault in faults {
                self.tell_refused(row.line, &fault);
            }
        }
    }

    fn take_item(&mut self, line: i64, cells: &[String]) -> Result<(), Vec<Fault>> {
        let item = self.checker.item(cells);
        let store_cells = self.import.columns.store_cells(cells);
        let known = self.store_lines.get(&store_cells).copied();
        let store = if known.is_some() { Ok(None) } else { self.checker.store(cells).map(Some) };
        let ((item, tags), store) = match (item, store) {
            (Ok(item), Ok(store)) => (item, store),
            (item, store) => return Err([item.err(), store.err()].into_iter().flatten().flatten().collect()),
        };
        if let Some(draft) = store {
            if self.store_lines.len() >= STORES_REMEMBERED {
                self.store_lines.clear();
            }
            self.store_lines.insert(store_cells, line);
            self.stores.push(staged_store(line, None, draft));
        }
        self.items.push(staged_item(line, known.unwrap_or(line), item));
        self.tags.extend(tags.into_iter().map(|tag| staged_tag(line, tag)));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), AppError> {
        self.change.conn().stage(&self.stores, &self.items, &self.tags)?;
        self.stores.clear();
        self.items.clear();
        self.tags.clear();
        Ok(())
    }

    /// Says that the comparison is done.
    pub fn begin_writing(&mut self) {
        (self.listener)(Event::Phase("Writing"));
    }

    /// Lets the database see what was found out about the staged rows.
    pub fn measure(&mut self) -> Result<(), AppError> {
        Ok(self.change.conn().measure_staging()?)
    }

    /// Runs a statement, and says how many rows it moved.
    pub fn sql(&mut self, sql: &str) -> Result<i64, AppError> {
        let moved = diesel::sql_query(sql).execute(self.change.conn())?;
        Ok(i64::try_from(moved).unwrap_or(i64::MAX))
    }

    /// Runs a statement in which `$1` is the time of this import.
    pub fn sql_now(&mut self, sql: &str) -> Result<i64, AppError> {
        let at = self.change.at();
        let moved = diesel::sql_query(sql).bind::<Timestamp, _>(at).execute(self.change.conn())?;
        Ok(i64::try_from(moved).unwrap_or(i64::MAX))
    }

    /// Reports every row of `select` as refused. It gives `line`, in order, of those beyond `$1`.
    pub fn tell_all_refused(&mut self, select: &str, fault: &Fault) -> Result<(), AppError> {
        self.each_line(select, |run, found| run.tell_refused(found.line, fault))
    }

    /// Reports the repeats in a staging table.
    pub fn tell_repeats(&mut self, table: &str) -> Result<(), AppError> {
        let select = format!(
            "SELECT line, repeats FROM {table} WHERE repeats IS NOT NULL AND line > $1 ORDER BY line LIMIT {BATCH}"
        );
        self.each_line(&select, |run, found| {
            (run.listener)(Event::Repeated { line: found.line, earlier: found.repeats.unwrap_or_default() });
        })
    }

    fn each_line(&mut self, select: &str, mut each: impl FnMut(&mut Self, &Line)) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let found: Vec<Line> = diesel::sql_query(select).bind::<BigInt, _>(after).load(self.change.conn())?;
            for line in &found {
                each(self, line);
            }
            match found.last() {
                Some(last) => after = last.line,
                None => return Ok(()),
            }
        }
    }

    /// Derives search keys: `select` gives the rows beyond line `$1`, `update` keeps the key `$1` of line `$2`.
    pub fn derive_keys(
        &mut self,
        select: &str,
        update: &str,
        derive: impl Fn(Searched) -> String,
    ) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let rows: Vec<Searched> = diesel::sql_query(select).bind::<BigInt, _>(after).load(self.change.conn())?;
            match rows.last() {
                Some(last) => after = last.line,
                None => return Ok(()),
            }
            for row in rows {
                let line = row.line;
                diesel::sql_query(update)
                    .bind::<Text, _>(derive(row))
                    .bind::<BigInt, _>(line)
                    .execute(self.change.conn())?;
            }
        }
    }

    fn tell_refused(&mut self, line: i64, (field, reason): &Fault) {
        let column = if field.is_empty() { String::new() } else { self.import.columns.header(field) };
        (self.listener)(Event::Refused { line, column: &column, reason });
    }

    /// Counts what became of the staged rows.
    fn count(&mut self) -> Result<(), AppError> {
        let table = if self.import.columns.kind == Kind::Items { "staged_items" } else { "staged_stores" };
        let select = format!("SELECT outcome, count(*) AS number FROM {table} GROUP BY outcome");
        for outcome in diesel::sql_query(select).load::<Outcome>(self.change.conn())? {
            self.summary.rows.add(&outcome.outcome, outcome.number);
        }
        Ok(())
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    line: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    repeats: Option<i64>,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A row with what can be searched for in it.
#[derive(QueryableByName)]
pub struct Searched {
    #[diesel(sql_type = BigInt)]
    line: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
    #[diesel(sql_type = Text)]
    pub more: String,
}
