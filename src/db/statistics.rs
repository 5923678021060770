use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::{Conn, Sql};

/// How many rows of an index SQLite looks at.
const SAMPLE: u32 = 1_000;

/// SQLite takes the search index's own tables for as small as they were when it last looked, and then reads them whole
/// for every few saves. Of tables it knows nothing about it expects much, which is right for these; and for an index of some rows
/// only, of which there are none yet.
const FORGET: &str =
    "DELETE FROM sqlite_stat1 WHERE tbl GLOB 'items_search_*' OR stat GLOB '0 *'; ANALYZE sqlite_schema";

impl Conn {
    /// Lets the planner look at all tables anew: they were made, or so many rows were written that it knows them no more.
    /// For PostgreSQL this is no part of a transaction.
    ///
    /// # Errors
    /// Those of the database.
    pub fn analyze(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(&format!("PRAGMA analysis_limit = {SAMPLE}; ANALYZE; {FORGET}")),
            // New rows are read in their table, not in the index alone, until it is vacuumed: some lists take five times as long.
            Self::Postgres(conn) => conn.batch_execute("VACUUM (ANALYZE)"),
        }
    }

    /// What SQLite's planner can look at one by one: indexes, and tables that are one. The search index is none of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn indexes(&mut self) -> QueryResult<Vec<String>> {
        let named: Sql<Text> = Sql::new(
            "SELECT i.name FROM sqlite_schema AS i JOIN pragma_table_list AS t ON t.name = i.tbl_name
            WHERE i.type = 'index' AND t.schema = 'main' AND t.type = 'table' AND NOT t.wr
            UNION SELECT t.name FROM pragma_table_list AS t WHERE t.schema = 'main' AND t.type = 'table' AND t.wr",
        );
        named.load(self)
    }

    /// Lets SQLite's planner look at one of [`indexes`](Self::indexes).
    ///
    /// # Errors
    /// Those of the database.
    pub fn analyze_index(&mut self, index: &str) -> QueryResult<()> {
        self.batch_execute(&format!("PRAGMA analysis_limit = {SAMPLE}; ANALYZE \"{index}\"; {FORGET}"))
    }

    /// Lets the planner look at the tables that have grown or shrunk much.
    ///
    /// # Errors
    /// Those of the database.
    pub fn analyze_what_changed(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(conn) => conn.batch_execute(&format!("PRAGMA optimize; {FORGET}")),
            Self::Postgres(_) => Ok(()), // the server does so by itself
        }
    }

    /// Lets the planner look at a table that was just filled.
    ///
    /// # Errors
    /// Those of the database.
    pub fn measure(&mut self, table: &str) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()), // it goes by the indexes
            Self::Postgres(conn) => conn.batch_execute(&format!("ANALYZE {table}")),
        }
    }
}
