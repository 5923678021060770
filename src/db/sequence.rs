use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Conn;

/// Keeps ids given later from meeting this one, which a caller chose.
///
/// # Errors
/// Those of the database.
pub fn reserve_item_id(conn: &mut Conn, id: i64) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => {} // AUTOINCREMENT counts on from the largest id there ever was
        Conn::Postgres(conn) => {
            diesel::sql_query("SELECT setval('items_id_seq', greatest($1, nextval('items_id_seq')))")
                .bind::<BigInt, _>(id)
                .execute(conn)?;
        }
    }
    Ok(())
}
