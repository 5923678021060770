use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::file::Row;
use super::rows::{Checker, Fault, staged_item, staged_store, staged_tag};
use super::run::{Event, Told};
use super::{ImportError, Kind};
use crate::db::{Conn, StagedItem, StagedStore, StagedTag};
use crate::error::AppError;

/// How many rows are staged at a time.
const BATCH: usize = 1_000;
/// How many different stores are remembered while reading a file of items: many of its rows share one.
const STORES_REMEMBERED: usize = 10_000;

/// Reads a file, checks its rows, and stages those that can be taken.
pub struct Reader<'a, 't> {
    conn: &'a mut Conn,
    told: &'a mut Told<'t>,
    stores: Vec<StagedStore>,
    items: Vec<StagedItem>,
    tags: Vec<StagedTag>,
    store_lines: HashMap<Vec<String>, i64>,
}

impl<'a, 't> Reader<'a, 't> {
    pub fn new(conn: &'a mut Conn, told: &'a mut Told<'t>) -> Self {
        Self { conn, told, stores: Vec::new(), items: Vec::new(), tags: Vec::new(), store_lines: HashMap::new() }
    }

    /// Reads it to its end.
    pub fn read(mut self) -> Result<(), ImportError> {
        let read = Arc::new(AtomicU64::new(0));
        let import = self.told.import;
        import.source.rows(&read, &mut |row| {
            self.take(row);
            if self.stores.len() + self.items.len() >= BATCH {
                self.flush()?;
                self.told.tell(Event::Read(read.load(Ordering::Relaxed)));
            }
            Ok(())
        })?;
        Ok(self.flush()?)
    }

    /// Checks a row and queues it for staging, or refuses it.
    fn take(&mut self, row: Row) {
        self.told.summary.read += 1;
        let import = self.told.import;
        let columns = &import.columns;
        let taken = match row.cells {
            Err(reason) => Err(vec![("", reason)]),
            Ok(cells) if columns.kind == Kind::Stores => {
                let draft = Checker(columns).store(&cells);
                draft.map(|draft| self.stores.push(staged_store(row.line, Some(row.line), draft)))
            }
            Ok(cells) => self.take_item(row.line, &cells),
        };
        if let Err(faults) = taken {
            self.told.summary.rows.refused += 1;
            for fault in faults {
                self.told.tell_refused(row.line, &fault);
            }
        }
    }

    fn take_item(&mut self, line: i64, cells: &[String]) -> Result<(), Vec<Fault>> {
        let import = self.told.import;
        let columns = &import.columns;
        let checker = Checker(columns);
        let item = checker.item(cells);
        let store_cells = columns.store_cells(cells);
        let known = self.store_lines.get(&store_cells).copied();
        let store = if known.is_some() { Ok(None) } else { checker.store(cells).map(Some) };
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
        self.items.push(staged_item(line, known.unwrap_or(line), item, checker.says_quantity(cells)));
        self.tags.extend(tags.into_iter().map(|tag| staged_tag(line, tag)));
        Ok(())
    }

    fn flush(&mut self) -> Result<(), AppError> {
        self.conn.stage(&self.stores, &self.items, &self.tags)?;
        self.stores.clear();
        self.items.clear();
        self.tags.clear();
        Ok(())
    }
}
