use std::fmt;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text, Timestamp};

use super::rows::Fault;
use super::run::{Event, Told};
use crate::db::Conn;
use crate::error::AppError;

/// How many rows are reported at a time.
const BATCH: usize = 1_000;

/// A condition that every staged row fulfils.
pub const ALL: &str = "1 = 1";

/// The staged rows, to be compared or written.
pub struct Stage<'a, 't> {
    pub conn: &'a mut Conn,
    pub told: &'a mut Told<'t>,
    /// When what is written is said to be.
    pub at: NaiveDateTime,
}

/// Rows that are written together, by their places. Displayed, a condition on the staged row `v`.
#[derive(Debug, Clone, Copy)]
pub struct Piece {
    pub after: i64,
    pub through: i64,
}

impl fmt::Display for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v.place > {} AND v.place <= {}", self.after, self.through)
    }
}

impl Stage<'_, '_> {
    /// Lets the database see what was found out about the staged rows.
    pub fn measure(&mut self) -> Result<(), AppError> {
        Ok(self.conn.measure_staging()?)
    }

    /// Runs a statement, and says how many rows it moved.
    pub fn sql(&mut self, sql: &str) -> Result<i64, AppError> {
        let moved = diesel::sql_query(sql).execute(self.conn)?;
        Ok(i64::try_from(moved).unwrap_or(i64::MAX))
    }

    /// Replaces a staging table by what a query gives. Its indexes are gone with it.
    pub fn replace(&mut self, table: &str, select: &str) -> Result<(), AppError> {
        self.sql(&format!("CREATE TEMP TABLE replacement AS {select}"))?;
        self.sql(&format!("DROP TABLE {table}"))?;
        self.sql(&format!("ALTER TABLE replacement RENAME TO {table}")).map(drop)
    }

    /// Counts what became of the rows `v` of a staging table that fulfil a condition.
    pub fn count(&mut self, table: &str, condition: &str) -> Result<(), AppError> {
        let select = format!("SELECT outcome, count(*) AS number FROM {table} AS v WHERE {condition} GROUP BY outcome");
        for outcome in diesel::sql_query(select).load::<Outcome>(self.conn)? {
            self.told.summary.rows.add(&outcome.outcome, outcome.number);
        }
        Ok(())
    }

    /// What a query gives as `number`.
    pub fn number(&mut self, select: &str) -> Result<i64, AppError> {
        Ok(diesel::sql_query(select).get_result::<Number>(self.conn)?.number)
    }

    /// Runs a statement in which `$1` is the time of this piece.
    pub fn sql_now(&mut self, sql: &str) -> Result<i64, AppError> {
        let moved = diesel::sql_query(sql).bind::<Timestamp, _>(self.at).execute(self.conn)?;
        Ok(i64::try_from(moved).unwrap_or(i64::MAX))
    }

    /// Refuses the rows `v` of a staging table that fulfil a condition, and tells them. Says how many.
    pub fn refuse(&mut self, table: &str, condition: &str, fault: &Fault) -> Result<i64, AppError> {
        let select = format!(
            "SELECT v.line, v.repeats FROM {table} AS v WHERE v.line > $1 AND {condition} ORDER BY v.line LIMIT {BATCH}"
        );
        self.each_line(&select, |stage, found| stage.told.tell_refused(found.line, fault))?;
        self.sql(&format!("UPDATE {table} AS v SET outcome = 'refused' WHERE {condition}"))
    }

    /// Reports the repeats among the rows `v` of a staging table that fulfil a condition.
    pub fn tell_repeats(&mut self, table: &str, condition: &str) -> Result<(), AppError> {
        let select = format!(
            "SELECT v.line, v.repeats FROM {table} AS v
             WHERE v.repeats IS NOT NULL AND v.line > $1 AND {condition} ORDER BY v.line LIMIT {BATCH}"
        );
        self.each_line(&select, |stage, found| {
            stage.told.tell(Event::Repeated { line: found.line, earlier: found.repeats.unwrap_or_default() });
        })
    }

    /// Reports the stores that are to be called otherwise: where two chains number their shops alike, the file of one means
    /// those of the other.
    pub fn tell_renamed(&mut self) -> Result<(), AppError> {
        let select = "SELECT v.last_line AS line, s.name AS former, v.name
             FROM staged_stores AS v JOIN stores AS s ON s.id = v.store_id
             WHERE v.outcome = 'updated' AND v.name_key <> s.name_key ORDER BY v.last_line";
        for Renamed { line, former, name } in diesel::sql_query(select).load(self.conn)? {
            self.told.tell(Event::Renamed { line, former: &former, name: &name });
        }
        Ok(())
    }

    fn each_line(&mut self, select: &str, mut each: impl FnMut(&mut Self, &Line)) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let found: Vec<Line> = diesel::sql_query(select).bind::<BigInt, _>(after).load(self.conn)?;
            for line in &found {
                each(self, line);
            }
            match found.last() {
                Some(last) => after = last.line,
                None => return Ok(()),
            }
        }
    }

    /// Derives search keys: `select` gives the rows beyond line `$1`, `update` keeps the key `$1` of line `$2`.
    pub fn derive_keys(
        &mut self,
        select: &str,
        update: &str,
        derive: impl Fn(Searched) -> String,
    ) -> Result<(), AppError> {
        let mut after = 0;
        loop {
            let rows: Vec<Searched> = diesel::sql_query(select).bind::<BigInt, _>(after).load(self.conn)?;
            match rows.last() {
                Some(last) => after = last.line,
                None => return Ok(()),
            }
            for row in rows {
                let line = row.line;
                diesel::sql_query(update).bind::<Text, _>(derive(row)).bind::<BigInt, _>(line).execute(self.conn)?;
            }
        }
    }
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = BigInt)]
    line: i64,
    #[diesel(sql_type = Nullable<BigInt>)]
    repeats: Option<i64>,
}

#[derive(QueryableByName)]
struct Renamed {
    #[diesel(sql_type = BigInt)]
    line: i64,
    #[diesel(sql_type = Text)]
    former: String,
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Outcome {
    #[diesel(sql_type = Text)]
    outcome: String,
    #[diesel(sql_type = BigInt)]
    number: i64,
}

#[derive(QueryableByName)]
struct Number {
    #[diesel(sql_type = BigInt)]
    number: i64,
}

/// A row with what can be searched for in it.
#[derive(QueryableByName)]
pub struct Searched {
    #[diesel(sql_type = BigInt)]
    line: i64,
    #[diesel(sql_type = Text)]
    pub name: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub code: Option<String>,
    #[diesel(sql_type = Text)]
    pub more: String,
}
