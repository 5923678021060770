//! What SQLite makes of a query, for tests that say which index it is read off.
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Integer, Text};

use super::rows::SORTS;
use crate::db::{Conn, Cursor, Key, KeyKind, Keyset, MultiBackend, Place, Purpose, SortColumn, migrate};

/// A query's plan in place of its rows. SQLite alone makes the same one whatever is in the tables.
#[derive(QueryId)]
struct Plan<Q>(Q);

impl<Q> Query for Plan<Q> {
    type SqlType = (Integer, Integer, Integer, Text);
}
impl<Q> RunQueryDsl<Conn> for Plan<Q> {}
impl<Q: QueryFragment<MultiBackend>> QueryFragment<MultiBackend> for Plan<Q> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, MultiBackend>) -> QueryResult<()> {
        out.push_sql("EXPLAIN QUERY PLAN ");
        self.0.walk_ast(out)
    }
}

/// The steps that SQLite takes for a query.
pub fn planned(conn: &mut Conn, query: impl QueryFragment<MultiBackend> + QueryId) -> Vec<String> {
    let steps = Plan(query).load::<(i32, i32, i32, String)>(conn).expect("a plan");
    steps.into_iter().map(|step| step.3).collect()
}

/// A connection to tables with nothing in them, and the folder that they are in.
pub fn tables() -> (tempfile::TempDir, Conn) {
    let folder = tempfile::tempdir().expect("a folder");
    let url = folder.path().join("stockroom.db").to_string_lossy().parse().expect("a file name");
    migrate(&url).expect("tables");
    let conn = Conn::open(&url, Purpose::Read).expect("a connection");
    (folder, conn)
}

/// Pages of every kind, in every order.
pub fn keysets() -> Vec<Keyset> {
    let key = |column: SortColumn| match column.kind {
        KeyKind::Text => Key::Text("m".to_owned()),
        KeyKind::Number => Key::Number(5),
        KeyKind::Time => Key::Time(crate::db::now()),
    };
    let cursors = |column| {
        [Cursor::First, Cursor::After(Place(key(column), 7)), Cursor::Before(Place(key(column), 7)), Cursor::Last]
    };
    let keysets = SORTS.into_iter().flat_map(|column| {
        cursors(column).into_iter().flat_map(move |cursor| {
            [false, true].map(|descending| Keyset { column, descending, cursor: cursor.clone(), limit: 50 })
        })
    });
    keysets.collect()
}
