use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Text};

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
    /// Inserts rows that have two numbers each, after the same `first` ones, with one statement: `into` is the table with
    /// its columns.
    ///
    /// # Errors
    /// Those of the database.
    pub fn insert_pairs(&mut self, into: &str, first: &[i64], pairs: &[(i64, i64)]) -> QueryResult<usize> {
        let first = first.iter().fold(String::new(), |list, number| list + &number.to_string() + ", ");
        match self {
            Self::Sqlite(conn) => {
                let rows: Vec<_> = pairs.iter().map(|(one, other)| format!("[{one},{other}]")).collect();
                diesel::sql_query(format!(
                    "INSERT INTO {into} SELECT {first}value ->> 0, value ->> 1 FROM json_each(?)"
                ))
                .bind::<Text, _>(format!("[{}]", rows.join(",")))
                .execute(conn)
            }
            Self::Postgres(conn) => {
                let (one, other): (Vec<i64>, Vec<i64>) = pairs.iter().copied().unzip();
                diesel::sql_query(format!("INSERT INTO {into} SELECT {first}* FROM unnest($1, $2) AS pairs"))
                    .bind::<Array<BigInt>, _>(one)
                    .bind::<Array<BigInt>, _>(other)
                    .execute(conn)
            }
        }
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
