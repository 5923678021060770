use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tempfile::{NamedTempFile, TempPath};

use super::{ImportError, csv, json};

/// What stands in a cell. Nothing, not even an empty text, where a row says nothing of it: its field stays as it is.
pub type Cell = Option<String>;

/// One row of a file: its cells in the order of the columns, or why it cannot be read.
pub struct Row {
    /// Its line in a CSV file, its place in the array of a JSON file.
    pub line: i64,
    /// The cells.
    pub cells: Result<Vec<Cell>, String>,
}

/// Takes one row after the other.
pub type Sink<'a> = dyn FnMut(Row) -> Result<(), ImportError> + 'a;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv { delimiter: u8 },
    Json,
}

/// A file to import.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    /// What it is called.
    pub name: String,
    /// What came out of a pipe, which can be read once only, and a file is read twice.
    spooled: Option<Arc<TempPath>>,
    format: Format,
    /// The headers of its columns; of a JSON file the paths of its values.
    pub headers: Vec<String>,
    /// Its size in bytes.
    pub bytes: u64,
}

impl Source {
    /// Whether a comma in a number may stand for the point: where it does, files are written with semicolons.
    #[must_use]
    pub fn may_have_decimal_commas(&self) -> bool {
        matches!(self.format, Format::Csv { delimiter: b';' })
    }

    /// Opens a file and reads what its columns are called.
    ///
    /// # Errors
    /// `File`, if it cannot be read or has no rows.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let (path, name) = if path == Path::new("-") {
            (Path::new("/dev/stdin"), "standard input".to_owned())
        } else {
            (path, path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned())
        };
        let (spooled, bytes) = spool(path).map_err(|error| unreadable(path, &error))?;
        let mut source =
            Self { path: path.to_owned(), name, spooled, format: Format::Json, headers: Vec::new(), bytes };
        let mut reader = source.reader(&Arc::default())?;
        let start = reader.fill_buf().map_err(|error| unreadable(path, &error))?;
        // UTF-16 with its mark, or an ASCII letter in it.
        if start.starts_with(&[0xff, 0xfe]) || start.starts_with(&[0xfe, 0xff]) || start.iter().take(2).any(|b| *b == 0)
        {
            return Err(ImportError::File(format!("{}: this is UTF-16; save it as UTF-8", path.display())));
        }
        if start.starts_with(b"PK\x03\x04") {
            let said = "this is a workbook or another archive; save the sheet as CSV (UTF-8)";
            return Err(ImportError::File(format!("{}: {said}", path.display())));
        }
        if start.get(..4).is_some_and(|first| first.eq_ignore_ascii_case(b"sep=")) {
            let said = "its first line, “sep=”, is for Excel alone; take it out, and the header comes first";
            return Err(ImportError::File(format!("{}: {said}", path.display())));
        }
        source.format = Format::of(path, start);
        source.headers = match source.format {
            Format::Csv { delimiter } => csv::headers(reader, delimiter),
            Format::Json => json::headers(reader),
        }
        .map_err(|error| error.in_file(path))?;
        Ok(source)
    }

    /// Reads the file row by row; `read` counts the bytes.
    ///
    /// # Errors
    /// `File`, if it cannot be read to its end; those of `sink`.
    pub fn rows(&self, read: &Arc<AtomicU64>, sink: &mut Sink<'_>) -> Result<(), ImportError> {
        let reader = self.reader(read)?;
        match self.format {
            Format::Csv { delimiter } => csv::rows(reader, delimiter, self.headers.len(), sink),
            Format::Json => json::rows(reader, &self.headers, sink),
        }
        .map_err(|error| error.in_file(&self.path))?;
        if self.spooled.is_none() && fs::metadata(&self.path).map(|file| file.len()).ok() != Some(self.bytes) {
            return Err(ImportError::File(format!(
                "{}: it was changed while it was read; import it again",
                self.path.display()
            )));
        }
        Ok(())
    }

    /// What a row's number counts.
    #[must_use]
    pub fn unit(&self) -> &'static str {
        if self.format == Format::Json { "entry" } else { "line" }
    }

    fn reader(&self, read: &Arc<AtomicU64>) -> Result<BufReader<Counted>, ImportError> {
        let path = self.spooled.as_ref().map_or(self.path.as_path(), |spooled| spooled);
        let file = File::open(path).map_err(|error| unreadable(&self.path, &error))?;
        let mut reader = BufReader::with_capacity(1 << 16, Counted(file, Arc::clone(read)));
        let start = reader.fill_buf().map_err(|error| unreadable(&self.path, &error))?;
        if start.starts_with(b"\xef\xbb\xbf") {
            reader.consume(3);
        }
        Ok(reader)
    }
}

impl Format {
    fn of(path: &Path, start: &[u8]) -> Self {
        let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
        if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("json"))
            || matches!(first, Some(b'[' | b'{'))
        {
            return Self::Json;
        }
        let header = start.split(|byte| *byte == b'\n').next().unwrap_or_default();
        let count = |delimiter: u8| header.split(|byte| *byte == delimiter).count();
        // Of equals the last wins: a header with none of them has one column, whatever separates.
        let delimiter = [b'\t', b';', b','].into_iter().max_by_key(|delimiter| count(*delimiter)).unwrap_or(b',');
        Self::Csv { delimiter }
    }
}

/// What can be read once only is read into a file of its own. Gives that, and how many bytes there are.
fn spool(path: &Path) -> std::io::Result<(Option<Arc<TempPath>>, u64)> {
    let mut file = File::open(path)?;
    let kind = file.metadata()?;
    if kind.is_file() || kind.is_dir() {
        return Ok((None, kind.len()));
    }
    let mut spool = NamedTempFile::new()?;
    let bytes = std::io::copy(&mut file, &mut spool)?;
    Ok((Some(Arc::new(spool.into_temp_path())), bytes))
}

fn unreadable(path: &Path, error: &std::io::Error) -> ImportError {
    ImportError::File(format!("{}: {error}", path.display()))
}

/// A file that counts what is read of it.
struct Counted(File, Arc<AtomicU64>);

impl Read for Counted {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let read = self.0.read(buffer)?;
        self.1.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}
