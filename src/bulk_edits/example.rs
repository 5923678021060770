use super::{Operation, Verdict};
use crate::db::Conn;
use crate::error::AppError;
use crate::fields::{Currency, Grouped, name_key};
use crate::items::Item;
use crate::stores::Store;
use crate::tags::Tag;

/// How much of a description an example shows, in characters.
const TEXT_MAX: usize = 200;

/// An item of a bulk edit, before and after.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct Example {
    pub item_id: i64,
    pub name: String,
    pub store: String,
    pub before: String,
    pub after: String,
}

impl Example {
    /// What would become of this item.
    ///
    /// # Errors
    /// `NotFound` if it is gone.
    pub fn of(conn: &mut Conn, operation: &Operation, item_id: i64) -> Result<Self, AppError> {
        let item = Item::find(conn, item_id)?;
        let store = Store::find(conn, item.store_id)?.to_string();
        let price = |minor| Currency::installed().format(minor);
        let (before, after) = match operation {
            Operation::ChangePrice(change) => {
                (price(item.price_minor), change.of(item.price_minor).map_or_else(Verdict::reason, price))
            }
            Operation::SetPrice(minor) => (price(item.price_minor), price(*minor)),
            Operation::SetQuantity(quantity) => (Grouped(item.quantity).to_string(), Grouped(*quantity).to_string()),
            Operation::SetDescription(text) => (shortened(&item.description), shortened(text)),
            Operation::AddTag(name) => {
                let tags = names(conn, item_id)?;
                let there = Tag::called(conn, item.store_id, name)?.map_or_else(|| name.clone(), |tag| tag.name);
                let mut after: Vec<_> = tags.iter().map(String::as_str).chain([there.as_str()]).collect();
                after.sort_by_cached_key(|tag| name_key(tag));
                (tags.join(", "), after.join(", "))
            }
            Operation::RemoveTag(name) => {
                let tags = names(conn, item_id)?;
                let kept: Vec<_> =
                    tags.iter().filter(|tag| name_key(tag) != name_key(name)).map(String::as_str).collect();
                (tags.join(", "), kept.join(", "))
            }
            Operation::Move { store_id, .. } => (store.clone(), Store::find(conn, *store_id)?.to_string()),
            Operation::Delete => {
                (format!("{} at {}", Grouped(item.quantity), price(item.price_minor)), "deleted".to_owned())
            }
        };
        Ok(Self { item_id, name: item.name, store, before, after })
    }
}

fn names(conn: &mut Conn, item_id: i64) -> Result<Vec<String>, AppError> {
    Ok(Tag::of_item(conn, item_id)?.into_iter().map(|tag| tag.name).collect())
}

fn shortened(text: &str) -> String {
    if text.chars().count() > TEXT_MAX { text.chars().take(TEXT_MAX).chain(['…']).collect() } else { text.to_owned() }
}
