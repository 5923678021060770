use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{ChangeSet, Conn};
use crate::error::AppError;

/// What keeps a table in order row by row, and how to have it away and back.
#[derive(QueryableByName)]
struct Prop {
    #[diesel(sql_type = Text)]
    away: String,
    #[diesel(sql_type = Text)]
    back: String,
}

/// The indexes of a table, but for those of its keys.
const SQLITE_INDEXES: &str = "SELECT 'DROP INDEX \"' || replace(name, '\"', '\"\"') || '\"' AS away, sql AS back
    FROM sqlite_schema WHERE type = 'index' AND tbl_name = $1 AND sql IS NOT NULL";

const POSTGRES_INDEXES: &str = "SELECT format('DROP INDEX %s', indexrelid::regclass) AS away,
        pg_get_indexdef(indexrelid) AS back
    FROM pg_index WHERE indrelid = to_regclass($1)
    AND NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)";

const POSTGRES_FOREIGN_KEYS: &str =
    "SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
        format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back
    FROM pg_constraint WHERE conrelid = to_regclass($1) AND contype = 'f'";

/// While rows are added, the triggers are to look each of them up by its key: their plans are made once, when the
/// tables are still empty. Afterwards there is memory to sort a whole index in, and whole tables are read to check them.
const POSTGRES_BEFORE: &str = "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
const POSTGRES_AFTER: &str =
    "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on;
    SET LOCAL maintenance_work_mem = '256MB'";

impl ChangeSet<'_> {
    /// Runs `work`, which adds very many rows to `tables`. Those of them that are empty do without their indexes and
    /// foreign keys meanwhile: made anew for all rows together, these cost a fraction of what they cost row by row.
    /// On PostgreSQL, nobody else can read such a table until the change set ends.
    ///
    /// # Errors
    /// Those of `work`, and of the database where the rows do not fit an index or a foreign key.
    pub fn loading<T>(
        &mut self,
        tables: &[&str],
        work: impl FnOnce(&mut Self) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let mut props = Vec::new();
        for table in tables {
            if is_empty(self.conn(), table)? {
                props.extend(props_of(self.conn(), table)?);
            }
        }
        for prop in &props {
            self.conn().batch_execute(&prop.away)?;
        }
        if let Conn::Postgres(conn) = self.conn() {
            conn.batch_execute(POSTGRES_BEFORE)?;
        }
        let done = work(self)?;
        if let Conn::Postgres(conn) = self.conn() {
            conn.batch_execute(POSTGRES_AFTER)?;
        }
        for prop in &props {
            self.conn().batch_execute(&prop.back)?;
        }
        Ok(done)
    }
}

fn is_empty(conn: &mut Conn, table: &str) -> Result<bool, AppError> {
    let none = format!("NOT EXISTS (SELECT 1 FROM {table})");
    Ok(diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(&none)).get_result(conn)?)
}

fn props_of(conn: &mut Conn, table: &str) -> Result<Vec<Prop>, AppError> {
    let queries = match conn {
        Conn::Sqlite(_) => &[SQLITE_INDEXES][..],
        // A foreign key is checked much faster with the indexes in place, so it comes back after them.
        Conn::Postgres(_) => &[POSTGRES_INDEXES, POSTGRES_FOREIGN_KEYS][..],
    };
    let mut props = Vec::new();
    for query in queries {
        props.extend(diesel::sql_query(*query).bind::<Text, _>(table).load::<Prop>(conn)?);
    }
    Ok(props)
}
