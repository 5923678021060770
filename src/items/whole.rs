use std::sync::Arc;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{Conn, Sql, Timestamp};
use crate::error::AppError;
use crate::schema::{items, stores};
use crate::stores::Names;
use crate::tags::TagsOfItem;
use crate::users::Scope;

/// An item as programs see it, without its store and its tags.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = items)]
#[allow(missing_docs)]
pub struct ItemFields {
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
}

/// An item with what programs see of its store and of its tags, got with one question.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = items)]
#[allow(missing_docs)]
pub struct WholeItem {
    #[diesel(embed)]
    pub item: ItemFields,
    #[diesel(select_expression = Sql::new("stores.name"), select_expression_type = Sql<Text>)]
    pub store_name: String,
    #[diesel(select_expression = TagsOfItem::named(), select_expression_type = Sql<Text>)]
    pub tags: TagsOfItem<(i64, String)>,
}

/// An item of a list: the names of its store and its tags are told by [`Names`].
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = items)]
#[allow(missing_docs)]
pub struct LinkedItem {
    #[diesel(embed)]
    pub item: ItemFields,
    #[diesel(select_expression = TagsOfItem::ids(), select_expression_type = Sql<Text>)]
    pub tags: TagsOfItem<i64>,
}

impl LinkedItem {
    /// These items with the names of their stores and tags, which may be newer than they are. Without what is deleted at this
    /// moment: a store takes its items along.
    ///
    /// # Errors
    /// Those of the database.
    pub fn whole(conn: &mut Conn, rows: Vec<Self>, names: &Names) -> Result<Vec<WholeItem>, AppError> {
        let stores: Vec<i64> = rows.iter().map(|row| row.item.store_id).collect();
        let tags: Vec<i64> = rows.iter().flat_map(|row| &row.tags.0).copied().collect();
        let (stores, tags) = (names.of_stores(conn, &stores)?, names.of_tags(conn, &tags)?);
        let mut tags = tags.into_iter();
        let whole = |(row, store): (Self, Option<Arc<String>>)| {
            // Each row takes the names of its tags, even if it is left out.
            let tags = row.tags.0.into_iter().zip(tags.by_ref());
            let tags = tags.filter_map(|(id, name)| Some((id, name?.to_string()))).collect();
            Some(WholeItem { item: row.item, store_name: store?.to_string(), tags: TagsOfItem(tags) })
        };
        Ok(rows.into_iter().zip(stores).filter_map(whole).collect())
    }
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
        scope.check(whole.item.store_id).map(|()| whole)
    }
}
