//! Staged stores: which store of the database each row means, and what moves there.
//!
//! A row means the store with its code, or, where it has none, the one with its name; the last row of a
//! store counts. A store without a code can be given one. Rows with a code come first: those without may mean a
//! store that they add.

use super::Kind;
use super::rows::Fault;
use super::stage::Stage;
use crate::db::Hold;
use crate::error::AppError;
use crate::stores::StoreDraft;

/// Compares and writes the stores of a file. Says how many were created, and how many updated.
pub fn write(stage: &mut Stage<'_, '_>) -> Result<[i64; 2], AppError> {
    let created = identify(stage)?;
    Ok([created, apply(stage)?])
}

/// Finds the store of every row, and adds those that are not there. Rows that cannot be are refused.
fn identify(stage: &mut Stage<'_, '_>) -> Result<i64, AppError> {
    // Whatever was found before: others have saved since. Nobody changes what is found now.
    stage.sql("UPDATE staged_stores SET store_id = NULL WHERE outcome IS NULL")?;
    stage.conn.hold_all(Hold::ToChange, "stores", MEANT)?;
    let name = stage.told.import.columns.store_field("name");
    match_codes(stage)?;
    // A row with a code cannot take the name of another store that has none.
    let taken = "v.code_key IS NOT NULL AND EXISTS (
        SELECT 1 FROM stores AS s
        WHERE s.name_key = v.name_key AND s.code_key IS NULL AND s.id IS DISTINCT FROM v.store_id)";
    refuse(stage, taken, &(name, TAKEN.to_owned()))?;
    let mut created = create(stage, "code_key", "code_key IS NOT NULL AND name <> ''")?;
    match_codes(stage)?;
    refuse(stage, "v.store_id IS NULL AND v.name = ''", &(name, NAMELESS.to_owned()))?;
    let several = format!(
        "v.code_key IS NULL AND v.store_id IS NULL
            AND v.name_key IN (SELECT name_key FROM ({NAMED}) AS named GROUP BY name_key HAVING count(*) > 1)"
    );
    refuse(stage, &several, &(name, SEVERAL.to_owned()))?;
    match_names(stage)?;
    created += create(stage, "name_key", "code_key IS NULL")?;
    match_names(stage)?;
    Ok(created)
}

/// The stores that rows may mean.
const MEANT: &str = "(SELECT s.id FROM stores AS s JOIN staged_stores AS v ON v.code_key = s.code_key
    UNION SELECT s.id FROM stores AS s JOIN staged_stores AS v ON v.name_key = s.name_key)";

const TAKEN: &str = "This name is already taken by a store without a code. \
    Two stores can share a name only if both have a code.";
const NAMELESS: &str = "There is no such store yet, and a new one needs a name.";
const SEVERAL: &str = "Several stores have this name. Give the code of the one that is meant.";

/// Every name that a staged row without a code may mean, with a store that has it, or will have it when
/// this import is done.
const NAMED: &str = "SELECT name_key, id AS store_id FROM stores
        WHERE name_key IN (SELECT name_key FROM staged_stores WHERE code_key IS NULL)
    UNION SELECT name_key, store_id FROM staged_stores
        WHERE code_key IS NOT NULL AND (outcome IS NULL OR outcome = 'created')";

/// Finds stores by their codes. A code that no store has is that of the store with the name and without a code, if all rows
/// of this name say so, and none of another name: no other store can have that name.
pub fn match_codes(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    stage.sql(
        "UPDATE staged_stores SET store_id = s.id FROM stores AS s
         WHERE s.code_key = staged_stores.code_key AND staged_stores.store_id IS NULL",
    )?;
    stage.sql(
        "UPDATE staged_stores SET store_id = s.id FROM stores AS s
         WHERE s.name_key = staged_stores.name_key AND s.code_key IS NULL
             AND staged_stores.code_key IS NOT NULL AND staged_stores.store_id IS NULL
             AND NOT EXISTS (
                 SELECT 1 FROM staged_stores AS other
                 WHERE other.name_key = staged_stores.name_key AND other.code_key <> staged_stores.code_key)
             AND NOT EXISTS (
                 SELECT 1 FROM staged_stores AS other
                 WHERE other.code_key = staged_stores.code_key
                     AND other.name_key NOT IN ('', staged_stores.name_key))",
    )?;
    Ok(())
}

/// Finds stores by their names, for rows without a code.
pub fn match_names(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    stage.sql(&format!(
        "UPDATE staged_stores SET store_id = n.store_id
         FROM (SELECT name_key, min(store_id) AS store_id FROM ({NAMED}) AS named GROUP BY name_key) AS n
         WHERE n.name_key = staged_stores.name_key
             AND staged_stores.code_key IS NULL AND staged_stores.store_id IS NULL"
    ))?;
    Ok(())
}

/// Adds the stores of rows that have found none: one for each `key`, as the last row has it.
fn create(stage: &mut Stage<'_, '_>, key: &str, which: &str) -> Result<i64, AppError> {
    stage.sql(&format!(
        "UPDATE staged_stores SET outcome = 'created' FROM (
            SELECT max(last_line) AS last_line FROM staged_stores
            WHERE store_id IS NULL AND outcome IS NULL AND {which} GROUP BY {key}
         ) AS winner
         WHERE winner.last_line = staged_stores.last_line"
    ))?;
    stage.sql_now(&format!(
        "INSERT INTO stores (name, name_key, code, code_key, search_key, {}, version, created_at, updated_at)
         SELECT name, name_key, code, code_key, search_key, {}, 1, $1, $1 FROM staged_stores
         WHERE outcome = 'created' AND store_id IS NULL ORDER BY line",
        OPTIONAL.join(", "),
        OPTIONAL.map(|column| format!("coalesce({column}, '')")).join(", "),
    ))
}

/// The fields that a store can do without.
const OPTIONAL: [&str; 6] = ["address", "city", "region", "postal_code", "country", "notes"];

/// What makes a row differ from its store.
const DIFFERS: &str = "(v.name, v.code, v.address, v.city, v.region, v.postal_code, v.country, v.notes)
    IS DISTINCT FROM (s.name, s.code, s.address, s.city, s.region, s.postal_code, s.country, s.notes)";

/// Changes the stores that differ.
fn apply(stage: &mut Stage<'_, '_>) -> Result<i64, AppError> {
    stage.sql(
        "UPDATE staged_stores SET repeats = w.earlier,
             outcome = CASE WHEN w.later IS NOT NULL THEN 'repeated' WHEN w.added = 1 THEN 'created' END
         FROM (
             SELECT line, lag(last_line) OVER same AS earlier, lead(last_line) OVER same AS later,
                 max(CASE WHEN outcome = 'created' THEN 1 ELSE 0 END) OVER (PARTITION BY store_id) AS added
             FROM staged_stores WHERE outcome IS NULL OR outcome = 'created'
             WINDOW same AS (PARTITION BY store_id ORDER BY last_line)
         ) AS w
         WHERE w.line = staged_stores.line",
    )?;
    fill(stage)?;
    search_keys(stage)?;
    stage.sql(&format!(
        "UPDATE staged_stores AS v SET outcome = CASE WHEN {DIFFERS} THEN 'updated' ELSE 'unchanged' END
         FROM stores AS s WHERE s.id = v.store_id AND v.outcome IS NULL"
    ))?;
    stage.tell_renamed()?;
    stage.sql_now(&format!(
        "UPDATE stores AS s SET name = v.name, name_key = v.name_key, code = v.code, code_key = v.code_key,
             address = v.address, city = v.city, region = v.region, postal_code = v.postal_code,
             country = v.country, notes = v.notes, search_key = v.search_key, version = s.version + 1, updated_at = $1
         FROM staged_stores AS v
         WHERE v.store_id = s.id AND v.outcome IN ('created', 'updated') AND {DIFFERS}"
    ))
}

/// Completes the rows that count with what their stores have where the row says nothing. A store keeps its code where the
/// row has an empty one, too: the row found it by its name.
fn fill(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    // In a file of items the name only says which store it is: another spelling of it is no other name.
    let same =
        if stage.told.import.columns.kind == Kind::Items { "v.name_key IN ('', s.name_key)" } else { "v.name = ''" };
    stage.sql(&format!(
        "UPDATE staged_stores AS v SET name = CASE WHEN {same} THEN s.name ELSE v.name END,
             name_key = coalesce(nullif(v.name_key, ''), s.name_key),
             code = coalesce(v.code, s.code), code_key = coalesce(v.code_key, s.code_key), {}
         FROM stores AS s WHERE s.id = v.store_id AND (v.outcome IS NULL OR v.outcome = 'created')",
        OPTIONAL.map(|column| format!("{column} = coalesce(v.{column}, s.{column})")).join(", ")
    ))?;
    Ok(())
}

/// Derives the search keys anew of rows that were completed.
fn search_keys(stage: &mut Stage<'_, '_>) -> Result<(), AppError> {
    let joined = "s.id = v.store_id AND (v.outcome IS NULL OR v.outcome = 'created')
        AND (v.name, v.code, v.city) IS";
    stage.sql(&format!(
        "UPDATE staged_stores AS v SET search_key = s.search_key FROM stores AS s
         WHERE {joined} NOT DISTINCT FROM (s.name, s.code, s.city)"
    ))?;
    let others = format!(
        "SELECT v.line, v.name, v.code, v.city AS more FROM staged_stores AS v JOIN stores AS s
         ON {joined} DISTINCT FROM (s.name, s.code, s.city) WHERE v.line > $1 ORDER BY v.line LIMIT 1000"
    );
    stage.derive_keys(&others, "UPDATE staged_stores SET search_key = $1 WHERE line = $2", |row| {
        let draft = StoreDraft { name: row.name, code: row.code, city: row.more, ..StoreDraft::default() };
        draft.with_keys().search_key
    })
}

/// Refuses the rows whose staged store `v` fulfils a condition, and the items in them.
pub fn refuse(stage: &mut Stage<'_, '_>, condition: &str, fault: &Fault) -> Result<(), AppError> {
    let stores = format!("v.outcome IS NULL AND ({condition})");
    if stage.told.import.columns.kind == Kind::Stores {
        return stage.refuse("staged_stores", &stores, fault).map(drop);
    }
    let items = format!("v.outcome IS NULL AND v.store_line IN (SELECT v.line FROM staged_stores AS v WHERE {stores})");
    stage.refuse("staged_items", &items, fault)?;
    stage.sql(&format!("UPDATE staged_stores AS v SET outcome = 'refused' WHERE {stores}")).map(drop)
}
