use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};

use super::{Conn, MultiBackend};

/// How many rows callers mostly ask for, with the one beyond the page. Each is a statement more that is kept prepared.
const USUAL: [i64; 7] = [11, 21, 26, 51, 101, 501, 1_001];

/// A query that stops after some rows. Diesel would bind their number, and PostgreSQL, which does not know it, would plan
/// each time anew: that takes longer than reading a page. So it stands in the statement.
pub struct Limited<Q> {
    query: Q,
    rows: i64,
    kept: bool,
}

impl<Q> Limited<Q> {
    /// Stops after so many rows, always as many for this query.
    pub fn new(query: Q, rows: i64) -> Self {
        Self { query, rows, kept: true }
    }

    /// Stops after as many rows as a caller chose.
    pub fn chosen(query: Q, rows: i64) -> Self {
        Self { query, rows, kept: USUAL.contains(&rows) }
    }
}

impl<Q: Query> Query for Limited<Q> {
    type SqlType = Q::SqlType;
}

impl<Q: QueryId> QueryId for Limited<Q> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<Q> RunQueryDsl<Conn> for Limited<Q> {}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Limited<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        self.query.walk_ast(out.reborrow())?;
        if !self.kept {
            out.unsafe_to_cache_prepared();
        }
        out.push_sql(" LIMIT ");
        out.push_sql(&self.rows.to_string());
        Ok(())
    }
}
