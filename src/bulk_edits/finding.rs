use chrono::TimeDelta;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Nullable, Text};

use super::judgement::{Range, judged, key};
use super::{BulkEdit, Operation, Verdict};
use crate::db::{Capped, Conn, Count, Sql};
use crate::error::AppError;
use crate::history::Record;
use crate::stores::full_name;
use crate::users::Scope;

/// How much earlier than a preview a save may have begun without which its items were read: it may have waited for its turn.
const LATE: TimeDelta = TimeDelta::seconds(5);

/// An item that the bulk edit leaves alone, or would.
#[derive(Debug)]
pub struct LeftAlone {
    /// Its id.
    pub item_id: i64,
    /// What it is called, or was when it was deleted, if that may be told.
    pub name: Option<String>,
    /// Its SKU, if it is still there and has one.
    pub sku: Option<String>,
    /// The full name of its store, if it is still there.
    pub store: Option<String>,
    /// Whether it is still there.
    pub exists: bool,
    /// Why.
    pub verdict: Verdict,
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = Nullable<Text>)]
    verdict: Option<String>,
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// What an item and its store are called.
const NAMES: &str = "items.name, items.sku, items.store_id, stores.name AS store_name, stores.code AS store_code";

#[derive(QueryableByName)]
struct Judged {
    #[diesel(sql_type = BigInt)]
    item_id: i64,
    #[diesel(sql_type = Nullable<Text>)]
    name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    sku: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    store_id: Option<i64>,
    #[diesel(sql_type = Nullable<Text>)]
    store_name: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    store_code: Option<String>,
    #[diesel(sql_type = Nullable<Text>)]
    verdict: Option<String>,
}

impl BulkEdit {
    /// How many of its items are as wanted already, and how many it cannot be done to.
    ///
    /// # Errors
    /// Those of the database.
    pub fn judge(&self, conn: &mut Conn) -> Result<(i64, i64), AppError> {
        let counts = self.count_verdicts(conn)?;
        let of = |wanted: &dyn Fn(Verdict) -> bool| {
            let fits = |counted: &&Counted| counted.verdict.as_deref().and_then(Verdict::named).is_some_and(wanted);
            counts.iter().filter(fits).map(|counted| counted.count).sum()
        };
        let refused = |verdict| !matches!(verdict, Verdict::Unchanged | Verdict::Stale | Verdict::Gone);
        Ok((of(&|verdict| verdict == Verdict::Unchanged), of(&refused)))
    }

    /// The ids of the first items that it would change.
    ///
    /// # Errors
    /// Those of the database.
    pub fn accepted(&self, conn: &mut Conn, limit: i64) -> Result<Vec<i64>, AppError> {
        let rows = self.judged(conn, "judged.verdict IS NULL", limit)?;
        Ok(rows.into_iter().map(|row| row.item_id).collect())
    }

    /// How many items it would change as things stand: each of its items is looked at.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_accepted(&self, conn: &mut Conn) -> Result<i64, AppError> {
        let counts = self.count_verdicts(conn)?;
        Ok(counts.iter().filter(|counted| counted.verdict.is_none()).map(|counted| counted.count).sum())
    }

    fn count_verdicts(&self, conn: &mut Conn) -> Result<Vec<Counted>, AppError> {
        let judged = judged(&self.operation, Range::all(self.id));
        let counts = format!("SELECT verdict, count(*) AS count FROM ({judged}) AS judged GROUP BY verdict");
        Ok(diesel::sql_query(counts).bind::<Text, _>(key(&self.operation)).load(conn)?)
    }

    /// How many of its items were changed or deleted since its preview began. The changed ones are looked for among the items
    /// that were changed last, which are few: not among its own, which may be all there are.
    ///
    /// # Errors
    /// Those of the database.
    pub fn changed_since(&self, conn: &mut Conn) -> Result<Count, AppError> {
        let changed: Sql =
            Sql::new("SELECT i.id AS id FROM items AS i CROSS JOIN bulk_edit_items AS f WHERE i.updated_at >= ")
                .time(self.created_at - LATE)
                .sql(" AND f.bulk_edit_id = ")
                .number(self.id)
                .sql(" AND f.item_id = i.id AND f.version <> i.version")
                .sql(" UNION ALL SELECT f.item_id FROM bulk_edit_items AS f WHERE f.bulk_edit_id = ")
                .number(self.id)
                .sql(" AND NOT EXISTS (SELECT 1 FROM items AS i WHERE i.id = f.item_id)");
        Ok(Capped::new(changed).count(conn)?)
    }

    /// How many of its items cost something now and would cost nothing, where prices change by a percentage or an amount.
    ///
    /// # Errors
    /// Those of the database.
    pub fn made_free(&self, conn: &mut Conn) -> Result<Count, AppError> {
        let Operation::ChangePrice(change) = self.operation else { return Ok(Count::Exactly(0)) };
        let Some((lowest, highest)) = change.made_free() else { return Ok(Count::Exactly(0)) };
        // Its own items first, in this order on SQLite: there may be a few among a million that cost as much.
        let free: Sql =
            Sql::new("SELECT i.id AS id FROM bulk_edit_items AS f CROSS JOIN items AS i WHERE f.bulk_edit_id = ")
                .number(self.id)
                .sql(" AND i.id = f.item_id AND f.version = i.version AND i.price_minor BETWEEN ")
                .number(lowest)
                .sql(" AND ")
                .number(highest);
        Ok(Capped::new(free).count(conn)?)
    }

    /// The first items that it cannot be done to, as things stand.
    ///
    /// # Errors
    /// Those of the database.
    pub fn refused(&self, conn: &mut Conn, scope: &Scope, limit: i64) -> Result<Vec<LeftAlone>, AppError> {
        let rows = self.judged(conn, "judged.verdict NOT IN ('unchanged', 'stale', 'gone')", limit)?;
        Ok(rows.into_iter().filter_map(|row| LeftAlone::of(row, scope)).collect())
    }

    fn judged(&self, conn: &mut Conn, condition: &str, limit: i64) -> Result<Vec<Judged>, AppError> {
        let judged = judged(&self.operation, Range::all(self.id));
        Ok(diesel::sql_query(format!(
            "SELECT judged.item_id, {NAMES}, judged.verdict FROM ({judged}) AS judged
             LEFT JOIN items ON items.id = judged.item_id LEFT JOIN stores ON stores.id = items.store_id
             WHERE {condition} ORDER BY judged.item_id LIMIT {limit}"
        ))
        .bind::<Text, _>(key(&self.operation))
        .load(conn)?)
    }

    /// How many items were left alone for each reason.
    ///
    /// # Errors
    /// Those of the database.
    pub fn counts_left_alone(&self, conn: &mut Conn) -> Result<Vec<(Verdict, i64)>, AppError> {
        let counts: Vec<Counted> = diesel::sql_query(format!(
            "SELECT verdict, count(*) AS count FROM bulk_edit_items
             WHERE bulk_edit_id = {} AND verdict IS NOT NULL GROUP BY verdict ORDER BY verdict",
            self.id
        ))
        .load(conn)?;
        let named = |counted: Counted| Some((Verdict::named(&counted.verdict?)?, counted.count));
        Ok(counts.into_iter().filter_map(named).collect())
    }

    /// The first items that were left alone, for somebody who sees these stores.
    ///
    /// # Errors
    /// Those of the database.
    pub fn left_alone(&self, conn: &mut Conn, scope: &Scope, limit: i64) -> Result<Vec<LeftAlone>, AppError> {
        let rows: Vec<Judged> = diesel::sql_query(format!(
            "SELECT f.item_id, {NAMES}, f.verdict FROM bulk_edit_items AS f
             LEFT JOIN items ON items.id = f.item_id LEFT JOIN stores ON stores.id = items.store_id
             WHERE f.bulk_edit_id = {} AND f.verdict IS NOT NULL ORDER BY f.item_id LIMIT {limit}",
            self.id
        ))
        .load(conn)?;
        let mut items: Vec<_> = rows.into_iter().filter_map(|row| LeftAlone::of(row, scope)).collect();
        for item in items.iter_mut().filter(|item| !item.exists) {
            item.name = Record::Item(item.item_id).last_name(conn, scope)?;
        }
        Ok(items)
    }

    /// Whether somebody sees the store of each of its items that is still to be changed. They may see fewer than at the preview;
    /// what has moved to another store since is left alone anyway.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_within(&self, conn: &mut Conn, scope: &Scope) -> Result<bool, AppError> {
        let Some(ids) = scope.ids() else { return Ok(true) };
        let beyond: Sql = Sql::new(
            "SELECT i.id AS id FROM bulk_edit_items AS f JOIN items AS i ON i.id = f.item_id WHERE f.bulk_edit_id = ",
        )
        .number(self.id)
        .sql(" AND f.version = i.version AND f.verdict IS NULL AND NOT i.store_id")
        .is_one_of(ids);
        let target = match self.operation {
            Operation::Move { store_id, .. } => scope.has(store_id),
            _ => true,
        };
        Ok(target && Capped::is_at_most(0, beyond, conn)?)
    }
}

impl LeftAlone {
    fn of(row: Judged, scope: &Scope) -> Option<Self> {
        let is_seen = row.store_id.is_some_and(|id| scope.has(id));
        Some(Self {
            item_id: row.item_id,
            exists: row.name.is_some(),
            name: row.name.filter(|_| is_seen),
            sku: row.sku.filter(|_| is_seen),
            store: row.store_name.filter(|_| is_seen).map(|name| full_name(&name, row.store_code.as_deref())),
            verdict: Verdict::named(&row.verdict?)?,
        })
    }
}
