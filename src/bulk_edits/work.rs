//! What a bulk edit does to the items of a range, in whole statements. Only columns that change are named, so that no
//! index and no trigger on others is touched.
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text, Timestamp};

use super::Operation;
use super::judgement::Range;
use crate::db::ChangeSet;
use crate::error::AppError;
use crate::fields::{name_key, search_key};

#[derive(QueryableByName)]
struct Link {
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = BigInt)]
    tag_id: i64,
}

/// Does it to those items of the range that nothing speaks against. Returns how many there were.
pub fn on(change: &mut ChangeSet<'_>, operation: &Operation, range: Range) -> Result<usize, AppError> {
    match operation {
        Operation::ChangePrice(rule) => {
            update(change, range, &format!("price_minor = {}", rule.sql("price_minor")), "")
        }
        Operation::SetPrice(price) => update(change, range, &format!("price_minor = {price}"), ""),
        Operation::SetQuantity(quantity) => update(change, range, &format!("quantity = {quantity}"), ""),
        Operation::SetDescription(text) => update(change, range, "description = $1", text),
        Operation::AddTag(name) => add_tag(change, range, name),
        Operation::RemoveTag(name) => remove_tag(change, range, name),
        Operation::Move { store_id, .. } => move_to(change, range, *store_id),
        Operation::Delete => delete(change, range),
    }
}

/// Sets columns of the items. `$1` in `columns` stands for `text`.
fn update(change: &mut ChangeSet<'_>, range: Range, columns: &str, text: &str) -> Result<usize, AppError> {
    let ids = range.accepted();
    let (columns, at) = (columns.to_owned(), change.at());
    let conn = change.conn();
    Ok(if columns.contains("$1") {
        let set = format!("UPDATE items SET {columns}, version = version + 1, updated_at = $2 WHERE id IN {ids}");
        diesel::sql_query(set).bind::<Text, _>(text).bind::<Timestamp, _>(at).execute(conn)?
    } else {
        let comma = if columns.is_empty() { "" } else { ", " };
        let set = format!("UPDATE items SET {columns}{comma}version = version + 1, updated_at = $1 WHERE id IN {ids}");
        diesel::sql_query(set).bind::<Timestamp, _>(at).execute(conn)?
    })
}

fn add_tag(change: &mut ChangeSet<'_>, range: Range, name: &str) -> Result<usize, AppError> {
    let (ids, at, key) = (range.accepted(), change.at(), name_key(name));
    // In the order of their stores: of two that add the same tags, one waits for the other, never each for each.
    diesel::sql_query(format!(
        "INSERT INTO tags (store_id, name, name_key, search_key, created_at, updated_at)
         SELECT DISTINCT i.store_id, $1, $2, $3, $4, $4 FROM items AS i
         WHERE i.id IN {ids} AND NOT EXISTS (SELECT 1 FROM tags AS t WHERE t.store_id = i.store_id AND t.name_key = $2)
         ORDER BY i.store_id ON CONFLICT DO NOTHING"
    ))
    .bind::<Text, _>(name)
    .bind::<Text, _>(&key)
    .bind::<Text, _>(search_key(name))
    .bind::<Timestamp, _>(at)
    .execute(change.conn())?;
    let touched = update(change, range, "", "")?;
    // As a range of pairs, for which only the index of stores with their tags will do: PostgreSQL, which takes a new name for
    // a rare one, would else begin at the tags of that name, a thousand perhaps, and go through them for each item.
    diesel::sql_query(format!(
        "INSERT INTO item_tags (item_id, tag_id) SELECT i.id,
            (SELECT t.id FROM tags AS t
             WHERE (t.store_id, t.name_key) >= (i.store_id, $1) AND (t.store_id, t.name_key) <= (i.store_id, $1))
         FROM items AS i WHERE i.id IN {ids}"
    ))
    .bind::<Text, _>(&key)
    .execute(change.conn())?;
    Ok(touched)
}

fn remove_tag(change: &mut ChangeSet<'_>, range: Range, name: &str) -> Result<usize, AppError> {
    let touched = update(change, range, "", "")?;
    diesel::sql_query(format!(
        "DELETE FROM item_tags WHERE item_id IN {}
         AND EXISTS (SELECT 1 FROM tags AS t WHERE t.id = item_tags.tag_id AND t.name_key = $1)",
        range.accepted()
    ))
    .bind::<Text, _>(name_key(name))
    .execute(change.conn())?;
    Ok(touched)
}

fn move_to(change: &mut ChangeSet<'_>, range: Range, store_id: i64) -> Result<usize, AppError> {
    let (ids, at) = (range.accepted(), change.at());
    diesel::sql_query(format!(
        "INSERT INTO tags (store_id, name, name_key, search_key, created_at, updated_at)
         SELECT {store_id}, o.name, o.name_key, o.search_key, $1, $1 FROM tags AS o WHERE o.id IN (
             SELECT min(t.id) FROM item_tags AS l JOIN tags AS t ON t.id = l.tag_id
             WHERE l.item_id IN {ids}
             AND NOT EXISTS (SELECT 1 FROM tags AS n WHERE n.store_id = {store_id} AND n.name_key = t.name_key)
             GROUP BY t.name_key
         ) ORDER BY o.name_key ON CONFLICT DO NOTHING"
    ))
    .bind::<Timestamp, _>(at)
    .execute(change.conn())?;
    // Links go before the items move to another store: they cannot come along.
    let links: Vec<Link> = diesel::sql_query(format!(
        "SELECT item_id, tag_id FROM (SELECT l.item_id,
            (SELECT n.id FROM tags AS n WHERE n.store_id = {store_id} AND n.name_key = t.name_key) AS tag_id
            FROM item_tags AS l JOIN tags AS t ON t.id = l.tag_id WHERE l.item_id IN {ids}) AS links
         WHERE tag_id IS NOT NULL"
    ))
    .load(change.conn())?;
    diesel::sql_query(format!("DELETE FROM item_tags WHERE item_id IN {ids}")).execute(change.conn())?;
    let moved = update(change, range, &format!("store_id = {store_id}"), "")?;
    let pairs: Vec<_> = links.into_iter().map(|link| (link.item_id, link.tag_id)).collect();
    change.conn().insert_pairs("item_tags (item_id, tag_id)", &[], &pairs)?;
    Ok(moved)
}

fn delete(change: &mut ChangeSet<'_>, range: Range) -> Result<usize, AppError> {
    let ids = range.accepted();
    // Their links first, in one statement: a cascade would take a statement for each item.
    diesel::sql_query(format!("DELETE FROM item_tags WHERE item_id IN {ids}")).execute(change.conn())?;
    Ok(diesel::sql_query(format!("DELETE FROM items WHERE id IN {ids}")).execute(change.conn())?)
}
