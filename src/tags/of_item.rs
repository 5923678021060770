use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::sql_types::Text;
use serde::de::DeserializeOwned;

use crate::db::Sql;

/// What is told of each tag of an item, by id: with its name, or the id alone.
#[derive(Debug)]
pub struct TagsOfItem<T>(pub Vec<T>);

impl TagsOfItem<(i64, String)> {
    /// Gets them as one value beside an item, so that they are no question of their own.
    #[must_use]
    pub fn named() -> Sql<Text> {
        Sql::new("(SELECT ")
            .either(
                "json_group_array(json_array(tags.id, tags.name))",
                "coalesce(CAST(json_agg(json_build_array(tags.id, tags.name)) AS TEXT), '[]')",
            )
            .sql(" FROM item_tags JOIN tags ON tags.id = item_tags.tag_id WHERE item_tags.item_id = items.id)")
    }
}

impl TagsOfItem<i64> {
    /// The same of their ids.
    #[must_use]
    pub fn ids() -> Sql<Text> {
        Sql::new("(SELECT ")
            .either("json_group_array(item_tags.tag_id)", "coalesce(CAST(json_agg(item_tags.tag_id) AS TEXT), '[]')")
            .sql(" FROM item_tags WHERE item_tags.item_id = items.id)")
    }
}

impl<T: DeserializeOwned + Ord, DB: Backend> Queryable<Text, DB> for TagsOfItem<T>
where
    String: FromSql<Text, DB>,
{
    type Row = String;

    fn build(json: String) -> deserialize::Result<Self> {
        let mut tags: Vec<T> = serde_json::from_str(&json)?;
        tags.sort_unstable();
        Ok(Self(tags))
    }
}
