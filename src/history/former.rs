use std::collections::HashSet;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Record;
use super::model::Change;
use crate::db::Conn;
use crate::error::AppError;
use crate::users::Scope;

/// How far back to look for a version that somebody still has open.
const CHANGES_MAX: i64 = 1_000;

/// A record as it was in an earlier version.
#[derive(Debug)]
pub struct Former<T> {
    /// What people care about in it; the rest is as it is now.
    pub row: T,
    /// The tags that an item had.
    pub tags: HashSet<i64>,
}

impl Record {
    /// What `row`, which has `tags` now, was in an earlier version. `None` if the journal does not lead there: there was no
    /// such version, the record was deleted and came back since, or it was in a store then that is not in `scope`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn former<T: Serialize + DeserializeOwned>(
        self,
        conn: &mut Conn,
        row: &T,
        tags: impl IntoIterator<Item = i64>,
        version: i64,
        scope: &Scope,
    ) -> Result<Option<Former<T>>, AppError> {
        let internal = |error: serde_json::Error| AppError::Internal(error.to_string());
        let Value::Object(mut values) = serde_json::to_value(row).map_err(internal)? else { return Ok(None) };
        let mut tags: HashSet<i64> = tags.into_iter().collect();
        let mut until = None;
        let told_since = self.told_since(conn, scope)?;
        for change in self.changes(conn, 0, i64::MAX, CHANGES_MAX)? {
            // Tags may have changed in the same change set before the record did.
            if until.is_some_and(|until| change.change_set_id != until) || change.id <= told_since {
                break;
            }
            if change.table_name == "item_tags" {
                take_back_tag(&mut tags, &change);
            } else if change.operation != "update" {
                break;
            } else if until.is_none() {
                let before = change.before()?;
                let reached = before.get("version").and_then(Value::as_i64) == Some(version);
                let cared_for = |(name, _): &(String, Value)| self.columns().contains(&name.as_str());
                values.extend(before.into_iter().filter(cared_for));
                until = reached.then_some(change.change_set_id);
            }
        }
        let row = until.map(|_| serde_json::from_value(Value::Object(values)).map_err(internal)).transpose()?;
        Ok(row.map(|row| Former { row, tags }))
    }
}

fn take_back_tag(tags: &mut HashSet<i64>, change: &Change) {
    let Some(tag) = change.tag_id else { return };
    if change.operation == "insert" {
        tags.remove(&tag);
    } else {
        tags.insert(tag);
    }
}
