use chrono::NaiveDateTime;
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
            let rows: Vec<_> = ids.iter().zip(drafts).map(|(id, (draft, _))| draft.as_new(*id, at)).collect();
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

impl ItemDraft {
    /// The whole row: COPY takes nothing less.
    fn as_new(&self, id: i64, at: NaiveDateTime) -> Item {
        let draft = self.clone();
        Item {
            id,
            store_id: draft.store_id,
            name: draft.name,
            name_key: draft.name_key,
            sku: draft.sku,
            sku_key: draft.sku_key,
            barcode: draft.barcode,
            description: draft.description,
            price_minor: draft.price_minor,
            quantity: draft.quantity,
            search_key: draft.search_key,
            version: 1,
            created_at: at,
            updated_at: at,
        }
    }
}
