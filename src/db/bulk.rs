use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use super::{ChangeSet, Conn};
use crate::error::AppError;

/// How many rows to insert with one statement: many enough that a statement costs nothing, few
/// enough for the 32,766 values that SQLite takes in one.
pub const BATCH: usize = 1_000;

#[derive(QueryableByName)]
struct Id {
    #[diesel(sql_type = BigInt)]
    id: i64,
}

impl ChangeSet<'_> {
    /// Ids for rows to be inserted into `table` next, in rising order. No other row gets them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn reserve_ids(&mut self, table: &str, count: usize) -> Result<Vec<i64>, AppError> {
        let count = i64::try_from(count).unwrap_or(i64::MAX);
        match self.conn() {
            // The one writer is us, so what follows the last id stays free until we insert.
            Conn::Sqlite(conn) => {
                let last: Id =
                    diesel::sql_query("SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = ?), 0) AS id")
                        .bind::<Text, _>(table)
                        .get_result(conn)?;
                Ok((last.id + 1..=last.id + count).collect())
            }
            Conn::Postgres(conn) => {
                let ids: Vec<Id> = diesel::sql_query(
                    "SELECT nextval(sequence) AS id
                     FROM (SELECT pg_get_serial_sequence($1, 'id')::regclass AS sequence OFFSET 0) AS found,
                          generate_series(1, $2)",
                )
                .bind::<Text, _>(table)
                .bind::<BigInt, _>(count)
                .load(conn)?;
                Ok(ids.into_iter().map(|row| row.id).collect())
            }
        }
    }
}

impl Conn {
    /// Lets the planner look at the tables anew, after so many rows were written that it knows them no more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn analyze(&mut self) -> Result<(), AppError> {
        match self {
            Self::Sqlite(_) => {} // the writer does so when it ends
            Self::Postgres(conn) => drop(diesel::sql_query("ANALYZE").execute(conn)?),
        }
        Ok(())
    }
}

/// Inserts whole rows, a `Vec` of at most [`BATCH`], with one statement. PostgreSQL takes them in by COPY.
macro_rules! insert_batch {
    ($conn:expr, $table:expr, $rows:expr) => {
        match $conn {
            $crate::db::Conn::Sqlite(conn) => diesel::insert_into($table).values($rows).execute(conn),
            $crate::db::Conn::Postgres(conn) => diesel::copy_from($table).from_insertable($rows).execute(conn),
        }
    };
}
pub(crate) use insert_batch;
