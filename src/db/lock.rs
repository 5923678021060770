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
}
