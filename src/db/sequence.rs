use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Conn;

/// Keeps ids given from now on from meeting this one, which a caller chose and is about to use.
///
/// # Errors
/// Those of the database.
pub fn reserve_item_id(conn: &mut Conn, id: i64) -> QueryResult<()> {
    match conn {
        Conn::Sqlite(_) => {} // AUTOINCREMENT counts on from the largest id there ever was
        Conn::Postgres(conn) => {
            // One at a time until the row is there: of two that set a sequence at once, one would set it back.
            diesel::sql_query("SELECT pg_advisory_xact_lock('items_id_seq'::regclass::oid::bigint)").execute(conn)?;
            // Not where it is beyond already: setting it to what it was would take back ids given meanwhile.
            diesel::sql_query(
                "SELECT setval('items_id_seq', $1) FROM items_id_seq WHERE last_value < $1 OR NOT is_called",
            )
            .bind::<BigInt, _>(id)
            .execute(conn)?;
        }
    }
    Ok(())
}
