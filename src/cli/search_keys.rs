use diesel::prelude::*;

use super::batches::Batches;
use crate::db::{Actor, ChangeSet, Conn, Db, Source, Sql};
use crate::error::AppError;
use crate::fields::SEARCH_RULES;
use crate::items::ItemDraft;
use crate::stores::StoreDraft;
use crate::tags::TagDraft;

/// Makes the search keys of all there is anew if the rules for them have changed since they were made.
///
/// # Errors
/// Those of the database.
pub fn renew(db: &Db) -> Result<(), AppError> {
    let version = db.read_now(|conn| {
        let version: Sql<diesel::sql_types::BigInt> = Sql::new("SELECT version FROM search_rules");
        Ok(version.get_result::<i64>(conn)?)
    })?;
    if version >= SEARCH_RULES {
        return Ok(());
    }
    let program = Actor { name: "Stockroom".to_owned(), source: Source::CommandLine, user_id: None };
    db.write_now(program, |change| {
        // Of two processes that start at once, the second waits here and then has nothing to do.
        let newer: Sql = Sql::new("UPDATE search_rules SET version = ").number(SEARCH_RULES).sql(" WHERE version < ");
        if newer.number(SEARCH_RULES).execute(change.conn())? == 0 {
            return Ok(());
        }
        of_all(change, "stores", Batches::stores(), |store| {
            let key = StoreDraft::from(store).with_keys().search_key;
            (key != store.search_key).then_some((store.id, key))
        })?;
        of_all(change, "items", Batches::items(), |item| {
            let key = ItemDraft::from(item).with_keys().search_key;
            (key != item.search_key).then_some((item.id, key))
        })?;
        of_all(change, "tags", Batches::tags(), |tag| {
            let key = TagDraft::named(tag.name.clone()).search_key;
            (key != tag.search_key).then_some((tag.id, key))
        })?;
        change.call("Made everything findable by new rules for searching");
        Ok(())
    })
}

/// Keeps the new keys that `changed` gives with their rows' ids.
fn of_all<T: Clone>(
    change: &mut ChangeSet<'_>,
    table: &'static str,
    mut rows: Batches<T, impl Fn(&mut Conn, Option<&T>) -> QueryResult<Vec<T>>>,
    changed: impl Fn(&T) -> Option<(i64, String)>,
) -> Result<(), AppError> {
    while let Some(row) = rows.next(change.conn())? {
        if let Some((id, key)) = changed(&row) {
            let update: Sql = Sql::new("UPDATE ").sql(table).sql(" SET search_key = ").text(key);
            update.sql(" WHERE id = ").number(id).execute(change.conn())?;
        }
    }
    Ok(())
}
