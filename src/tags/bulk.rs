use diesel::prelude::*;

use super::{Tag, TagDraft};
use crate::db::{BATCH, ChangeSet, insert_batch};
use crate::error::AppError;
use crate::schema::tags;

impl Tag {
    /// Adds many tags, each to the store with the id beside it, and returns their ids in the same order.
    ///
    /// # Errors
    /// `Invalid` if a name is taken.
    pub fn create_many(change: &mut ChangeSet<'_>, drafts: &[(i64, TagDraft)]) -> Result<Vec<i64>, AppError> {
        let ids = change.reserve_ids("tags", drafts.len())?;
        let at = change.at();
        for (ids, drafts) in ids.chunks(BATCH).zip(drafts.chunks(BATCH)) {
            let rows: Vec<_> = ids
                .iter()
                .zip(drafts)
                .map(|(id, (store_id, draft))| {
                    (
                        tags::id.eq(*id),
                        tags::store_id.eq(*store_id),
                        tags::name.eq(draft.name.clone()),
                        tags::name_key.eq(draft.name_key.clone()),
                        tags::version.eq(1_i64),
                        tags::created_at.eq(at),
                        tags::updated_at.eq(at),
                        tags::search_key.eq(draft.search_key.clone()),
                    )
                })
                .collect();
            insert_batch!(change.conn(), tags::table, rows)?;
        }
        Ok(ids)
    }
}
