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

impl Hold {
    fn lock(self) -> &'static str {
        match self {
            Self::Present => "KEY SHARE",
            Self::ToChange => "NO KEY UPDATE",
            Self::ToDelete => "UPDATE",
        }
    }
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

    /// Holds a row until the transaction ends, once whoever else is saving it is done: what is read of it
    /// after this stays so. SQLite has one writer anyway.
    ///
    /// # Errors
    /// Those of the database.
    pub fn hold(&mut self, how: Hold, table: &str, id: i64) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(conn) => {
                conn.batch_execute(&format!("SELECT id FROM {table} WHERE id = {id} FOR {}", how.lock()))
            }
        }
    }

    /// Holds many rows: those of a query, in parentheses, that gives their ids.
    ///
    /// # Errors
    /// Those of the database.
    pub fn hold_all(&mut self, how: Hold, table: &str, ids: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(conn) => {
                // Rows in the order of their ids, so that no two wait for each other.
                let rows = format!("SELECT id FROM {table} WHERE id IN {ids} ORDER BY id FOR {}", how.lock());
                // No piece is worth reading a whole index for, however the planner sees it.
                conn.batch_execute(&format!("SET LOCAL random_page_cost = 1; SELECT count(*) FROM ({rows}) AS held"))
            }
        }
    }
}
