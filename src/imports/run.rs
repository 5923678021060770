use std::time::Duration;

use super::reader::Reader;
use super::rows::Fault;
use super::stage::{ALL, Piece, Stage};
use super::{Import, ImportError, Kind, Summary, items, stores};
use crate::db::{Actor, Db, Pieces, StepSize, now};
use crate::error::AppError;

/// How long a piece takes, its commit included: who saves waits for that.
const PIECE_TIME: Duration = Duration::from_millis(100);

/// Something met on the way.
#[derive(Debug, Clone, Copy)]
pub enum Event<'a> {
    /// So many bytes of the file are read.
    Read(u64),
    /// The file is read, and is compared with what is there.
    Comparing,
    /// So many rows are to be written.
    Writing(i64),
    /// So many of them are written.
    Written(i64),
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
    /// A row gives the store that its code means another name.
    Renamed {
        /// The row.
        line: i64,
        /// What the store was called.
        former: &'a str,
        /// What it is called from now on.
        name: &'a str,
    },
}

/// What the parts of an import have in common.
pub struct Told<'a> {
    pub import: &'a Import,
    pub summary: Summary,
    listener: &'a mut dyn FnMut(Event<'_>),
}

impl Told<'_> {
    /// Tells something.
    pub fn tell(&mut self, event: Event<'_>) {
        (self.listener)(event);
    }

    /// Tells that a row is refused.
    pub fn tell_refused(&mut self, line: i64, (field, reason): &Fault) {
        let column = if field.is_empty() { String::new() } else { self.import.columns.header(field) };
        self.tell(Event::Refused { line, column: &column, reason });
    }
}

/// One import under way.
struct Run<'a> {
    told: Told<'a>,
    pieces: Pieces,
}

/// Reads, stages, compares and applies a file.
pub fn run(
    import: &Import,
    db: &Db,
    actor: Actor,
    listener: &mut dyn FnMut(Event<'_>),
) -> Result<Summary, ImportError> {
    let summary = Summary::of(import.columns.kind, import.dry_run, import.strict);
    let told = Told { import, summary, listener };
    let mut run = Run { told, pieces: Pieces::open(db.url(), actor)? };
    run.pieces.conn().open_staging()?;
    Reader::new(run.pieces.conn(), &mut run.told).read()?;
    run.told.tell(Event::Comparing);
    run.pieces.conn().close_staging()?;
    // A row that is refused in the end, or a change that is not wanted at all, takes back what was written before it.
    if import.is_whole() {
        run.pieces.begin_whole()?;
    }
    if let Err(error) = run.settle() {
        let is_partly = !import.is_whole() && run.pieces.change_set().is_some();
        return Err(if is_partly { ImportError::Partly(error) } else { error.into() });
    }
    let keep = run.told.summary.is_written();
    run.pieces.end_whole(keep)?;
    Ok(run.told.summary)
}

impl Run<'_> {
    fn settle(&mut self) -> Result<(), AppError> {
        if self.told.import.columns.kind == Kind::Items {
            self.compare(items::prepare)?;
        }
        let [created, updated] = self.write("staged_stores", ALL, stores::write)?;
        (self.told.summary.stores_created, self.told.summary.stores_updated) = (created, updated);
        let table = if self.told.import.columns.kind == Kind::Items {
            self.compare(items::compare)?;
            self.write_items()?;
            "staged_items"
        } else {
            self.compare(|stage| stage.tell_repeats("staged_stores", ALL))?;
            "staged_stores"
        };
        self.compare(|stage| stage.count(table, ALL))?;
        self.set_title()
    }

    /// Writes the items that are not as the file has them, piece by piece.
    fn write_items(&mut self) -> Result<(), AppError> {
        let rows = self.compare(items::order)?;
        if rows > 0 && !self.told.import.dry_run {
            self.told.tell(Event::Writing(rows));
        }
        let (mut size, mut after) = (StepSize::first(PIECE_TIME), 0);
        while after < rows {
            let through = if self.told.import.is_whole() { rows } else { rows.min(after + size.rows) };
            let piece = Piece { after, through };
            self.told.summary.tags_created +=
                self.write("staged_items", &piece.to_string(), |stage| items::write(stage, piece))?;
            self.compare(|stage| items::tell_repeats(stage, piece))?;
            (after, size) = (through, size.next(self.pieces.took()));
            self.told.tell(Event::Written(after));
        }
        Ok(())
    }

    /// Does what changes no more than the staged rows: others write meanwhile.
    fn compare<T>(&mut self, work: impl FnOnce(&mut Stage<'_, '_>) -> Result<T, AppError>) -> Result<T, AppError> {
        work(&mut Stage { conn: self.pieces.conn(), at: now(), told: &mut self.told })
    }

    /// Writes a piece of the change set: what `rows`, a condition on the staged row `v`, say of a table.
    fn write<T>(
        &mut self,
        table: &str,
        rows: &str,
        work: impl Fn(&mut Stage<'_, '_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let told = &mut self.told;
        let is_written = "v.outcome IN ('created', 'updated')";
        let stores = format!("SELECT DISTINCT v.store_id FROM {table} AS v WHERE {rows} AND {is_written}");
        self.pieces.write(|change| {
            let at = change.at();
            let done = work(&mut Stage { conn: change.conn(), at, told })?;
            change.note_stores(&stores)?;
            change.call(Summary::title_of_a_part(&told.import.name));
            Ok(done)
        })
    }

    /// Says in the history what came of it.
    fn set_title(&mut self) -> Result<(), AppError> {
        if self.pieces.change_set().is_some() {
            let title = self.told.summary.title(&self.told.import.name);
            self.pieces.write(|change| {
                change.call(title.as_str());
                Ok(())
            })?;
        }
        Ok(())
    }
}
