use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use super::{Conn, MultiBackend};

/// How far lists count. Beyond, "10,000+" is shown.
pub const COUNT_CAP: i64 = 10_000;

/// How many rows a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// As many.
    Exactly(i64),
    /// More than [`COUNT_CAP`]; nobody counted on.
    BeyondCap,
    /// As many, and maybe more.
    AtLeast(i64),
}

/// Counts the rows of a query, but stops one beyond a cap.
pub struct Capped<Q> {
    query: Q,
    stop: i64,
}

impl Count {
    /// Whether there is nothing.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::Exactly(0)
    }

    /// How many rows were counted: one more than the cap if there are more.
    #[must_use]
    pub fn counted(self) -> i64 {
        match self {
            Self::Exactly(rows) | Self::AtLeast(rows) => rows,
            Self::BeyondCap => COUNT_CAP + 1,
        }
    }
}

impl<Q> Query for Capped<Q> {
    type SqlType = BigInt;
}

impl<Q: QueryId> QueryId for Capped<Q> {
    type QueryId = Capped<Q::QueryId>;
    const HAS_STATIC_QUERY_ID: bool = Q::HAS_STATIC_QUERY_ID;
}

impl<Q> RunQueryDsl<Conn> for Capped<Q> {}

impl<Q: QueryFragment<MultiBackend> + QueryId> Capped<Q> {
    /// Counts the rows up to [`COUNT_CAP`].
    pub fn new(query: Q) -> Self {
        Self { query, stop: COUNT_CAP + 1 }
    }

    /// Whether there are `few` rows, or fewer.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_at_most(few: i64, query: Q, conn: &mut Conn) -> QueryResult<bool> {
        Ok(Self { query, stop: few + 1 }.get_result::<i64>(conn)? <= few)
    }

    /// Counts.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count(self, conn: &mut Conn) -> QueryResult<Count> {
        let counted: i64 = self.get_result(conn)?;
        Ok(if counted > COUNT_CAP { Count::BeyondCap } else { Count::Exactly(counted) })
    }
}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Capped<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT count(*) FROM (");
        self.query.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&self.stop)?;
        out.push_sql(") AS counted");
        Ok(())
    }
}
