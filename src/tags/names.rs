use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, Queryable};
use diesel::sql_types::Text;

use crate::db::Sql;

/// The id and name of each tag of an item, by id.
#[derive(Debug)]
pub struct TagNames(pub Vec<(i64, String)>);

impl TagNames {
    /// Gets them as one value beside an item, so that they are no question of their own.
    #[must_use]
    pub fn of_item() -> Sql<Text> {
        Sql::new("(SELECT ")
            .either(
                "json_group_array(json_array(tags.id, tags.name))",
                "coalesce(CAST(json_agg(json_build_array(tags.id, tags.name)) AS TEXT), '[]')",
            )
            .sql(" FROM item_tags JOIN tags ON tags.id = item_tags.tag_id WHERE item_tags.item_id = items.id)")
    }
}

impl<DB: Backend> Queryable<Text, DB> for TagNames
where
    String: FromSql<Text, DB>,
{
    type Row = String;

    fn build(json: String) -> deserialize::Result<Self> {
        let mut names: Vec<(i64, String)> = serde_json::from_str(&json)?;
        names.sort_unstable_by_key(|(id, _)| *id);
        Ok(Self(names))
    }
}
