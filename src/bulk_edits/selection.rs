use crate::db::Conn;
use crate::error::AppError;
use crate::fields::{Currency, Grouped};
use crate::items::ItemFilter;
use crate::stores::Store;

/// Which items a filter lets through, in words: `items in North dock (N1) with the tag “used”`.
///
/// # Errors
/// `NotFound` if its store is gone.
pub fn described(conn: &mut Conn, filter: &ItemFilter) -> Result<String, AppError> {
    let mut words = vec!["items".to_owned()];
    if let Some(id) = filter.store_id {
        words.push(format!("in {}", Store::visible(conn, &filter.scope, id)?));
    }
    if let Some(name) = &filter.tag_name {
        words.push(format!("with the tag “{name}”"));
    }
    if !filter.words.is_empty() {
        words.push(format!("found by “{}”", filter.words));
    }
    let currency = Currency::installed();
    if let Some(price) = filter.min_price {
        words.push(format!("at {} or more", currency.format(price)));
    }
    if let Some(price) = filter.max_price {
        words.push(format!("at {} or less", currency.format(price)));
    }
    if let Some(quantity) = filter.min_quantity {
        words.push(format!("with {} or more in stock", Grouped(quantity)));
    }
    if let Some(quantity) = filter.max_quantity {
        words.push(format!("with {} or fewer in stock", Grouped(quantity)));
    }
    if words.len() == 1 {
        words.insert(0, "all".to_owned());
    }
    Ok(words.join(" "))
}
