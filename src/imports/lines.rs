use std::collections::VecDeque;
use std::io::{self, Read};

/// How long one row may be, in bytes. Longer than that it is a quotation mark that is not closed.
const ROW_MAX: u64 = 16 * 1024 * 1024;

/// A CSV file that knows in which line each row begins, and whether its quotation marks (RFC 4180, 2.5 to 2.7) are closed
/// where cells end. The reader of CSV passes over both: what it says of lines is where it stood before empty ones and before
/// the `\n` of a `\r\n`, and a mark that is not closed takes in what follows, up to the next mark.
pub struct Lines<R> {
    input: R,
    delimiter: u8,
    /// How many bytes and ends of lines were read.
    bytes: u64,
    ends: i64,
    last: u8,
    at: At,
    /// The line in which the last quotation mark was opened.
    opened: i64,
    has_ended: bool,
    /// The row that is being read, and those that were read ahead.
    rows: VecDeque<Begun>,
}

/// Where in a row the next byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum At {
    Row,
    Cell,
    Plain,
    Quoted,
    /// Behind a mark in a quoted cell: the next one may make it a mark in the text.
    Closed,
    /// Behind spaces after that.
    Padded,
}

/// A row that has begun.
#[derive(Clone, Copy)]
struct Begun {
    byte: u64,
    line: i64,
    /// In which lines a mark was opened, and closed where no cell ends.
    fault: Option<(i64, i64)>,
}

impl<R> Lines<R> {
    pub fn new(input: R, delimiter: u8) -> Self {
        let rows = VecDeque::new();
        Self { input, delimiter, bytes: 0, ends: 0, last: b'\n', at: At::Row, opened: 0, has_ended: false, rows }
    }

    /// Says that a row begins, for which the reader of CSV stands at this byte.
    pub fn begin_row(&mut self, byte: u64) {
        while self.rows.front().is_some_and(|row| row.byte < byte) {
            self.rows.pop_front();
        }
    }

    /// The line in which this row begins, once it is read.
    pub fn line(&self) -> i64 {
        self.rows.front().map_or(self.ends + 1, |row| row.line)
    }

    /// What is wrong with the quotation marks of this row.
    pub fn fault(&self) -> Option<String> {
        let (opened, closed) = self.rows.front()?.fault?;
        Some(format!(
            "A quotation mark opens in line {opened} and is closed in line {closed}, in the middle of a cell. {WHAT_TO_DO}"
        ))
    }

    /// What is wrong if this row goes on to the end of the file.
    pub fn fault_to_the_end(&self) -> Option<String> {
        let is_open = self.has_ended && self.at == At::Quoted && self.rows.len() == 1;
        is_open.then(|| format!("line {}: a quotation mark opens here and is not closed. {WHAT_TO_DO}", self.opened))
    }

    fn take(&mut self, byte: u8, place: u64) {
        let is_end = matches!(byte, b'\n' | b'\r');
        if is_end && !(byte == b'\n' && self.last == b'\r') {
            self.ends += 1;
        }
        self.last = byte;
        if self.at == At::Row && !is_end {
            self.rows.push_back(Begun { byte: place, line: self.ends + 1, fault: None });
            self.at = At::Cell;
        }
        self.at = match (self.at, byte) {
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) | (At::Closed, b'"') => At::Quoted,
            (_, _) if is_end => At::Row,
            (_, byte) if byte == self.delimiter => At::Cell,
            (At::Cell, b'"') => {
                self.opened = self.ends + 1;
                At::Quoted
            }
            (At::Closed | At::Padded, b' ') => At::Padded,
            (At::Closed | At::Padded, _) => {
                if let Some(row) = self.rows.back_mut() {
                    row.fault.get_or_insert((self.opened, self.ends + 1));
                }
                At::Plain
            }
            _ => At::Plain,
        };
    }
}

const WHAT_TO_DO: &str = "Close it where its cell ends, or write it twice if it belongs to the text.";

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.rows.front().is_some_and(|row| self.bytes - row.byte > ROW_MAX) {
            let why = format!("line {}: this row has more than 16 MB; is a quotation mark not closed?", self.line());
            return Err(io::Error::other(why));
        }
        let read = self.input.read(buffer)?;
        self.has_ended = read == 0;
        for (&byte, place) in buffer[..read].iter().zip(self.bytes..) {
            self.take(byte, place);
        }
        self.bytes += read as u64;
        Ok(read)
    }
}
