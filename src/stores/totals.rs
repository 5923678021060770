use diesel::prelude::*;
use diesel::sql_types::{BigInt, Text};

use crate::db::{Conn, Sql};
use crate::error::AppError;
use crate::schema::totals;
use crate::users::Scope;

/// The number under which the totals of the whole catalogue are kept.
const EVERYTHING: i64 = 0;
/// What `worth_high` counts: the worth is kept in two parts, since SQLite's whole numbers are too small for it.
const HIGH: i128 = 1_000_000_000;

/// How much there is, as triggers keep it: nothing is counted or added up to know it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many stores.
    pub stores: i64,
    /// How many items.
    pub items: i64,
    /// How many pieces of all items together.
    pub quantity: i128,
    /// What these are worth, in minor units.
    pub worth: i128,
}

impl Totals {
    /// Those of the stores that somebody sees.
    ///
    /// # Errors
    /// Those of the database.
    pub fn visible(conn: &mut Conn, scope: &Scope) -> Result<Self, AppError> {
        Self::sum(conn, seen_by(scope))
    }

    /// Those of a store; nothing, if there is none.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_store(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Self::sum(conn, of_one(id))
    }

    /// How many items the stores have that somebody sees. Each list asks that.
    ///
    /// # Errors
    /// Those of the database.
    pub fn items_visible(conn: &mut Conn, scope: &Scope) -> Result<i64, AppError> {
        items(conn, seen_by(scope))
    }

    /// How many items there are, and how many of them somebody sees who does not see all.
    ///
    /// # Errors
    /// Those of the database.
    pub fn items_seen(conn: &mut Conn, scope: &Scope) -> Result<Option<[i64; 2]>, AppError> {
        if *scope == Scope::All {
            return Ok(None);
        }
        Ok(Some([Self::items_visible(conn, &Scope::All)?, Self::items_visible(conn, scope)?]))
    }

    /// How many items a store has.
    ///
    /// # Errors
    /// Those of the database.
    pub fn items_of_store(conn: &mut Conn, id: i64) -> Result<i64, AppError> {
        items(conn, of_one(id))
    }

    fn sum(conn: &mut Conn, which: Sql) -> Result<Self, AppError> {
        let sums = (
            Sql::<BigInt>::new("CAST(coalesce(sum(totals.stores), 0) AS BIGINT)"),
            Sql::<BigInt>::new(ITEMS),
            Sql::<Text>::new("CAST(coalesce(sum(totals.quantity), 0) AS TEXT)"),
            Sql::<Text>::new("CAST(coalesce(sum(totals.worth_high), 0) AS TEXT)"),
            Sql::<Text>::new("CAST(coalesce(sum(totals.worth_low), 0) AS TEXT)"),
        );
        let query = totals::table.filter(which).select(sums);
        let (stores, items, quantity, high, low) = query.get_result::<(i64, i64, String, String, String)>(conn)?;
        Ok(Self { stores, items, quantity: whole(&quantity), worth: worth(&high, &low) })
    }
}

const ITEMS: &str = "CAST(coalesce(sum(totals.items), 0) AS BIGINT)";

fn items(conn: &mut Conn, which: Sql) -> Result<i64, AppError> {
    Ok(totals::table.filter(which).select(Sql::<BigInt>::new(ITEMS)).get_result(conn)?)
}

fn seen_by(scope: &Scope) -> Sql {
    scope.ids().map_or_else(|| of_one(EVERYTHING), |ids| Sql::one_of("totals.store_id", ids))
}

fn of_one(id: i64) -> Sql {
    Sql::new("totals.store_id = ").number(id)
}

/// The worth that two columns give.
pub(crate) fn worth(high: &str, low: &str) -> i128 {
    whole(high).saturating_mul(HIGH).saturating_add(whole(low))
}

/// A sum. Beyond its whole numbers SQLite goes on with floats.
pub(crate) fn whole(sum: &str) -> i128 {
    #[allow(clippy::cast_possible_truncation)] // it saturates
    sum.parse().unwrap_or_else(|_| sum.parse::<f64>().unwrap_or_default() as i128)
}
