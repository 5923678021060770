use std::io::Read;

use csv::{ByteRecord, Reader, ReaderBuilder};

use super::ImportError;
use super::file::{Cell, Row, Sink};
use super::lines::Lines;
use super::spreadsheet;

/// The headers of a CSV file.
pub fn headers(input: impl Read, delimiter: u8) -> Result<Vec<String>, ImportError> {
    let mut reader = open(input, delimiter);
    let headers = reader.headers().map_err(broken)?.clone();
    let header = reader.get_ref();
    if let Some(fault) = header.fault().or_else(|| header.fault_to_the_end()) {
        return Err(ImportError::File(fault));
    }
    if headers.is_empty() {
        return Err(ImportError::File("the file is empty".to_owned()));
    }
    Ok(headers.iter().map(|header| header.trim().to_owned()).collect())
}

/// Reads a CSV file row by row. A row of another width than the header, or in which a quotation mark is closed in the middle
/// of a cell, is handed over as unreadable.
pub fn rows(input: impl Read, delimiter: u8, width: usize, sink: &mut Sink<'_>) -> Result<(), ImportError> {
    let mut reader = open(input, delimiter);
    reader.byte_headers().map_err(broken)?;
    let mut record = ByteRecord::new();
    loop {
        let byte = reader.position().byte();
        reader.get_mut().begin_row(byte);
        if !reader.read_byte_record(&mut record).map_err(broken)? {
            return Ok(());
        }
        let row = reader.get_ref();
        if let Some(fault) = row.fault_to_the_end() {
            return Err(ImportError::File(fault));
        }
        // A row of a spreadsheet in which nothing stands is no row, like a line in which nothing stands.
        if row.fault().is_none() && record.iter().all(|cell| cell.trim_ascii().is_empty()) {
            continue;
        }
        sink(Row { line: row.line(), cells: row.fault().map_or_else(|| cells(&record, width), Err) })?;
    }
}

fn open<R: Read>(input: R, delimiter: u8) -> Reader<Lines<R>> {
    ReaderBuilder::new().delimiter(delimiter).flexible(true).from_reader(Lines::new(input, delimiter))
}

fn cells(record: &ByteRecord, width: usize) -> Result<Vec<Cell>, String> {
    if record.len() != width {
        return Err(format!("This row has {} cells, and the header has {width}.", record.len()));
    }
    let text = |cell| std::str::from_utf8(cell).map(|cell| Some(spreadsheet::text(cell).into_owned()));
    record
        .iter()
        .map(text)
        .collect::<Result<_, _>>()
        .map_err(|_| "This row is not in UTF-8. Save the file as UTF-8.".to_owned())
}

#[allow(clippy::needless_pass_by_value)] // it stands behind map_err
fn broken(error: csv::Error) -> ImportError {
    ImportError::File(match error.kind() {
        csv::ErrorKind::Utf8 { .. } => "this is not in UTF-8. Save the file as UTF-8".to_owned(),
        _ => error.to_string(),
    })
}
