use diesel::prelude::*;

use super::{Store, StoreDraft};
use crate::db::{BATCH, ChangeSet, insert_batch};
use crate::error::AppError;
use crate::schema::stores;

impl Store {
    /// Adds many stores, and returns their ids in the same order.
    ///
    /// # Errors
    /// `Invalid` if a name or code is taken.
    pub fn create_many(change: &mut ChangeSet<'_>, drafts: &[StoreDraft]) -> Result<Vec<i64>, AppError> {
        let ids = change.reserve_ids("stores", drafts.len())?;
        let at = change.at();
        for (ids, drafts) in ids.chunks(BATCH).zip(drafts.chunks(BATCH)) {
            let rows: Vec<_> = ids
                .iter()
                .zip(drafts)
                .map(|(id, draft)| {
                    (
                        stores::id.eq(*id),
                        draft,
                        stores::version.eq(1_i64),
                        stores::created_at.eq(at),
                        stores::updated_at.eq(at),
                    )
                })
                .collect();
            insert_batch!(change.conn(), stores::table, rows)?;
        }
        Ok(ids)
    }
}
