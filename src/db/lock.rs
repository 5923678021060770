use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Conn;

/// What only one transaction at a time may decide.
#[derive(Debug, Clone, Copy)]
pub enum Lock {
    /// Who is left as an administrator.
    Administrators,
    /// Whether one more attempt to sign in is free.
    SignIns,
}

/// What a row is held for.
#[derive(Debug, Clone, Copy)]
pub enum Hold {
    /// That nobody deletes it.
    Present,
    /// To be changed, while others may refer to it.
    ToChange,
    /// To be deleted.
    ToDelete,
}

/// The tables that save the catalogue, in the order in which an import takes them: who waited for it with rows in hand
/// would be waited for by it.
pub(super) const LOCK_TABLES: &str = "LOCK TABLE stores, items, tags, item_tags IN ROW EXCLUSIVE MODE";

impl Conn {
    /// Waits for its turn, and keeps it to the end of the transaction. SQLite has one writer anyway.
    ///
    /// # Errors
    /// Those of the database.
    pub fn lock(&mut self, what: Lock) -> QueryResult<()> {
        if let Self::Postgres(conn) = self {
            let number = match what {
                Lock::Administrators => 5_706_035_i64,
                Lock::SignIns => 5_706_036,
            };
            diesel::sql_query("SELECT pg_advisory_xact_lock($1)").bind::<BigInt, _>(number).execute(conn)?;
        }
        Ok(())
    }

    /// Holds a row until the transaction ends, once whoever else is saving it is done: what is read of it
    /// after this stays so. SQLite has one writer anyway.
    ///
    /// # Errors
    /// Those of the database.
    pub fn hold(&mut self, how: Hold, table: &str, id: i64) -> QueryResult<()> {
        let lock = match how {
            Hold::Present => "KEY SHARE",
            Hold::ToChange => "NO KEY UPDATE",
            Hold::ToDelete => "UPDATE",
        };
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(conn) => {
                conn.batch_execute(&format!("{LOCK_TABLES}; SELECT id FROM {table} WHERE id = {id} FOR {lock}"))
            }
        }
    }
}
