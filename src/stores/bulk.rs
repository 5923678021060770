use chrono::NaiveDateTime;
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
            let rows: Vec<_> = ids.iter().zip(drafts).map(|(id, draft)| draft.as_new(*id, at)).collect();
            insert_batch!(change.conn(), stores::table, rows)?;
        }
        Ok(ids)
    }
}

impl StoreDraft {
    /// The whole row: COPY takes nothing less.
    fn as_new(&self, id: i64, at: NaiveDateTime) -> Store {
        let draft = self.clone();
        Store {
            id,
            name: draft.name,
            name_key: draft.name_key,
            code: draft.code,
            code_key: draft.code_key,
            address: draft.address,
            city: draft.city,
            region: draft.region,
            postal_code: draft.postal_code,
            country: draft.country,
            notes: draft.notes,
            search_key: draft.search_key,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}
