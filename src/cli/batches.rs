use std::collections::VecDeque;

use diesel::prelude::*;

use crate::db::Conn;
use crate::error::AppError;
use crate::items::Item;
use crate::schema::{items, stores, tags};
use crate::stores::Store;
use crate::tags::Tag;

/// How many rows are read at once.
pub const ROWS: i64 = 5_000;

/// Rows in order, read in batches of [`ROWS`]: `load` gets those that follow the last one read.
pub struct Batches<T, L> {
    read: VecDeque<T>,
    last: Option<T>,
    ended: bool,
    load: L,
}

macro_rules! in_order {
    ($table:ident, $Row:ty) => {
        impl Batches<$Row, fn(&mut Conn, Option<&$Row>) -> QueryResult<Vec<$Row>>> {
            /// All of them, in the order of their ids.
            pub fn $table() -> Self {
                Self::new(|conn, last| {
                    let after = last.map_or(i64::MIN, |row| row.id);
                    $table::table.filter($table::id.gt(after)).order($table::id).limit(ROWS).load(conn)
                })
            }
        }
    };
}

in_order!(stores, Store);
in_order!(items, Item);
in_order!(tags, Tag);

impl<T: Clone, L: Fn(&mut Conn, Option<&T>) -> QueryResult<Vec<T>>> Batches<T, L> {
    /// Begins at the first row.
    pub fn new(load: L) -> Self {
        Self { read: VecDeque::new(), last: None, ended: false, load }
    }

    /// The next row, without taking it.
    pub fn peek(&mut self, conn: &mut Conn) -> Result<Option<&T>, AppError> {
        if self.read.is_empty() && !self.ended {
            self.read = (self.load)(conn, self.last.as_ref())?.into();
            self.last = self.read.back().cloned();
            self.ended = self.read.is_empty();
        }
        Ok(self.read.front())
    }

    /// Takes the next row.
    pub fn next(&mut self, conn: &mut Conn) -> Result<Option<T>, AppError> {
        self.peek(conn)?;
        Ok(self.read.pop_front())
    }

    /// Takes the next row if it is the kind that is wanted.
    pub fn next_if(&mut self, conn: &mut Conn, wanted: impl FnOnce(&T) -> bool) -> Result<Option<T>, AppError> {
        Ok(if self.peek(conn)?.is_some_and(wanted) { self.read.pop_front() } else { None })
    }
}
