use std::io::{IsTerminal, Write, stderr, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use indicatif::{ProgressBar, ProgressStyle};

use super::{Ended, PARTLY};
use crate::db::{Actor, Db, Source as Door};
use crate::fields::{Grouped, shown};
use crate::imports::{Columns, Event, Import, ImportError, Kind, Source, Summary};

#[derive(Debug, clap::Args)]
#[command(after_help = HELP)]
pub struct Options {
    /// A CSV file with a header, or a JSON file that holds an array of objects; - is standard input
    file: PathBuf,
    /// What the rows are; without it, items, unless the columns say otherwise
    #[arg(long)]
    kind: Option<Kind>,
    /// Fill FIELD from COLUMN, in JSON a path like location.lat; FIELD= leaves the field alone
    #[arg(long = "map", value_name = "FIELD=COLUMN", value_parser = pair)]
    map: Vec<(String, String)>,
    /// Do everything but keep nothing
    #[arg(long)]
    dry_run: bool,
    /// Keep nothing unless all of it can be: no row is refused, nothing interrupts it
    #[arg(long)]
    strict: bool,
}

const HELP: &str = "\
Fields of stores: name, code, address, city, region, postal_code, country, notes.
Fields of items: name, sku, barcode, description, price, quantity, tags, and their store's: store.name, store.code …
Columns whose header says it need no --map: price, SKU, Item name, qty, store name …

A store is known by its code, or by its name where the row has no code; an item by its SKU within the store, or by \
its name where the row has no SKU. What is there is updated, in the fields that have a column; what is not is added. \
An empty cell, in JSON also null, empties its field, but a price must be there, and an empty SKU or quantity leaves what \
there is as it is. So does a key that an object of JSON lacks. \
A row that repeats an earlier one is reported, and the last counts. Reported, too, is a row that gives the store of its \
code another name. Rows that cannot be taken are reported with line, column and reason, and the rest goes on. An import \
is one change in the history. Its items are written a tenth of a second at a time, and others save in between; if it is \
interrupted, the same command does the rest. With --strict it is written all at once, which is faster, but who saves waits for it, or is asked to try again.

Exit codes: 0 all rows taken, 1 not done, 2 wrong arguments, 3 done but for the rows refused";

/// When so many rows were written, the database looks at its tables anew.
const MANY: i64 = 10_000;

pub fn run(db: &Db, options: &Options) -> Ended {
    match import(db, options) {
        Ok(summary) if summary.is_stopped() => {
            let _ = writeln!(stderr(), "error: nothing was written: rows were refused, and --strict was asked for");
            Ok(ExitCode::FAILURE)
        }
        Ok(summary) if summary.rows.refused > 0 => Ok(ExitCode::from(PARTLY)),
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(ImportError::App(error)) => Err(error),
        Err(error) => {
            let _ = writeln!(stderr(), "error: {}", shown(&error.to_string()));
            Ok(ExitCode::from(if matches!(error, ImportError::Columns(_)) { 2 } else { 1 }))
        }
    }
}

fn import(db: &Db, options: &Options) -> Result<Summary, ImportError> {
    let source = Source::open(&options.file)?;
    let columns = Columns::find(options.kind, source.headers.clone(), &options.map).map_err(ImportError::Columns)?;
    let name = source.name.clone();
    let teller = Teller::new(&source, name.clone());
    let assumed = if options.kind.is_none() { " (assumed; --kind says otherwise)" } else { "" };
    teller.say(&format!("{name}: {}{assumed}, {}", columns.kind, columns.described()));
    let unused = columns.unused();
    if !unused.is_empty() {
        teller.say(&format!("{name}: not used: {} (--map FIELD=COLUMN says otherwise)", unused.join(", ")));
    }
    let import = Import { source, name, columns, strict: options.strict, dry_run: options.dry_run };
    let actor = Actor::at_the_command_line(Door::Import);
    let summary = import.run(db, actor, |event| teller.hear(event))?;
    drop(teller);
    if summary.is_written() && summary.rows.created + summary.rows.updated >= MANY {
        db.analyze_now();
    }
    // Whoever closes standard output does not want the summary; the import stands all the same.
    let _ = write!(stdout(), "{summary}");
    if !summary.is_written() {
        let why = if options.dry_run { "dry run" } else { "strict" };
        let _ = writeln!(stdout(), "{why}: nothing was written");
    }
    Ok(summary)
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (field, column) = text.split_once('=').ok_or("write it as FIELD=COLUMN, like price=unit_price")?;
    Ok((field.trim().to_owned(), column.trim().to_owned()))
}

/// Tells on standard error how it goes: a bar on a terminal, plain lines elsewhere.
struct Teller {
    file: String,
    unit: &'static str,
    bar: Option<ProgressBar>,
}

impl Teller {
    fn new(source: &Source, file: String) -> Self {
        let bar = stderr().is_terminal().then(|| {
            let style = style("{bytes} of {total_bytes}");
            let bar = ProgressBar::new(source.bytes).with_style(style).with_message("Reading");
            bar.enable_steady_tick(std::time::Duration::from_millis(100));
            bar
        });
        Self { file, unit: source.unit(), bar }
    }

    fn hear(&self, event: Event<'_>) {
        let Self { file, unit, .. } = self;
        match event {
            Event::Read(bytes) => {
                if let Some(bar) = &self.bar {
                    bar.set_position(bytes);
                }
            }
            Event::Comparing => match &self.bar {
                Some(bar) => {
                    bar.set_style(ProgressStyle::default_spinner());
                    bar.set_message("Comparing");
                }
                None => self.say(&format!("{file}: comparing")),
            },
            Event::Writing(rows) => match &self.bar {
                Some(bar) => {
                    bar.set_style(style("{human_pos} of {human_len} rows"));
                    bar.set_message("Writing");
                    bar.set_length(u64::try_from(rows).unwrap_or_default());
                }
                None => self.say(&format!("{file}: writing {} rows", Grouped(rows))),
            },
            Event::Written(rows) => {
                if let Some(bar) = &self.bar {
                    bar.set_position(u64::try_from(rows).unwrap_or_default());
                }
            }
            Event::Refused { line, column: "", reason } => self.say(&format!("{file}: {unit} {line}: {reason}")),
            Event::Refused { line, column, reason } => self.say(&format!("{file}: {unit} {line}: {column}: {reason}")),
            Event::Repeated { line, earlier } => {
                self.say(&format!("{file}: {unit} {line}: repeats {unit} {earlier}, and counts in its place"));
            }
            Event::Renamed { line, former, name } => {
                self.say(&format!(
                    "{file}: {unit} {line}: the store “{former}”, known by its code, gets the name “{name}”"
                ));
            }
        }
    }

    fn say(&self, line: &str) {
        // A closed standard error is no reason to stop.
        // What stands in a file shall not move about on the terminal.
        let say = || drop(writeln!(stderr(), "{}", shown(line)));
        match &self.bar {
            Some(bar) => bar.suspend(say),
            None => say(),
        }
    }
}

/// A bar that counts so.
fn style(counted: &str) -> ProgressStyle {
    let bar = ProgressStyle::with_template(&format!("{{msg}} {{wide_bar}} {counted} {{eta}}"));
    bar.unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Drop for Teller {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
