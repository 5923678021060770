//! Writes the catalogue to standard output, in batches, as it stands at one moment. What is written is what is kept:
//! a name that begins with `=` is a formula to a spreadsheet that opens the CSV, and stays as it is here, because
//! changing it would change the name when the file is imported again.

use std::io::{self, BufWriter, StdoutLock, Write, stdout};
use std::process::ExitCode;

use clap::ValueEnum;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde_json::{Map, Value, json};

use super::Ended;
use crate::audit::{self, Event};
use crate::db::{Actor, Conn, Db, Source, Sql};
use crate::error::AppError;
use crate::fields::{Currency, join_names};
use crate::imports::{Kind, cell};
use crate::items::WholeItem;
use crate::stores::{Store, StoreForm};

/// How many rows are read at a time.
const BATCH: i64 = 1_000;

/// The columns of a file of items. `import` knows them without being told.
const ITEM_COLUMNS: [&str; 9] =
    ["store.name", "store.code", "name", "sku", "barcode", "description", "price", "quantity", "tags"];

#[derive(Debug, clap::Args)]
pub struct Options {
    /// What to write
    #[arg(long, default_value = "items")]
    kind: Kind,
    /// How to write it; either can be imported again as it is
    #[arg(long, default_value = "csv")]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// Comma-separated values in UTF-8, a header first. Values stand as they are: one that begins with = + - or @ is a
    /// formula to a spreadsheet
    Csv,
    /// An array of objects
    Json,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
enum Ending {
    #[error("standard output: {0}")]
    Output(#[from] io::Error),
    #[error(transparent)]
    App(#[from] AppError),
}

impl From<diesel::result::Error> for Ending {
    fn from(error: diesel::result::Error) -> Self {
        Self::App(error.into())
    }
}

pub fn run(db: &Db, options: &Options) -> Ended {
    let who = Actor::at_the_command_line(Source::CommandLine).name;
    let what = if options.kind == Kind::Items { "items" } else { "stores" };
    db.keep_now(move |conn| audit::record(conn, &who, Event::Exported, what, ""))?;
    let written = db.read_now(|conn| match conn.snapshot(|conn| write(conn, options)) {
        Err(Ending::App(error)) => Err(error),
        ended => Ok(ended),
    })?;
    match written {
        // Whoever reads may have enough, and close the pipe.
        Err(Ending::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        Err(error) => {
            let _ = writeln!(io::stderr(), "error: {error}");
            Ok(ExitCode::FAILURE)
        }
        Ok(()) => Ok(ExitCode::SUCCESS),
    }
}

fn write(conn: &mut Conn, options: &Options) -> Result<(), Ending> {
    match options.kind {
        Kind::Items => {
            let mut output = Output::begin(options.format, &ITEM_COLUMNS)?;
            items(conn, &mut output)?;
            output.end()?;
            warn_of_equals(conn)
        }
        Kind::Stores => {
            let mut output = Output::begin(options.format, &StoreForm::FIELDS)?;
            stores(conn, &mut output)?;
            Ok(output.end()?)
        }
    }
}

fn stores(conn: &mut Conn, output: &mut Output) -> Result<(), Ending> {
    let mut after = 0;
    loop {
        let stores = Store::beyond(conn, after, BATCH)?;
        let Some(last) = stores.last() else { return Ok(()) };
        after = last.id;
        for store in &stores {
            let form = StoreForm::from(store);
            match output {
                Output::Csv(csv) => write_row(csv, form.fields().map(|(_, value)| value))?,
                Output::Json { .. } => output.object(form.fields().map(|(field, value)| (field, json!(value))))?,
            }
        }
    }
}

fn items(conn: &mut Conn, output: &mut Output) -> Result<(), Ending> {
    let mut after = 0;
    loop {
        let items = WholeItem::beyond(conn, after, BATCH)?;
        let Some((last, _)) = items.last() else { return Ok(()) };
        after = last.item.id;
        for (item, store_code) in items {
            output.item(&item, store_code.as_deref())?;
        }
    }
}

/// Says how many items a file cannot tell from others, so that whoever moves to another database does not miss them there.
fn warn_of_equals(conn: &mut Conn) -> Result<(), Ending> {
    let equals: Sql<BigInt> = Sql::new(
        "SELECT CAST(coalesce(sum(equals.number - 1), 0) AS BIGINT) FROM (
             SELECT count(*) AS number FROM items WHERE sku_key IS NULL GROUP BY store_id, name_key HAVING count(*) > 1
         ) AS equals",
    );
    let equals = equals.get_result::<i64>(conn)?;
    if equals > 0 {
        let _ = writeln!(
            io::stderr(),
            "warning: {equals} of these items cannot be told from others in a file: no SKU, and the store and name of \
             another one. Imported here again it changes nothing; into an empty database, only the last of each name \
             comes. With a SKU, each does."
        );
    }
    Ok(())
}

/// The error of writing, not that of CSV around it.
fn plain(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::other(format!("{other:?}")),
    }
}

/// Standard output, in one format or the other.
enum Output {
    Csv(Box<csv::Writer<StdoutLock<'static>>>),
    Json { output: BufWriter<StdoutLock<'static>>, is_empty: bool },
}

/// Writes texts so that an import reads them back.
fn write_row<'a>(csv: &mut csv::Writer<StdoutLock<'_>>, texts: impl IntoIterator<Item = &'a str>) -> io::Result<()> {
    csv.write_record(texts.into_iter().map(|text| cell(text).into_owned())).map_err(plain)
}

impl Output {
    fn begin(format: Format, columns: &[&str]) -> io::Result<Self> {
        if format == Format::Json {
            let mut output = BufWriter::new(stdout().lock());
            output.write_all(b"[")?;
            return Ok(Self::Json { output, is_empty: true });
        }
        let mut output = csv::Writer::from_writer(stdout().lock());
        output.write_record(columns).map_err(plain)?;
        Ok(Self::Csv(Box::new(output)))
    }

    fn item(&mut self, whole: &WholeItem, store_code: Option<&str>) -> io::Result<()> {
        let WholeItem { item, store_name, tags } = whole;
        let sku = item.sku.as_deref().unwrap_or_default();
        let price = Currency::installed().plain(item.price_minor);
        let tags: Vec<&str> = tags.0.iter().map(|(_, name)| name.as_str()).collect();
        if let Self::Csv(csv) = self {
            let quantity = item.quantity.to_string();
            let tags = join_names(tags.iter().copied());
            let store = [store_name, store_code.unwrap_or_default()];
            let own = [&item.name, sku, &item.barcode, &item.description, &price, &quantity, &tags];
            return write_row(csv, store.into_iter().chain(own));
        }
        self.object([
            ("store", json!({ "name": store_name, "code": store_code })),
            ("name", json!(item.name)),
            ("sku", json!(item.sku)),
            ("barcode", json!(item.barcode)),
            ("description", json!(item.description)),
            ("price", json!(price)), // as text: no reader rounds it
            ("quantity", json!(item.quantity)),
            ("tags", json!(tags)),
        ])
    }

    fn object<const N: usize>(&mut self, fields: [(&str, Value); N]) -> io::Result<()> {
        let Self::Json { output, is_empty } = self else { return Ok(()) };
        output.write_all(if *is_empty { b"\n" } else { b",\n" })?;
        *is_empty = false;
        let object: Map<String, Value> = fields.into_iter().map(|(field, value)| (field.to_owned(), value)).collect();
        Ok(serde_json::to_writer(output, &object)?)
    }

    fn end(self) -> io::Result<()> {
        match self {
            Self::Csv(mut csv) => csv.flush(),
            Self::Json { mut output, .. } => {
                output.write_all(b"\n]\n")?;
                output.flush()
            }
        }
    }
}
