mod journal; // whether the journal tells of every row
mod keys; // whether derived columns are what they derive from
mod report; // what was found, printed

use std::io::Write;
use std::process::ExitCode;

use diesel::prelude::*;

use self::report::{Faults, Report};
use super::progress::Progress;
use super::{Ended, PARTLY};
use crate::db::{Actor, Conn, DatabaseUrl, Db, Purpose, Source};
use crate::error::AppError;
use crate::fields::Grouped;
use crate::schema::{changes, item_tags, items, stores, tags};

/// Looks at everything as it is at one moment, and prints what is wrong. `open` is called once it is known that the database
/// can be read.
pub fn run(url: &DatabaseUrl, open: impl FnOnce() -> Result<Db, AppError>) -> Ended {
    let mut report = Report::default();
    let damage = Conn::open(url, Purpose::Read)?.damage()?;
    let is_readable = damage.is_empty();
    report.section("pages and indexes", Faults::of(damage));
    if !is_readable {
        report.end();
        let _ = writeln!(
            std::io::stderr(),
            "What is damaged cannot be looked at further. To go back to a copy: stockroom backup --help"
        );
        return Ok(ExitCode::from(PARTLY));
    }
    let db = open()?;
    let progress = db.read_now(|conn| conn.snapshot(|conn| check(conn, &mut report)))?;
    // SQLite compares this index by a statement that only a writer may run. It writes nothing, so no change set is kept.
    let checker = Actor::at_the_command_line(Source::CommandLine);
    let faults = db.write_now(checker, |change| Ok(change.conn().search_index_faults()?))?;
    report.section("search index", Faults::of(faults));
    progress.end();
    Ok(if report.end() { ExitCode::SUCCESS } else { ExitCode::from(PARTLY) })
}

fn check(conn: &mut Conn, report: &mut Report) -> Result<Progress, AppError> {
    let rows = Rows::count(conn)?;
    // Every row is read once for its keys, once for the journal; links have no keys.
    let progress = Progress::start("Checking", rows.total());
    report.section("links between rows", Faults::of(conn.broken_links()?));
    report.section("triggers and unique indexes", Faults::of(conn.open_doors()?));
    report.section("totals kept of the stores", Faults::of(conn.wrong_totals()?));
    report.section(&format!("derived keys of {} stores", Grouped(rows.stores)), keys::of_stores(conn, &progress)?);
    report.section(&format!("derived keys of {} items", Grouped(rows.items)), keys::of_items(conn, &progress)?);
    report.section(&format!("derived keys of {} tags", Grouped(rows.tags)), keys::of_tags(conn, &progress)?);
    for table in ["stores", "items", "tags", "item_tags"] {
        let (lines, faults) = journal::of(conn, table, &progress)?;
        report.section(&format!("{} lines of the journal about {table}", Grouped(lines)), faults);
    }
    Ok(progress)
}

struct Rows {
    stores: i64,
    items: i64,
    tags: i64,
    links: i64,
    lines: i64,
}

impl Rows {
    fn count(conn: &mut Conn) -> Result<Self, AppError> {
        Ok(Self {
            stores: stores::table.count().get_result(conn)?,
            items: items::table.count().get_result(conn)?,
            tags: tags::table.count().get_result(conn)?,
            links: item_tags::table.count().get_result(conn)?,
            lines: changes::table.count().get_result(conn)?,
        })
    }

    fn total(&self) -> u64 {
        let total = 2 * (self.stores + self.items + self.tags) + self.links + self.lines;
        total.unsigned_abs()
    }
}
