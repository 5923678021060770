use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::file::{Cell, Row};
use super::rows::{Checker, Fault};
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
    store_lines: HashMap<Vec<Cell>, i64>,
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
                let checker = Checker { columns, cells: &cells, line: row.line, decimal_commas: false };
                checker.store(Some(row.line)).map(|store| self.stores.push(store))
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

    fn take_item(&mut self, line: i64, cells: &[Cell]) -> Result<(), Vec<Fault>> {
        let import = self.told.import;
        let columns = &import.columns;
        let decimal_commas = import.source.may_have_decimal_commas();
        let checker = Checker { columns, cells, line, decimal_commas };
        let store_cells = columns.store_cells(cells);
        let known = self.store_lines.get(&store_cells).copied();
        let item = checker.item(known.unwrap_or(line));
        let store = if known.is_some() { Ok(None) } else { checker.store(None).map(Some) };
        let ((item, tags), store) = match (item, store) {
            (Ok(item), Ok(store)) => (item, store),
            (item, store) => return Err([item.err(), store.err()].into_iter().flatten().flatten().collect()),
        };
        if let Some(store) = store {
            if self.store_lines.len() >= STORES_REMEMBERED {
                self.store_lines.clear();
            }
            self.store_lines.insert(store_cells, line);
            self.stores.push(store);
        }
        self.items.push(item);
        self.tags.extend(tags);
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
