use std::collections::VecDeque;
use std::io::{self, Read};

/// How long one row may be, in bytes. Longer than that it is a quotation mark that is not closed.
const ROW_MAX: u64 = 16 * 1024 * 1024;

/// A CSV file that knows in which line what was read of it stands. Lines end with `\n`, `\r\n` or `\r`, and the reader of
/// CSV passes over empty ones: what it says of lines is where it stood before that.
pub struct Lines<R> {
    input: R,
    /// What was read: bytes, ends of lines, quotation marks.
    bytes: u64,
    ends: i64,
    quotes: u64,
    last: u8,
    has_ended: bool,
    /// Where lines begin that are not empty, from the row that is being read.
    starts: VecDeque<Start>,
}

/// The first byte of a line.
#[derive(Clone, Copy)]
struct Start {
    byte: u64,
    line: i64,
    /// How many quotation marks come before it.
    quotes: u64,
}

impl<R> Lines<R> {
    pub fn new(input: R) -> Self {
        Self { input, bytes: 0, ends: 0, quotes: 0, last: b'\n', has_ended: false, starts: VecDeque::new() }
    }

    /// Says that a row begins, for which the reader of CSV stands at this byte.
    pub fn begin_row(&mut self, byte: u64) {
        while self.starts.front().is_some_and(|start| start.byte < byte) {
            self.starts.pop_front();
        }
    }

    /// The line in which this row begins, once it is read.
    pub fn line(&self) -> i64 {
        self.starts.front().map_or(self.ends + 1, |start| start.line)
    }

    /// Whether it goes on over lines to the end of the file because a quotation mark is not closed.
    pub fn is_unclosed(&self) -> bool {
        let is_open = self.starts.front().is_some_and(|start| (self.quotes - start.quotes) % 2 == 1);
        self.has_ended && is_open && self.starts.len() > 1
    }
}

impl<R: Read> Read for Lines<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let Some(start) = self.starts.front().filter(|start| self.bytes - start.byte > ROW_MAX) {
            let line = start.line;
            return Err(io::Error::other(format!("line {line}: this row has more than 16 MB; {}", unclosed(line))));
        }
        let read = self.input.read(buffer)?;
        self.has_ended = read == 0;
        for (&byte, at) in buffer[..read].iter().zip(self.bytes..) {
            match byte {
                b'\n' if self.last == b'\r' => {}
                b'\n' | b'\r' => self.ends += 1,
                _ => {
                    if matches!(self.last, b'\n' | b'\r') {
                        self.starts.push_back(Start { byte: at, line: self.ends + 1, quotes: self.quotes });
                    }
                    self.quotes += u64::from(byte == b'"');
                }
            }
            self.last = byte;
        }
        self.bytes += read as u64;
        Ok(read)
    }
}

/// What to do about a quotation mark that is not closed.
pub fn unclosed(line: i64) -> String {
    format!("is a quotation mark in line {line} not closed? Close it, or write it twice if it belongs to the text")
}
