use diesel::prelude::*;
use diesel::sql_types::Text;

use super::Operation;
use crate::db::Conn;
use crate::fields::name_key;
use crate::items::TAGS_MAX;

/// Some of the items of a bulk edit, in the order of their ids.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The bulk edit.
    pub id: i64,
    /// Beyond this item …
    pub after: i64,
    /// … up to this one.
    pub through: i64,
}

impl Range {
    /// All of them.
    #[must_use]
    pub fn all(id: i64) -> Self {
        Self { id, after: 0, through: i64::MAX }
    }

    /// The condition for a line of `bulk_edit_items` under this name.
    pub fn of(self, name: &str) -> String {
        let Self { id, after, through } = self;
        format!("{name}.bulk_edit_id = {id} AND {name}.item_id > {after} AND {name}.item_id <= {through}")
    }

    /// The ids of those that nothing speaks against, as a query.
    pub fn accepted(self) -> String {
        format!("(SELECT f.item_id FROM bulk_edit_items AS f WHERE {} AND f.verdict IS NULL)", self.of("f"))
    }
}

/// A query that judges the items of a range by what they are now: for each its `item_id`, its `version` at the preview,
/// and its `verdict` if it is to be left alone. It has one parameter, [`key`].
pub fn judged(operation: &Operation, range: Range) -> String {
    let (before, by_operation) = match operation {
        Operation::ChangePrice(change) => {
            let (lowest, highest) = change.range();
            let new = change.sql("i.price_minor");
            let refused = format!(
                "WHEN i.price_minor < {lowest} THEN 'below_zero' WHEN i.price_minor > {highest} THEN 'too_high'"
            );
            let other = if change.lowers() { '>' } else { '<' };
            let by_rounding = format!(
                "WHEN {new} = i.price_minor THEN 'unchanged' WHEN {new} {other} i.price_minor THEN 'other_way'"
            );
            (String::new(), format!("{refused} {by_rounding}"))
        }
        Operation::SetPrice(price) => (String::new(), format!("WHEN i.price_minor = {price} THEN 'unchanged'")),
        Operation::SetQuantity(quantity) => (String::new(), format!("WHEN i.quantity = {quantity} THEN 'unchanged'")),
        Operation::SetDescription(_) => (String::new(), "WHEN i.description = k.key THEN 'unchanged'".to_owned()),
        Operation::AddTag(_) => {
            let count = "(SELECT count(*) FROM item_tags AS l WHERE l.item_id = i.id)";
            let full = format!("WHEN {count} >= {TAGS_MAX} THEN 'too_many_tags'");
            (String::new(), format!("WHEN {TAGGED} THEN 'unchanged' {full}"))
        }
        Operation::RemoveTag(_) => (String::new(), format!("WHEN NOT ({TAGGED}) THEN 'unchanged'")),
        Operation::Move { store_id, .. } => {
            let there =
                format!("SELECT count(*) FROM items AS o WHERE o.store_id = {store_id} AND o.sku_key = i.sku_key");
            let moving = format!("CASE WHEN i.version = f.version AND i.store_id <> {store_id} THEN i.sku_key END");
            let place = format!("row_number() OVER (PARTITION BY {moving} ORDER BY f.item_id)");
            let by_operation = format!(
                "WHEN i.store_id = {store_id} THEN 'unchanged'
                 WHEN i.sku_key IS NOT NULL AND (({there}) > 0 OR {place} > 1) THEN 'sku_taken'"
            );
            let gone = format!("WHEN NOT EXISTS (SELECT 1 FROM stores WHERE id = {store_id}) THEN 'store_gone'");
            (gone, by_operation)
        }
        Operation::Delete => (String::new(), String::new()),
    };
    format!(
        "SELECT f.item_id, f.version, CASE
             WHEN i.id IS NULL THEN 'gone' WHEN i.version <> f.version THEN 'stale' {before} {by_operation}
         END AS verdict
         FROM bulk_edit_items AS f
         CROSS JOIN (SELECT CAST($1 AS TEXT) AS key) AS k
         LEFT JOIN items AS i ON i.id = f.item_id
         WHERE {}",
        range.of("f")
    )
}

/// Whether an item has a tag of the name in question. Counted: of EXISTS, PostgreSQL makes a table of all that have it.
const TAGGED: &str = "(
    SELECT count(*) FROM item_tags AS l JOIN tags AS t ON t.id = l.tag_id WHERE l.item_id = i.id AND t.name_key = k.key
) > 0";

/// The text that items are judged by: a description, or a tag's name to compare.
pub fn key(operation: &Operation) -> String {
    match operation {
        Operation::SetDescription(text) => text.clone(),
        Operation::AddTag(name) | Operation::RemoveTag(name) => name_key(name),
        _ => String::new(),
    }
}

/// Notes beside each item of a range why it is to be left alone, if it is. Inserted over what is there, not updated from a
/// join: SQLite, which takes a range for a few rows, compared each item of it with each.
pub fn judge(conn: &mut Conn, operation: &Operation, range: Range) -> QueryResult<usize> {
    diesel::sql_query(format!(
        "INSERT INTO bulk_edit_items (bulk_edit_id, item_id, version, verdict)
         SELECT {}, item_id, version, verdict FROM ({}) AS judged WHERE verdict IS NOT NULL
         ON CONFLICT (bulk_edit_id, item_id) DO UPDATE SET verdict = excluded.verdict",
        range.id,
        judged(operation, range)
    ))
    .bind::<Text, _>(key(operation))
    .execute(conn)
}
