//! Staged items: which item of the database each row means, and what moves there.
//!
//! A row means the item of its store with its SKU, or, where it has none, the one with its name. The last
//! row of an item counts. Which item that is, is found out while others save, and looked at again when the row is written.

use super::stage::{ALL, Piece, Stage};
use super::stores;
use crate::db::Hold;
use crate::error::AppError;
use crate::items::ItemDraft;

/// So few rows are written in the order of the file.
const FEW: i64 = 500;
/// Rows that are still to be written: all that are not refused, repeated or as their items are.
const OPEN: &str = "(v.outcome IS NULL OR v.outcome = 'created')";

/// Finds out, before the stores are written, which rows count.
pub fn prepare(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    if lack(stage, ALL)? {
        refuse_new(stage)?;
    }
    // What a refused row says of its store does not count.
    stage.sql(
        "UPDATE staged_stores SET last_line = used.last_line FROM (
            SELECT store_line, max(line) AS last_line FROM staged_items WHERE outcome IS NULL GROUP BY store_line
         ) AS used WHERE used.store_line = staged_stores.line",
    )?;
    stage.sql("UPDATE staged_stores SET outcome = 'refused' WHERE last_line IS NULL")?;
    Ok(())
}

/// Finds out, once the stores are written, which items the rows mean, and which of them are as their rows have them.
pub fn compare(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    identify(stage)?;
    mark_repeats(stage)?;
    stage.measure()?;
    stage.tell_repeats("staged_items", ALL)?;
    mark_unchanged(stage)
}

/// Puts the rows that are to be written in order, counts the others and forgets them, and says how many are left. A piece is
/// read many times, so its rows lie beside each other. Of many, those of a store follow each other: they stand together in
/// the indexes, too, and a piece writes fewer pages of these.
pub fn order(stage: &mut Stage<'_, '_>) -> Result<i64, AppError> {
    stage.count("staged_items", &format!("NOT {OPEN}"))?;
    let rows = stage.number(&format!("SELECT count(*) AS number FROM staged_items AS v WHERE {OPEN}"))?;
    let order = if rows > FEW { "v.store_id, v.line" } else { "v.line" };
    stage.replace(
        "staged_items",
        &format!(
            "SELECT v.*, row_number() OVER (ORDER BY {order}) AS place FROM staged_items AS v WHERE {OPEN} ORDER BY place"
        ),
    )?;
    stage.sql("CREATE UNIQUE INDEX staged_items_place ON staged_items (place)")?;
    stage.sql("CREATE UNIQUE INDEX staged_items_line ON staged_items (line)")?;
    stage.replace(
        "staged_tags",
        "SELECT t.* FROM staged_items AS v JOIN staged_tags AS t ON t.line = v.line ORDER BY v.place",
    )?;
    stage.sql("CREATE INDEX staged_tags_line ON staged_tags (line)")?;
    stage.measure()?;
    Ok(rows)
}

/// Writes a piece of the rows. Says how many tags were added for it.
pub fn write(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<i64, AppError> {
    find_again(stage, piece)?;
    fill(stage, piece)?;
    search_keys(stage, piece)?;
    let tagged = stage.told.import.columns.has("tags");
    let tags_created = if tagged { ensure_tags(stage, piece)? } else { 0 };
    judge(stage, piece)?;
    if !stage.told.import.dry_run {
        put(stage, piece)?;
        if tagged {
            link(stage, piece)?;
        }
    }
    Ok(tags_created)
}

/// What a new item needs, and the condition that a row does not say it.
const LACKS: [(&str, &str); 2] = [("name", "v.name = ''"), ("price", "v.price_minor IS NULL")];

/// Whether some of these rows do not say all that a new item needs.
fn lack(stage: &mut Stage<'_, '_>, which: &str) -> Result<bool, AppError> {
    let conditions = LACKS.map(|(_, lacks)| lacks).join(" OR ");
    let select = format!("SELECT count(*) AS number FROM staged_items AS v WHERE {which} AND ({conditions})");
    Ok(stage.number(&select)? > 0)
}

/// Refuses those of these rows, all of which mean no item yet, that do not say all that a new one needs.
fn refuse_lacking(stage: &mut Stage<'_, '_>, which: &str) -> Result<(), AppError> {
    for (field, lacks) in LACKS {
        let fault = (field, format!("There is no such item yet, and a new one needs a {field}."));
        let refused = stage.refuse("staged_items", &format!("{which} AND {lacks}"), &fault)?;
        if refused > 0 && !stage.told.import.columns.has(field) {
            stage.told.summary.note_lacking(field, refused);
        }
    }
    Ok(())
}

/// Refuses rows that mean no item yet, and do not say all that a new one needs.
fn refuse_new(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    stores::match_codes(stage)?;
    stores::match_names(stage)?;
    identify(stage)?;
    refuse_lacking(stage, "v.outcome IS NULL AND v.item_id IS NULL")
}

/// Finds the item of every row that is there already.
///
/// A store may have several items of one name without a SKU. Rows of that name mean one after the other, so that
/// an exported file means what it was exported from; what goes beyond means the last.
fn identify(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    stage.sql(
        "UPDATE staged_items SET store_id = v.store_id, item_id = NULL FROM staged_stores AS v
         WHERE v.line = staged_items.store_line AND staged_items.outcome IS NULL",
    )?;
    stage.measure()?;
    stage.sql(
        "UPDATE staged_items SET item_id = i.id FROM items AS i
         WHERE i.store_id = staged_items.store_id AND i.sku_key = staged_items.sku_key
             AND staged_items.outcome IS NULL",
    )?;
    stage.sql(
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
    stage.sql(
        "UPDATE staged_items SET item_id = (
             SELECT min(i.id) FROM items AS i WHERE i.store_id = staged_items.store_id AND i.name_key = staged_items.name_key)
         WHERE outcome IS NULL AND sku_key IS NULL AND item_id IS NULL",
    )?;
    Ok(())
}

fn mark_repeats(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    stage.sql(
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

/// Marks the rows of a piece that mean one item by now, since somebody gave it the SKU of one and the name of another.
fn mark_repeats_again(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    let found = format!("{piece} AND v.outcome IS NULL");
    stage.sql(&format!(
        "UPDATE staged_items AS v SET repeats = w.earlier, outcome = CASE WHEN w.later IS NOT NULL THEN 'repeated' END
         FROM (
             SELECT v.line, lag(v.line) OVER same AS earlier, lead(v.line) OVER same AS later
             FROM staged_items AS v WHERE {found} WINDOW same AS (PARTITION BY v.item_id ORDER BY v.line)
         ) AS w
         WHERE w.line = v.line AND (w.earlier IS NOT NULL OR w.later IS NOT NULL)"
    ))?;
    Ok(())
}

/// Tells which rows of a piece came to mean one item; those that did before are forgotten.
pub fn tell_repeats(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    stage.tell_repeats("staged_items", &format!("{piece} AND v.repeats IN (SELECT line FROM staged_items)"))
}

/// Marks the rows that say nothing new, so that nobody waits for them to be written.
fn mark_unchanged(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    if stage.told.import.columns.has("tags") {
        find_tags(stage, "")?;
    }
    stage.sql(&format!(
        "UPDATE staged_items AS v SET outcome = 'unchanged' FROM items AS i
         WHERE i.id = v.item_id AND v.outcome IS NULL AND v.name IN ('', i.name) AND coalesce(v.sku = i.sku, v.sku IS NULL)
             AND coalesce(v.barcode = i.barcode, TRUE) AND coalesce(v.description = i.description, TRUE)
             AND coalesce(v.price_minor = i.price_minor, TRUE) AND coalesce(v.quantity = i.quantity, TRUE)
             AND NOT ({TAGS_DIFFER})"
    ))?;
    Ok(())
}

/// Looks whether the items of these rows, and their stores, are still what was found, since others have saved meanwhile, and
/// keeps them so until the piece is written.
fn find_again(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    // Stores before items, as everybody takes them.
    let stores = |which: &str| format!("(SELECT v.store_id FROM staged_items AS v WHERE {piece} AND {OPEN}{which})");
    stage.conn.hold_all(Hold::Present, "stores", &stores(""))?;
    // An item without a SKU is found by its name, and nothing else keeps two imports at once from adding it twice.
    stage.conn.hold_all(Hold::ToChange, "stores", &stores(" AND v.sku_key IS NULL"))?;
    let gone = format!("{piece} AND {OPEN} AND NOT EXISTS (SELECT 1 FROM stores AS s WHERE s.id = v.store_id)");
    stage.refuse("staged_items", &gone, &("", STORE_GONE.to_owned()))?;
    lose(stage, piece)?;
    let mut found = stage.sql(&format!(
        "UPDATE staged_items AS v SET item_id = i.id, outcome = NULL FROM items AS i
         WHERE {piece} AND v.outcome = 'created' AND i.store_id = v.store_id AND i.sku_key = v.sku_key"
    ))?;
    found += stage.sql(&format!(
        "UPDATE staged_items AS v SET item_id = i.id, outcome = NULL
         FROM (
             SELECT min(id) AS id, store_id, name_key FROM items
             WHERE sku_key IS NULL AND (store_id, name_key) IN (
                 SELECT v.store_id, v.name_key FROM staged_items AS v
                 WHERE {piece} AND v.outcome = 'created' AND v.sku_key IS NULL)
             GROUP BY store_id, name_key
         ) AS i
         WHERE {piece} AND v.outcome = 'created' AND v.sku_key IS NULL
             AND i.store_id = v.store_id AND i.name_key = v.name_key"
    ))?;
    if found > 0 {
        mark_repeats_again(stage, piece)?;
    }
    if !stage.conn.is_sqlite() && !stage.told.import.dry_run {
        let items = format!("(SELECT v.item_id FROM staged_items AS v WHERE {piece} AND v.outcome IS NULL)");
        stage.conn.hold_all(Hold::ToChange, "items", &items)?;
        lose(stage, piece)?; // whoever held one before may have changed it
    }
    let new = format!("{piece} AND v.outcome = 'created'");
    if lack(stage, &new)? { refuse_lacking(stage, &new) } else { Ok(()) }
}

/// Lets go of items that are not what their rows mean any more.
fn lose(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    stage.sql(&format!(
        "UPDATE staged_items AS v SET item_id = NULL, outcome = 'created'
         WHERE {piece} AND v.outcome IS NULL AND NOT EXISTS (
             SELECT 1 FROM items AS i WHERE i.id = v.item_id AND i.store_id = v.store_id
                 AND CASE WHEN v.sku_key IS NULL THEN i.name_key = v.name_key ELSE i.sku_key = v.sku_key END)"
    ))?;
    Ok(())
}

const STORE_GONE: &str = "Its store was deleted while this file was imported.";

/// Completes rows with what their items have where the row says nothing. An item keeps its SKU where the row has an empty
/// one, too: the row found it by its name. Rows that lack nothing are left as they are: most of the time goes into writing
/// rows anew.
fn fill(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    stage.sql(&format!(
        "UPDATE staged_items AS v SET
             name = coalesce(nullif(v.name, ''), i.name), name_key = coalesce(nullif(v.name_key, ''), i.name_key),
             sku = coalesce(v.sku, i.sku), sku_key = coalesce(v.sku_key, i.sku_key),
             barcode = coalesce(v.barcode, i.barcode), description = coalesce(v.description, i.description),
             price_minor = coalesce(v.price_minor, i.price_minor), quantity = coalesce(v.quantity, i.quantity)
         FROM items AS i
         WHERE {piece} AND i.id = v.item_id AND v.outcome IS NULL AND (
             v.name = '' OR v.sku IS NULL AND i.sku IS NOT NULL OR v.barcode IS NULL OR v.description IS NULL
             OR v.price_minor IS NULL OR v.quantity IS NULL)"
    ))?;
    Ok(())
}

/// Derives the search keys anew of rows that were completed.
fn search_keys(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    let joined = format!("{piece} AND i.id = v.item_id AND v.outcome IS NULL AND (v.name, v.sku, v.barcode) IS");
    stage.sql(&format!(
        "UPDATE staged_items AS v SET search_key = i.search_key FROM items AS i
         WHERE {joined} NOT DISTINCT FROM (i.name, i.sku, i.barcode) AND v.search_key <> i.search_key"
    ))?;
    let others = format!(
        "SELECT v.line, v.name, v.sku AS code, v.barcode AS more FROM staged_items AS v JOIN items AS i
         ON {joined} DISTINCT FROM (i.name, i.sku, i.barcode) WHERE v.line > $1 ORDER BY v.line LIMIT 1000"
    );
    stage.derive_keys(&others, "UPDATE staged_items SET search_key = $1 WHERE line = $2", |row| {
        let draft = ItemDraft { name: row.name, sku: row.code, barcode: row.more, ..ItemDraft::default() };
        draft.with_keys().search_key
    })
}

/// Adds the tags that a store does not have yet, spelled as they first come. Says how many.
fn ensure_tags(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<i64, AppError> {
    let created = stage.sql_now(&format!(
        "INSERT INTO tags (store_id, name, name_key, search_key, version, created_at, updated_at)
         SELECT store_id, name, name_key, search_key, 1, $1, $1
         FROM (
             SELECT v.store_id, t.name, t.name_key, t.search_key, t.line,
                 row_number() OVER (PARTITION BY v.store_id, t.name_key ORDER BY t.line) AS place
             FROM staged_tags AS t JOIN staged_items AS v ON v.line = t.line
             WHERE {piece} AND {OPEN}
         ) AS named
         WHERE place = 1 AND NOT EXISTS (
             SELECT 1 FROM tags AS g WHERE g.store_id = named.store_id AND g.name_key = named.name_key)
         ORDER BY store_id, name_key"
    ))?;
    find_tags(stage, &format!("WHERE line IN (SELECT v.line FROM staged_items AS v WHERE {piece})"))?;
    Ok(created)
}

/// Finds the tags of the rows, as far as they are there.
fn find_tags(stage: &mut Stage<'_, '_>, which: &str) -> Result<(), AppError> {
    stage.sql(&format!(
        "UPDATE staged_tags SET tag_id = (
             SELECT g.id FROM staged_items AS v JOIN tags AS g ON g.store_id = v.store_id
             WHERE v.line = staged_tags.line AND g.name_key = staged_tags.name_key) {which}"
    ))?;
    Ok(())
}

/// What an item lacks, or has too many, of the tags in its row, if the row says which it has.
const TAGS_DIFFER: &str = "v.says_tags AND (EXISTS (
        SELECT 1 FROM staged_tags AS t WHERE t.line = v.line
            AND NOT EXISTS (SELECT 1 FROM item_tags AS l WHERE l.item_id = v.item_id AND l.tag_id = t.tag_id))
    OR EXISTS (
        SELECT 1 FROM item_tags AS l WHERE l.item_id = v.item_id
            AND NOT EXISTS (SELECT 1 FROM staged_tags AS t WHERE t.line = v.line AND t.tag_id = l.tag_id)))";

/// Decides which of these rows change their items.
fn judge(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    stage.sql(&format!(
        "UPDATE staged_items AS v SET outcome = CASE
             WHEN (v.name, v.sku, v.barcode, v.description, v.price_minor, v.quantity)
                 IS DISTINCT FROM (i.name, i.sku, i.barcode, i.description, i.price_minor, i.quantity) OR {TAGS_DIFFER}
             THEN 'updated' ELSE 'unchanged' END
         FROM items AS i WHERE {piece} AND i.id = v.item_id AND v.outcome IS NULL"
    ))?;
    Ok(())
}

/// Adds and changes items.
fn put(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    const COLUMNS: &str = "store_id, name, name_key, sku, sku_key, price_minor, search_key";
    stage.sql_now(&format!(
        "INSERT INTO items ({COLUMNS}, barcode, description, quantity, version, created_at, updated_at)
         SELECT {COLUMNS}, coalesce(barcode, ''), coalesce(description, ''), coalesce(quantity, 0), 1, $1, $1
         FROM staged_items AS v WHERE {piece} AND v.outcome = 'created' ORDER BY place"
    ))?;
    stage.sql_now(&format!(
        "UPDATE items AS i SET name = v.name, name_key = v.name_key, sku = v.sku, sku_key = v.sku_key,
             barcode = v.barcode, description = v.description, price_minor = v.price_minor, quantity = v.quantity,
             search_key = v.search_key, version = i.version + 1, updated_at = $1
         FROM staged_items AS v WHERE {piece} AND v.item_id = i.id AND v.outcome = 'updated'"
    ))?;
    Ok(())
}

/// Gives the items that were added or changed the tags of their rows, and no others.
fn link(stage: &mut Stage<'_, '_>, piece: Piece) -> Result<(), AppError> {
    stage.sql(&format!(
        "UPDATE staged_items AS v SET item_id = i.id FROM items AS i
         WHERE {piece} AND v.outcome = 'created' AND i.store_id = v.store_id AND i.sku_key = v.sku_key"
    ))?;
    // There may be several of a name: those of this piece have its time, and ids in the order of their rows.
    let named = format!("{piece} AND v.outcome = 'created' AND v.sku_key IS NULL");
    let place = "row_number() OVER (PARTITION BY store_id, name_key ORDER BY";
    stage.sql_now(&format!(
        "UPDATE staged_items AS v SET item_id = i.id
         FROM (SELECT v.line, v.store_id, v.name_key, {place} v.line) AS nth FROM staged_items AS v WHERE {named}) AS n
         JOIN (
             SELECT id, store_id, name_key, {place} id) AS nth FROM items
             WHERE sku_key IS NULL AND created_at = $1
                 AND (store_id, name_key) IN (SELECT v.store_id, v.name_key FROM staged_items AS v WHERE {named})
         ) AS i ON i.store_id = n.store_id AND i.name_key = n.name_key AND i.nth = n.nth
         WHERE n.line = v.line"
    ))?;
    stage.sql(&format!(
        "DELETE FROM item_tags WHERE (item_id, tag_id) IN (
             SELECT l.item_id, l.tag_id FROM staged_items AS v JOIN item_tags AS l ON l.item_id = v.item_id
             WHERE {piece} AND v.outcome = 'updated' AND v.says_tags AND NOT EXISTS (
                 SELECT 1 FROM staged_tags AS t WHERE t.line = v.line AND t.tag_id = l.tag_id))"
    ))?;
    stage.sql(&format!(
        "INSERT INTO item_tags (item_id, tag_id)
         SELECT v.item_id, t.tag_id FROM staged_items AS v JOIN staged_tags AS t ON t.line = v.line
         WHERE {piece} AND v.outcome IN ('created', 'updated') AND NOT EXISTS (
             SELECT 1 FROM item_tags AS l WHERE l.item_id = v.item_id AND l.tag_id = t.tag_id)"
    ))?;
    Ok(())
}
