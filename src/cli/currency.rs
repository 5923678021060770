use std::io::Write;
use std::process::ExitCode;

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::Ended;
use crate::audit::{self, Event};
use crate::db::{Actor, Conn, Db, Source, Sql};
use crate::error::AppError;
use crate::fields::Currency;

#[derive(Debug, clap::Args)]
pub struct Options {
    /// What they are in from now on, if what the database says is wrong: no number changes
    code: Option<Currency>,
    /// Even if it has more or fewer decimals: what was 7.13 before is 713 then
    #[arg(long, requires = "code")]
    reread: bool,
}

/// Tells what the prices of a database are in, or puts it right.
pub fn run(db: &Db, options: &Options) -> Ended {
    let currency = match options.code {
        None => db.read_now(kept)?.unwrap_or_default(),
        Some(code) => {
            let reread = options.reread;
            db.keep_now(move |conn| correct(conn, code, reread))?;
            eprintln!(
                "Prices are in {code} from now on. Start a server anew that is running: until then it saves nothing."
            );
            code
        }
    };
    // Nobody may be reading it, and it is done.
    let _ = writeln!(std::io::stdout(), "{currency}");
    Ok(ExitCode::SUCCESS)
}

/// What prices are in: what the database says, else what the settings say.
///
/// # Errors
/// `Refused` if they say different things: read in another currency, a price of 7.13 may be one of 713.
pub fn of(db: &Db, asked: Option<Currency>) -> Result<Currency, AppError> {
    match (db.read_now(kept)?, asked) {
        (Some(kept), Some(asked)) if kept != asked => Err(AppError::Refused(format!(
            "the prices in {} are in {kept}, and the settings say {asked}. Leave that out, or, if the database is wrong, \
             put it right: stockroom currency {asked}",
            db.url()
        ))),
        (Some(kept), _) => Ok(kept),
        (None, asked) => Ok(asked.unwrap_or_default()),
    }
}

/// Lets the database say from now on what prices are in, if it does not yet.
///
/// # Errors
/// `Refused` if another program has just said something else; those of the database.
pub fn keep(db: &Db) -> Result<(), AppError> {
    if db.read_now(kept)?.is_some() {
        return Ok(()); // as it was opened
    }
    let installed = Currency::installed();
    if db.read_now(has_prices)? {
        tracing::warn!(
            "the prices here are taken to be in {installed}; if they are not, see stockroom currency --help"
        );
    }
    db.keep_now(move |conn| Ok(set(conn, installed, "DO NOTHING")?))?;
    of(db, Some(installed)).map(drop)
}

fn kept(conn: &mut Conn) -> Result<Option<Currency>, AppError> {
    let query: Sql<Text> = Sql::new("SELECT code FROM price_currency");
    let code = query.get_result::<String>(conn).optional()?;
    code.map(|code| code.parse().map_err(AppError::Internal)).transpose()
}

/// Another currency with as many decimals leaves every price what it was called. With more or fewer, there must not have been
/// any, in the history either.
fn correct(conn: &mut Conn, code: Currency, reread: bool) -> Result<(), AppError> {
    let before = kept(conn)?.unwrap_or_default();
    if !reread && before.decimals() != code.decimals() && has_prices(conn)? {
        return Err(AppError::Refused(format!(
            "there are prices in {before}, which has {} decimals, and {code} has {}: each would become another price. \
             If that is what they have been all the time, say --reread",
            before.decimals(),
            code.decimals()
        )));
    }
    set(conn, code, "DO UPDATE SET code = excluded.code")?;
    if code == before {
        return Ok(());
    }
    let operator = Actor::at_the_command_line(Source::CommandLine);
    audit::record(conn, &operator.name, Event::CurrencyChanged, &format!("{code}, before: {before}"), "")
}

/// Whether there is a price, or was.
fn has_prices(conn: &mut Conn) -> Result<bool, AppError> {
    let prices: Sql<BigInt> = Sql::new("SELECT id FROM changes WHERE table_name = 'items' LIMIT 1");
    Ok(prices.get_result::<i64>(conn).optional()?.is_some())
}

fn set(conn: &mut Conn, code: Currency, if_there: &'static str) -> QueryResult<()> {
    let insert: Sql = Sql::new("INSERT INTO price_currency (id, code) VALUES (1, ").text(code.to_string());
    insert.sql(") ON CONFLICT (id) ").sql(if_there).execute(conn).map(drop)
}
