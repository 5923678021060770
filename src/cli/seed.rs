mod catalogue; // inventing stores and items
mod words; // what they are called

use std::collections::HashSet;
use std::process::ExitCode;
use std::sync::mpsc::sync_channel;

use diesel::prelude::*;

use self::catalogue::{Catalogue, Shelf};
use super::Ended;
use super::progress::Progress;
use crate::db::{Actor, BATCH, ChangeSet, Db, Source};
use crate::error::AppError;
use crate::fields::Grouped;
use crate::items::{Item, ItemDraft};
use crate::schema::{items, stores};
use crate::stores::Store;
use crate::tags::{Tag, TagDraft};

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

/// How many finished batches may wait for the database.
const BATCHES_AHEAD: usize = 4;

/// Adds invented stores and items to what is there, all in one change set.
pub fn run(db: &Db, options: &Options) -> Ended {
    let total = u64::from(options.stores) + u64::from(options.items);
    let title = format!("Seeded {}", described(options));
    let progress = Progress::start(format!("Seeding {}", described(options)), total);
    let (work, shown) = (options.clone(), progress.clone());
    let done = db.write_now(Actor::at_the_command_line(Source::CommandLine), move |change| {
        change.call(title);
        let many = i64::from(work.items) > Item::count(change.conn())?;
        let search = if many { change.conn().suspend_search()? } else { None };
        // Not the stores and tags: those are looked up by name while they are added.
        change.loading(&["items", "item_tags", "changes"], |change| seed(change, &work, &shown))?;
        Ok(change.conn().index_search_again(search)?)
    });
    progress.end();
    done?;
    db.keep_now(|conn| Ok(conn.analyze()?))?;
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

/// Adds so many stores with so many items.
///
/// # Errors
/// Those of the database.
pub(crate) fn fill(change: &mut ChangeSet<'_>, stores: u32, items: u32) -> Result<(), AppError> {
    seed(change, &Options { stores, items, seed: 1 }, &Progress::hidden())
}

fn seed(change: &mut ChangeSet<'_>, options: &Options, progress: &Progress) -> Result<(), AppError> {
    // An item's number is never greater than its id, so numbers above the last id are new.
    let last: Option<i64> = items::table.select(diesel::dsl::max(items::id)).get_result(change.conn())?;
    let last = last.unwrap_or_default();
    // Adding to what was seeded gives other names, not the same ones again.
    let mut catalogue = Catalogue::new(options.seed.wrapping_add(last.unsigned_abs()));
    let mut shelves = add_stores(change, &mut catalogue, options.stores, progress)?;
    if options.items == 0 {
        return Ok(());
    }
    if shelves.is_empty() {
        shelves = present_stores(change, &mut catalogue)?;
    }
    if shelves.is_empty() {
        return Err(AppError::BadRequest("there is no store to put items in; add some with --stores".to_owned()));
    }
    let taken = if options.stores == 0 { skus(change)? } else { HashSet::new() };
    let (sender, batches) = sync_channel::<Vec<(ItemDraft, Vec<i64>)>>(BATCHES_AHEAD);
    // Invents the next items while the database takes in the last.
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut invented = invent(catalogue, &shelves, options.items, last, &taken);
            loop {
                let batch: Vec<_> = invented.by_ref().take(BATCH).collect();
                if batch.is_empty() || sender.send(batch).is_err() {
                    break;
                }
            }
        });
        for batch in batches {
            Item::create_many(change, &batch)?;
            progress.advance(batch.len());
        }
        Ok(())
    })
}

fn add_stores(
    change: &mut ChangeSet<'_>,
    catalogue: &mut Catalogue,
    count: u32,
    progress: &Progress,
) -> Result<Vec<Shelf>, AppError> {
    let first = next_code(change)?;
    let without_code = stores::table.filter(stores::code.is_null()).select(stores::name_key);
    let unshared: HashSet<String> = without_code.load(change.conn())?.into_iter().collect();
    let mut shelves = Vec::new();
    let numbers: Vec<i64> = (first..first + i64::from(count)).collect();
    for numbers in numbers.chunks(BATCH) {
        let drafts: Vec<_> = numbers
            .iter()
            .map(|number| {
                let mut draft = catalogue.store(*number);
                if unshared.contains(&draft.name_key) {
                    draft.name = format!("{} {number}", draft.name);
                }
                draft.with_keys()
            })
            .collect();
        let store_ids = Store::create_many(change, &drafts)?;
        let names: Vec<_> =
            store_ids.iter().flat_map(|id| catalogue.tags().into_iter().map(|name| (*id, name))).collect();
        let drafts: Vec<_> = names.iter().map(|(id, name)| (*id, TagDraft::named((*name).to_owned()))).collect();
        let tag_ids = Tag::create_many(change, &drafts)?;
        let mut tags = names.into_iter().zip(tag_ids).peekable();
        shelves.extend(store_ids.into_iter().map(|store_id| {
            let mine = std::iter::from_fn(|| tags.next_if(|((owner, _), _)| *owner == store_id));
            Shelf { store_id, tags: mine.map(|((_, name), id)| (name, id)).collect() }
        }));
        progress.advance(numbers.len());
    }
    Ok(shelves)
}

/// The number after the greatest in a code like S0012.
fn next_code(change: &mut ChangeSet<'_>) -> Result<i64, AppError> {
    let codes = stores::table.filter(stores::code_key.like("s%")).select(stores::code_key);
    let codes: Vec<Option<String>> = codes.load(change.conn())?;
    let numbers = codes.iter().flatten().filter_map(|code| code.get(1..)?.parse::<u32>().ok());
    Ok(i64::from(numbers.max().unwrap_or_default()) + 1)
}

/// The stores that are there, with the tags they need.
fn present_stores(change: &mut ChangeSet<'_>, catalogue: &mut Catalogue) -> Result<Vec<Shelf>, AppError> {
    let ids: Vec<i64> = stores::table.order(stores::id).select(stores::id).load(change.conn())?;
    ids.into_iter()
        .map(|store_id| {
            let names = catalogue.tags();
            let wanted: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
            let tags = Tag::ensure(change, store_id, &wanted)?;
            Ok(Shelf { store_id, tags: names.into_iter().zip(tags.into_iter().map(|tag| tag.id)).collect() })
        })
        .collect()
}

/// The SKUs in use that look like ours.
fn skus(change: &mut ChangeSet<'_>) -> Result<HashSet<String>, AppError> {
    let ours = items::table.filter(items::sku_key.like("___-%")).select(items::sku_key);
    Ok(ours.load::<Option<String>>(change.conn())?.into_iter().flatten().collect())
}

/// The items, store after store, about as many in each.
fn invent<'a>(
    mut catalogue: Catalogue,
    shelves: &'a [Shelf],
    count: u32,
    last: i64,
    taken: &'a HashSet<String>,
) -> impl Iterator<Item = (ItemDraft, Vec<i64>)> + 'a {
    let count = count as usize;
    (0..count).zip(last + 1..).map(move |(place, number)| {
        let (mut draft, tags) = catalogue.item(&shelves[place * shelves.len() / count], number);
        if draft.sku_key.as_ref().is_some_and(|key| taken.contains(key)) {
            draft.sku = None;
            draft = draft.with_keys();
        }
        (draft, tags)
    })
}
