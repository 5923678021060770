use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::BigInt;

use super::{Conn, MultiBackend};

/// How far lists count. Beyond, "10,000+" is shown.
pub const COUNT_CAP: i64 = 10_000;

/// How many rows a list holds, as far as they were counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// So many.
    Exactly(i64),
    /// So many, and maybe more.
    AtLeast(i64),
}

/// A count that [`Capped`] gave.
impl From<i64> for Count {
    fn from(capped: i64) -> Self {
        if capped > COUNT_CAP { Self::AtLeast(COUNT_CAP) } else { Self::Exactly(capped) }
    }
}

/// Counts the rows of a query, but stops one beyond [`COUNT_CAP`].
#[derive(QueryId)]
pub struct Capped<Q>(pub Q);

impl<Q> Query for Capped<Q> {
    type SqlType = BigInt;
}

impl<Q> RunQueryDsl<Conn> for Capped<Q> {}

impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Capped<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("SELECT count(*) FROM (");
        self.0.walk_ast(out.reborrow())?;
        out.push_sql(" LIMIT ");
        out.push_bind_param::<BigInt, _>(&(COUNT_CAP + 1))?;
        out.push_sql(") AS counted");
        Ok(())
    }
}
