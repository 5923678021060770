use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{Conn, Sql, Timestamp};
use crate::error::AppError;
use crate::schema::{items, stores};
use crate::tags::TagNames;
use crate::users::Scope;

/// An item as programs see it: with what is shown of its store and of its tags, got with one question.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = items)]
#[allow(missing_docs)]
pub struct WholeItem {
    pub id: i64,
    pub store_id: i64,
    pub name: String,
    pub name_key: String,
    pub sku: Option<String>,
    pub barcode: String,
    pub description: String,
    pub price_minor: i64,
    pub quantity: i64,
    pub version: i64,
    #[diesel(deserialize_as = Timestamp)]
    pub created_at: NaiveDateTime,
    #[diesel(deserialize_as = Timestamp)]
    pub updated_at: NaiveDateTime,
    #[diesel(select_expression = Sql::new("stores.name"), select_expression_type = Sql<Text>)]
    pub store_name: String,
    #[diesel(select_expression = TagNames::of_item(), select_expression_type = Sql<Text>)]
    pub tags: TagNames,
}

impl WholeItem {
    /// The items beyond `id` in the order of their ids, `limit` at most, each with its store's code.
    ///
    /// # Errors
    /// Those of the database.
    pub fn beyond(conn: &mut Conn, id: i64, limit: i64) -> Result<Vec<(Self, Option<String>)>, AppError> {
        Ok(items::table
            .inner_join(stores::table)
            .filter(items::id.gt(id))
            .order(items::id)
            .limit(limit)
            .select((Self::as_select(), stores::code))
            .load(conn)?)
    }

    /// The item with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(items::table.left_join(stores::table).filter(items::id.eq(id)).select(Self::as_select()).get_result(conn)?)
    }

    /// The item with this id, if it is in a store that somebody sees.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible(conn: &mut Conn, scope: &Scope, id: i64) -> Result<Self, AppError> {
        let whole = Self::find(conn, id)?;
        scope.check(whole.store_id).map(|()| whole)
    }
}
