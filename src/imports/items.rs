//! Staged items: which item of the database each row means, and what moves there.
//!
//! A row means the item of its store with its SKU, or, where it has none, the one with its name. The last
//! row of an item counts.

use super::rows::Fault;
use super::run::Run;
use super::stores;
use crate::error::AppError;
use crate::items::{ItemDraft, ItemForm};

/// Compares and applies a file of items.
pub fn settle(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    if let Some(lack) = run.checker.new_item_lacks() {
        refuse_new(run, &lack)?;
    }
    // What a refused row says of its store does not count.
    run.sql(
        "UPDATE staged_stores SET last_line = used.last_line FROM (
            SELECT store_line, max(line) AS last_line FROM staged_items WHERE outcome IS NULL GROUP BY store_line
         ) AS used WHERE used.store_line = staged_stores.line",
    )?;
    run.sql("UPDATE staged_stores SET outcome = 'refused' WHERE last_line IS NULL")?;
    stores::identify(run)?;
    stores::apply(run)?;
    identify(run)?;
    mark_repeats(run)?;
    run.measure()?;
    run.tell_repeats("staged_items")?;
    run.begin_writing();
    fill(run)?;
    search_keys(run)?;
    let tagged = run.import.columns.has("tags");
    if tagged {
        ensure_tags(run)?;
    }
    compare(run, tagged)?;
    write(run)?;
    if tagged {
        link(run)?;
    }
    Ok(())
}

/// Refuses rows that mean no item yet, in a file that has not all that a new one needs.
fn refuse_new(run: &mut Run<'_, '_>, lack: &Fault) -> Result<(), AppError> {
    stores::match_codes(run)?;
    stores::match_names(run)?;
    stores::refuse(run, "v.store_id IS NULL", lack)?;
    identify(run)?;
    let new = "outcome IS NULL AND item_id IS NULL";
    run.tell_all_refused(
        &format!("SELECT line, repeats FROM staged_items WHERE {new} AND line > $1 ORDER BY line LIMIT 1000"),
        lack,
    )?;
    run.sql(&format!("UPDATE staged_items SET outcome = 'refused' WHERE {new}"))?;
    Ok(())
}

/// Finds the item of every row that is there already.
///
/// A store may have several items of one name without a SKU. Rows of that name mean one after the other, so that
/// an exported file means what it was exported from; what goes beyond means the last.
fn identify(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    run.sql(
        "UPDATE staged_items SET store_id = v.store_id FROM staged_stores AS v
         WHERE v.line = staged_items.store_line AND staged_items.outcome IS NULL",
    )?;
    run.measure()?;
    run.sql(
        "UPDATE staged_items SET item_id = i.id FROM items AS i
         WHERE i.store_id = staged_items.store_id AND i.sku_key = staged_items.sku_key
             AND staged_items.outcome IS NULL",
    )?;
    run.sql(
        "UPDATE staged_items SET item_id = i.id
         FROM (
             SELECT line, store_id, name_key, row_number() OVER (PARTITION BY store_id, name_key ORDER BY line) AS place
             FROM staged_items WHERE outcome IS NULL AND sku_key IS NULL
         ) AS named
         JOIN (
             SELECT id, store_id, name_key,
                 row_number() OVER (PARTITION BY store_id, name_key ORDER BY id) AS place,
                 count(*) OVER (PARTITION BY store_id, name_key) AS places
             FROM items
             WHERE sku_key IS NULL
                 AND (store_id, name_key) IN (SELECT store_id, name_key FROM staged_items WHERE sku_key IS NULL)
         ) AS i ON i.store_id = named.store_id AND i.name_key = named.name_key
             AND i.place = CASE WHEN named.place < i.places THEN named.place ELSE i.places END
         WHERE named.line = staged_items.line",
    )?;
    // Only then those with a SKU, which the row does not know of.
    run.sql(
        "UPDATE staged_items SET item_id = (
             SELECT min(i.id) FROM items AS i WHERE i.store_id = staged_items.store_id AND i.name_key = staged_items.name_key)
         WHERE outcome IS NULL AND sku_key IS NULL AND item_id IS NULL",
    )?;
    Ok(())
}

fn mark_repeats(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    run.sql(
        "UPDATE staged_items SET repeats = w.earlier,
             outcome = CASE WHEN w.later IS NOT NULL THEN 'repeated' WHEN staged_items.item_id IS NULL THEN 'created' END
         FROM (
             SELECT line, lag(line) OVER same AS earlier, lead(line) OVER same AS later
             FROM staged_items WHERE outcome IS NULL
             WINDOW same AS (
                 PARTITION BY store_id, item_id, CASE WHEN item_id IS NULL THEN sku_key END,
                     CASE WHEN item_id IS NULL AND sku_key IS NULL THEN name_key END
                 ORDER BY line
             )
         ) AS w
         WHERE w.line = staged_items.line
             AND (w.earlier IS NOT NULL OR w.later IS NOT NULL OR staged_items.item_id IS NULL)",
    )?;
    Ok(())
}

/// Completes rows with what their items have in fields without a column. An item keeps its SKU where the
/// row has none, too: the row found it by its name. Rows that lack nothing are left as they are: most of the time goes into
/// writing rows anew.
fn fill(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    let columns = &run.import.columns;
    let absent = ItemForm::FIELDS.into_iter().filter(|field| *field != "sku" && !columns.has(field));
    let mut sets: Vec<String> = absent
        .map(|field| match field {
            "name" => "name = i.name, name_key = i.name_key".to_owned(),
            "price" => "price_minor = i.price_minor".to_owned(),
            field => format!("{field} = i.{field}"),
        })
        .collect();
    let incomplete = if sets.is_empty() { "AND v.sku IS NULL AND i.sku IS NOT NULL" } else { "" };
    sets.push("sku = coalesce(v.sku, i.sku), sku_key = coalesce(v.sku_key, i.sku_key)".to_owned());
    run.sql(&format!(
        "UPDATE staged_items AS v SET {} FROM items AS i WHERE i.id = v.item_id AND v.outcome IS NULL {incomplete}",
        sets.join(", ")
    ))?;
    Ok(())
}

/// Derives the search keys anew of rows that were completed.
fn search_keys(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    let joined = "i.id = v.item_id AND v.outcome IS NULL AND (v.name, v.sku, v.barcode) IS";
    run.sql(&format!(
        "UPDATE staged_items AS v SET search_key = i.search_key FROM items AS i
         WHERE {joined} NOT DISTINCT FROM (i.name, i.sku, i.barcode) AND v.search_key <> i.search_key"
    ))?;
    let others = format!(
        "SELECT v.line, v.name, v.sku AS code, v.barcode AS more FROM staged_items AS v JOIN items AS i
         ON {joined} DISTINCT FROM (i.name, i.sku, i.barcode) WHERE v.line > $1 ORDER BY v.line LIMIT 1000"
    );
    run.derive_keys(&others, "UPDATE staged_items SET search_key = $1 WHERE line = $2", |row| {
        let draft = ItemDraft { name: row.name, sku: row.code, barcode: row.more, ..ItemDraft::default() };
        draft.with_keys().search_key
    })
}

/// Adds the tags that a store does not have yet, spelled as they first come.
fn ensure_tags(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    run.summary.tags_created = run.sql_now(
        "INSERT INTO tags (store_id, name, name_key, search_key, version, created_at, updated_at)
         SELECT store_id, name, name_key, search_key, 1, $1, $1
         FROM (
             SELECT v.store_id, t.name, t.name_key, t.search_key, t.line,
                 row_number() OVER (PARTITION BY v.store_id, t.name_key ORDER BY t.line) AS place
             FROM staged_tags AS t JOIN staged_items AS v ON v.line = t.line
             WHERE v.outcome IS NULL OR v.outcome = 'created'
         ) AS named
         WHERE place = 1 AND NOT EXISTS (
             SELECT 1 FROM tags AS g WHERE g.store_id = named.store_id AND g.name_key = named.name_key)
         ORDER BY line",
    )?;
    run.sql(
        "UPDATE staged_tags SET tag_id = g.id FROM staged_items AS v, tags AS g
         WHERE v.line = staged_tags.line AND g.store_id = v.store_id AND g.name_key = staged_tags.name_key",
    )?;
    run.measure()
}

/// What an item lacks, or has too many, of the tags in its row.
const TAGS_DIFFER: &str = "EXISTS (
        SELECT 1 FROM staged_tags AS t WHERE t.line = v.line
            AND NOT EXISTS (SELECT 1 FROM item_tags AS l WHERE l.item_id = v.item_id AND l.tag_id = t.tag_id))
    OR EXISTS (
        SELECT 1 FROM item_tags AS l WHERE l.item_id = v.item_id
            AND NOT EXISTS (SELECT 1 FROM staged_tags AS t WHERE t.line = v.line AND t.tag_id = l.tag_id))";

fn compare(run: &mut Run<'_, '_>, tagged: bool) -> Result<(), AppError> {
    let tags_differ = if tagged { format!("OR {TAGS_DIFFER}") } else { String::new() };
    run.sql(&format!(
        "UPDATE staged_items AS v SET outcome = CASE
             WHEN (v.name, v.sku, v.barcode, v.description, v.price_minor, v.quantity)
                 IS DISTINCT FROM (i.name, i.sku, i.barcode, i.description, i.price_minor, i.quantity) {tags_differ}
             THEN 'updated' ELSE 'unchanged' END
         FROM items AS i WHERE i.id = v.item_id AND v.outcome IS NULL"
    ))?;
    Ok(())
}

fn write(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    const COLUMNS: &str =
        "store_id, name, name_key, sku, sku_key, barcode, description, price_minor, quantity, search_key";
    run.sql_now(&format!(
        "INSERT INTO items ({COLUMNS}, version, created_at, updated_at)
         SELECT {COLUMNS}, 1, $1, $1 FROM staged_items WHERE outcome = 'created' ORDER BY line"
    ))?;
    run.sql_now(
        "UPDATE items AS i SET name = v.name, name_key = v.name_key, sku = v.sku, sku_key = v.sku_key,
             barcode = v.barcode, description = v.description, price_minor = v.price_minor, quantity = v.quantity,
             search_key = v.search_key, version = i.version + 1, updated_at = $1
         FROM staged_items AS v WHERE v.item_id = i.id AND v.outcome = 'updated'",
    )?;
    Ok(())
}

/// Gives the items that were added or changed the tags of their rows, and no others.
fn link(run: &mut Run<'_, '_>) -> Result<(), AppError> {
    run.sql(
        "UPDATE staged_items AS v SET item_id = i.id FROM items AS i
         WHERE i.store_id = v.store_id AND i.sku_key = v.sku_key AND v.outcome = 'created'",
    )?;
    run.sql(
        "UPDATE staged_items AS v SET item_id = i.id FROM items AS i
         WHERE i.store_id = v.store_id AND i.name_key = v.name_key AND i.sku_key IS NULL
             AND v.sku_key IS NULL AND v.outcome = 'created'",
    )?;
    run.measure()?;
    run.sql(
        "DELETE FROM item_tags WHERE (item_id, tag_id) IN (
             SELECT l.item_id, l.tag_id FROM staged_items AS v JOIN item_tags AS l ON l.item_id = v.item_id
             WHERE v.outcome = 'updated' AND NOT EXISTS (
                 SELECT 1 FROM staged_tags AS t WHERE t.line = v.line AND t.tag_id = l.tag_id))",
    )?;
    run.sql(
        "INSERT INTO item_tags (item_id, tag_id)
         SELECT v.item_id, t.tag_id FROM staged_items AS v JOIN staged_tags AS t ON t.line = v.line
         WHERE v.outcome IN ('created', 'updated') AND NOT EXISTS (
             SELECT 1 FROM item_tags AS l WHERE l.item_id = v.item_id AND l.tag_id = t.tag_id)",
    )?;
    Ok(())
}
