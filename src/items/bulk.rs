use diesel::prelude::*;

use super::{Item, ItemDraft};
use crate::db::{BATCH, ChangeSet, insert_batch};
use crate::error::AppError;
use crate::schema::{item_tags, items};

impl Item {
    /// Adds many items, each with the ids of the tags it carries.
    ///
    /// # Errors
    /// `Invalid` if a SKU is taken.
    pub fn create_many(change: &mut ChangeSet<'_>, drafts: &[(ItemDraft, Vec<i64>)]) -> Result<(), AppError> {
        let at = change.at();
        for drafts in drafts.chunks(BATCH) {
            let ids = change.reserve_ids("items", drafts.len())?;
            let rows: Vec<_> = ids
                .iter()
                .zip(drafts)
                .map(|(id, (draft, _))| {
                    (
                        items::id.eq(*id),
                        draft,
                        items::version.eq(1_i64),
                        items::created_at.eq(at),
                        items::updated_at.eq(at),
                    )
                })
                .collect();
            insert_batch!(change.conn(), items::table, rows)?;
            let links = ids.iter().zip(drafts).flat_map(|(id, (_, tags))| tags.iter().map(|tag| (*id, *tag)));
            let links: Vec<_> =
                links.map(|(item, tag)| (item_tags::item_id.eq(item), item_tags::tag_id.eq(tag))).collect();
            for links in links.chunks(BATCH) {
                insert_batch!(change.conn(), item_tags::table, links.to_vec())?;
            }
        }
        Ok(())
    }
}
