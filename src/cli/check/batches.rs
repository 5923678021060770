use std::collections::VecDeque;

use crate::db::Conn;
use crate::error::AppError;

/// How many rows are read at once.
pub const ROWS: i64 = 5_000;

/// Rows in order, read in batches of [`ROWS`]: `load` gets those that follow the last one read.
pub struct Batches<T, L> {
    read: VecDeque<T>,
    last: Option<T>,
    ended: bool,
    load: L,
}

impl<T: Clone, L: Fn(&mut Conn, Option<&T>) -> diesel::QueryResult<Vec<T>>> Batches<T, L> {
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
