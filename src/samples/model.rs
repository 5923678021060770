use diesel::prelude::*;

use super::Invention;
use crate::db::{ChangeSet, Conn, Hold};
use crate::error::AppError;
use crate::schema::sample_data;

/// What there is to look at.
const SAMPLES: Invention = Invention { stores: 8, items: 400, seed: 1 };

/// Adds the sample data.
///
/// # Errors
/// Those of the database.
pub fn add(change: &mut ChangeSet<'_>) -> Result<(), AppError> {
    change.call("Added sample data");
    SAMPLES.add(change, |_| ())?;
    let id = change.id();
    diesel::insert_into(sample_data::table).values(sample_data::change_set_id.eq(id)).execute(change.conn())?;
    Ok(())
}

/// Whether there is sample data to remove.
///
/// # Errors
/// Those of the database.
pub fn are_there(conn: &mut Conn) -> Result<bool, AppError> {
    Ok(sample_data::table.select(sample_data::change_set_id).get_result::<i64>(conn).optional()?.is_some())
}

/// Removes what came with the sample data and was left as it came. What somebody has changed or added since stays, and
/// so do the stores and tags that it needs.
///
/// # Errors
/// Those of the database.
pub fn remove(change: &mut ChangeSet<'_>) -> Result<(), AppError> {
    let Some(id) = sample_data::table.select(sample_data::change_set_id).get_result::<i64>(change.conn()).optional()?
    else {
        return Ok(());
    };
    change.call("Removed the sample data");
    // Who is putting something in one of them ends first, and then it is not empty.
    for table in ["stores", "tags"] {
        change.conn().hold_all(Hold::ToDelete, table, &format!("({})", added(table, id)))?;
    }
    for (table, unless) in [
        ("items", ""),
        ("tags", "AND NOT EXISTS (SELECT 1 FROM item_tags WHERE tag_id = tags.id)"),
        (
            "stores",
            "AND NOT EXISTS (SELECT 1 FROM items WHERE store_id = stores.id)
             AND NOT EXISTS (SELECT 1 FROM tags WHERE store_id = stores.id)",
        ),
    ] {
        diesel::sql_query(format!("DELETE FROM {table} WHERE version = 1 {unless} AND id IN ({})", added(table, id)))
            .execute(change.conn())?;
    }
    diesel::delete(sample_data::table).execute(change.conn())?;
    Ok(())
}

/// The query for the ids that a change set added to a table.
fn added(table: &str, change_set_id: i64) -> String {
    format!(
        "SELECT row_id FROM changes
         WHERE change_set_id = {change_set_id} AND table_name = '{table}' AND operation = 'insert'"
    )
}
