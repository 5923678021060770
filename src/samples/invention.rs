use std::collections::HashSet;
use std::sync::mpsc::sync_channel;

use diesel::prelude::*;

use super::catalogue::{Catalogue, Shelf};
use crate::db::{BATCH, ChangeSet};
use crate::error::AppError;
use crate::items::{Item, ItemDraft};
use crate::schema::{items, stores};
use crate::stores::Store;
use crate::tags::{Tag, TagDraft};

/// How many finished batches may wait for the database.
const BATCHES_AHEAD: usize = 4;

/// Stores and items to make up.
#[derive(Debug, Clone, Copy)]
pub struct Invention {
    /// How many stores to add, each with a few tags.
    pub stores: u32,
    /// How many items to add to these stores; without new stores, to those that are there.
    pub items: u32,
    /// What chance begins with: the same number gives the same names and prices.
    pub seed: u64,
}

impl Invention {
    /// Adds it to what is there, and says how many rows more are in, now and then.
    ///
    /// # Errors
    /// `BadRequest` if there is no store to put the items in; those of the database.
    pub fn add(&self, change: &mut ChangeSet<'_>, advance: impl Fn(usize)) -> Result<(), AppError> {
        // An item's number is never greater than its id, so numbers above the last id are new.
        let last: Option<i64> = items::table.select(diesel::dsl::max(items::id)).get_result(change.conn())?;
        let last = last.unwrap_or_default();
        // Adding to what was seeded gives other names, not the same ones again.
        let mut catalogue = Catalogue::new(self.seed.wrapping_add(last.unsigned_abs()));
        let mut shelves = add_stores(change, &mut catalogue, self.stores, &advance)?;
        if self.items == 0 {
            return Ok(());
        }
        if shelves.is_empty() {
            shelves = present_stores(change, &mut catalogue)?;
        }
        if shelves.is_empty() {
            return Err(AppError::BadRequest("there is no store to put items in; add some with --stores".to_owned()));
        }
        let taken = if self.stores == 0 { skus(change)? } else { HashSet::new() };
        let (sender, batches) = sync_channel::<Vec<(ItemDraft, Vec<i64>)>>(BATCHES_AHEAD);
        // Invents the next items while the database takes in the last.
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let mut invented = invent(catalogue, &shelves, self.items, last, &taken);
                loop {
                    let batch: Vec<_> = invented.by_ref().take(BATCH).collect();
                    if batch.is_empty() || sender.send(batch).is_err() {
                        break;
                    }
                }
            });
            for batch in batches {
                Item::create_many(change, &batch)?;
                advance(batch.len());
            }
            Ok(())
        })
    }
}

fn add_stores(
    change: &mut ChangeSet<'_>,
    catalogue: &mut Catalogue,
    count: u32,
    advance: impl Fn(usize),
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
        advance(numbers.len());
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
