use std::marker::PhantomData;

use chrono::NaiveDateTime;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, SingleValue, Text, Timestamp};

use super::{Conn, MultiBackend};

/// How long SQL is worth keeping prepared: of what people put together there are too many kinds for all to be kept.
const KEPT_MAX: usize = 60;

/// SQL that Diesel has no words for. Unlike `diesel::dsl::sql`, it lets the statement be kept
/// prepared: its text is fixed, values are bound.
#[derive(Debug, Clone)]
pub struct Sql<ST = Bool> {
    pieces: Vec<Piece>,
    sql_type: PhantomData<ST>,
}

#[derive(Debug, Clone)]
enum Piece {
    Sql(&'static str),
    /// As SQLite and as PostgreSQL write it.
    Either([&'static str; 2]),
    EitherText([String; 2]),
    Text(String),
    BigInt(i64),
    Timestamp(NaiveDateTime),
}

impl Sql<Bool> {
    /// The condition that `column` is one of `ids`. Diesel's `eq_any` would spell them out on SQLite, and so
    /// make another statement of every number of them.
    #[must_use]
    pub fn one_of(column: &'static str, ids: &[i64]) -> Self {
        Self::new(column).is_one_of(ids)
    }

    /// The same, where what there is already is the column.
    #[must_use]
    pub fn is_one_of(self, ids: &[i64]) -> Self {
        self.either(" IN (SELECT value FROM json_each(", " = ANY (CAST(").array(ids).either("))", " AS BIGINT[]))")
    }

    /// The same, to test one row after the other by: PostgreSQL would else read the ids anew for each.
    #[must_use]
    pub fn is_one_of_these(self, ids: &[i64]) -> Self {
        self.either(" IN (SELECT value FROM json_each(", " = ANY (CAST((SELECT CAST(")
            .array(ids)
            .either("))", " AS BIGINT[])) AS BIGINT[]))")
    }
}

impl Sql<BigInt> {
    /// The query that gives these ids.
    #[must_use]
    pub fn ids(ids: &[i64]) -> Self {
        Self::new("")
            .either("SELECT value AS id FROM json_each(", "SELECT unnest(CAST(")
            .array(ids)
            .either(")", " AS BIGINT[])) AS id")
    }
}

impl<ST> Sql<ST> {
    /// Begins with this text.
    #[must_use]
    pub fn new(sql: &'static str) -> Self {
        Self { pieces: vec![Piece::Sql(sql)], sql_type: PhantomData }
    }

    /// Goes on with this text.
    #[must_use]
    pub fn sql(mut self, sql: &'static str) -> Self {
        self.pieces.push(Piece::Sql(sql));
        self
    }

    /// Goes on with these ids, in JSON or as PostgreSQL writes an array, in one value.
    fn array(self, ids: &[i64]) -> Self {
        let ids = ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        self.either_text(format!("[{ids}]"), format!("{{{ids}}}"))
    }

    /// Goes on with other SQL.
    #[must_use]
    pub fn then<Other>(mut self, other: Sql<Other>) -> Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// Goes on with a bound text.
    #[must_use]
    pub fn text(mut self, value: impl Into<String>) -> Self {
        self.pieces.push(Piece::Text(value.into()));
        self
    }

    /// Goes on with a text that SQLite and PostgreSQL write differently.
    #[must_use]
    pub fn either(mut self, sqlite: &'static str, postgres: &'static str) -> Self {
        self.pieces.push(Piece::Either([sqlite, postgres]));
        self
    }

    /// Goes on with a bound text that differs between SQLite and PostgreSQL.
    #[must_use]
    pub fn either_text(mut self, sqlite: impl Into<String>, postgres: impl Into<String>) -> Self {
        self.pieces.push(Piece::EitherText([sqlite.into(), postgres.into()]));
        self
    }

    /// The same text, whose rows are what `Other` says.
    #[must_use]
    pub fn giving<Other>(self) -> Sql<Other> {
        Sql { pieces: self.pieces, sql_type: PhantomData }
    }

    /// Goes on with a bound number.
    #[must_use]
    pub fn number(mut self, value: i64) -> Self {
        self.pieces.push(Piece::BigInt(value));
        self
    }

    /// Goes on with a bound time.
    #[must_use]
    pub fn time(mut self, value: NaiveDateTime) -> Self {
        self.pieces.push(Piece::Timestamp(value));
        self
    }
}

/// A whole query, whose rows are what `ST` says.
impl<ST> Query for Sql<ST> {
    type SqlType = ST;
}
impl<ST> RunQueryDsl<Conn> for Sql<ST> {}

impl<ST: SingleValue> Expression for Sql<ST> {
    type SqlType = ST;
}
impl<ST> ValidGrouping<()> for Sql<ST> {
    type IsAggregate = is_aggregate::Never;
}
impl<ST, QS> AppearsOnTable<QS> for Sql<ST> where Self: Expression {}
impl<ST, QS> SelectableExpression<QS> for Sql<ST> where Self: Expression {}

impl<ST> QueryId for Sql<ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<ST> QueryFragment<MultiBackend> for Sql<ST> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        if self.pieces.len() > KEPT_MAX {
            out.unsafe_to_cache_prepared();
        }
        let backend = usize::from(matches!(out.backend(), MultiBackend::Postgres(_)));
        for piece in &self.pieces {
            match piece {
                Piece::Sql(sql) => out.push_sql(sql),
                Piece::Either(sql) => out.push_sql(sql[backend]),
                Piece::EitherText(values) => out.push_bind_param::<Text, _>(&values[backend])?,
                Piece::Text(value) => out.push_bind_param::<Text, _>(value)?,
                Piece::BigInt(value) => out.push_bind_param::<BigInt, _>(value)?,
                Piece::Timestamp(value) => out.push_bind_param::<Timestamp, _>(value)?,
            }
        }
        Ok(())
    }
}
