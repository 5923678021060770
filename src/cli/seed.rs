use std::process::ExitCode;

use super::Ended;
use super::progress::Progress;
use crate::db::{Actor, Db, Source};
use crate::fields::Grouped;
use crate::items::Item;
use crate::samples::Invention;

#[derive(Debug, Clone, clap::Args)]
pub struct Options {
    /// How many stores to add, each with a few tags
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(..=1_000_000))]
    stores: u32,

    /// How many items to add to these stores; without new stores, to those that are there
    #[arg(long, value_name = "M", default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(..=100_000_000))]
    items: u32,

    /// What chance begins with: the same number gives the same names and prices
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

/// Adds invented stores and items to what is there, all in one change set.
pub fn run(db: &Db, options: &Options) -> Ended {
    let total = u64::from(options.stores) + u64::from(options.items);
    let title = format!("Seeded {}", described(options));
    let progress = Progress::start(format!("Seeding {}", described(options)), total);
    let invention = Invention { stores: options.stores, items: options.items, seed: options.seed };
    let shown = progress.clone();
    let done = db.write_now(Actor::at_the_command_line(Source::CommandLine), move |change| {
        change.call(title);
        let many = i64::from(invention.items) > Item::count(change.conn())?;
        let search = if many { change.conn().suspend_search()? } else { None };
        // Not the stores and tags: those are looked up by name while they are added.
        change
            .loading(&["items", "item_tags", "changes"], |change| invention.add(change, |rows| shown.advance(rows)))?;
        Ok(change.conn().index_search_again(search)?)
    });
    progress.end();
    done?;
    db.analyze_now();
    eprintln!("added {}", described(options));
    Ok(ExitCode::SUCCESS)
}

/// “1,000 stores and 5,000 items”, or what there is of it.
fn described(options: &Options) -> String {
    match (options.stores, options.items) {
        (stores, 0) => counted(stores, "store"),
        (0, items) => counted(items, "item"),
        (stores, items) => format!("{} and {}", counted(stores, "store"), counted(items, "item")),
    }
}

fn counted(count: u32, what: &str) -> String {
    format!("{} {what}{}", Grouped(count), if count == 1 { "" } else { "s" })
}
