use diesel::prelude::*;

use super::{Item, TAGS_MAX};
use crate::db::{ChangeSet, Conn};
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::schema::{item_tags, items};
use crate::tags::Tag;
use crate::users::Scope;

/// The tags that an item shall have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagChoice {
    /// The stores that whoever chooses sees: tags of others are not there.
    pub scope: Scope,
    /// Tags that exist.
    pub ids: Vec<i64>,
    /// Tags by name; the store gets those that it does not have yet.
    pub names: Vec<String>,
}

impl TagChoice {
    /// The ids, in the store `store_id`, of the tags chosen. A tag of another store stands for the
    /// tag of its name here.
    pub(super) fn resolve(&self, change: &mut ChangeSet<'_>, store_id: i64) -> Result<Vec<i64>, AppError> {
        let chosen = Tag::among(change.conn(), &self.scope, &self.ids)?;
        if self.ids.iter().any(|id| !chosen.iter().any(|tag| tag.id == *id)) {
            let fault =
                "A tag that you had chosen was deleted meanwhile. It is gone from this form; save again to go on.";
            return Err(FormErrors::one("tags", fault).into());
        }
        let (here, elsewhere): (Vec<Tag>, Vec<Tag>) = chosen.into_iter().partition(|tag| tag.store_id == store_id);
        let mut ids: Vec<i64> = here.iter().map(|tag| tag.id).collect();
        let names: Vec<String> = self.names.iter().cloned().chain(elsewhere.into_iter().map(|tag| tag.name)).collect();
        ids.extend(Tag::ensure(change, store_id, &names)?.iter().map(|tag| tag.id));
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }
}

impl Item {
    /// Puts a tag of its store on an item. An item that has it stays as it is.
    ///
    /// # Errors
    /// `NotFound` if there is no such item or tag, `Refused` if the tag is another store's, or the item has as many as it can.
    pub fn add_tag(change: &mut ChangeSet<'_>, id: i64, tag_id: i64) -> Result<(Self, Tag), AppError> {
        let (item, tag, linked) = Self::with_tag(change.conn(), id, tag_id)?;
        if item.store_id != tag.store_id {
            let why = "Make sure item and tag belong to the same store before linking.";
            return Err(AppError::Refused(why.to_owned()));
        }
        if linked {
            return Ok((item, tag));
        }
        let others: i64 = item_tags::table.filter(item_tags::item_id.eq(id)).count().get_result(change.conn())?;
        if usize::try_from(others).is_ok_and(|others| others >= TAGS_MAX) {
            return Err(AppError::Refused(format!("An item can have {TAGS_MAX} tags at most.")));
        }
        change.call(format!("Tagged item “{}” with “{}”", item.name, tag.name));
        let item = item.touch(change)?;
        link(change, id, &[tag_id])?;
        Ok((item, tag))
    }

    /// Takes a tag off an item.
    ///
    /// # Errors
    /// `NotFound` if there is no such item or tag, or the item does not have it.
    pub fn remove_tag(change: &mut ChangeSet<'_>, id: i64, tag_id: i64) -> Result<(Self, Tag), AppError> {
        let (item, tag, linked) = Self::with_tag(change.conn(), id, tag_id)?;
        if !linked {
            return Err(AppError::NotFound);
        }
        change.call(format!("Took tag “{}” off item “{}”", tag.name, item.name));
        let item = item.touch(change)?;
        diesel::delete(item_tags::table.find((id, tag_id))).execute(change.conn())?;
        Ok((item, tag))
    }

    fn with_tag(conn: &mut Conn, id: i64, tag_id: i64) -> Result<(Self, Tag, bool), AppError> {
        let (item, tag) = (Self::find(conn, id)?, Tag::find(conn, tag_id)?);
        let link = item_tags::table.find((id, tag_id)).select(item_tags::item_id).get_result::<i64>(conn).optional()?;
        Ok((item, tag, link.is_some()))
    }

    /// Counts up the version of an item whose tags change, and locks it.
    fn touch(&self, change: &mut ChangeSet<'_>) -> Result<Self, AppError> {
        let at = change.at();
        diesel::update(items::table.filter(items::id.eq(self.id)).filter(items::version.eq(self.version)))
            .set((items::version.eq(self.version + 1), items::updated_at.eq(at)))
            .returning(items::all_columns)
            .get_result(change.conn())
            .optional()?
            .ok_or(AppError::Stale)
    }
}

pub(super) fn link(change: &mut ChangeSet<'_>, item_id: i64, tag_ids: &[i64]) -> Result<(), AppError> {
    for tag_id in tag_ids {
        diesel::insert_into(item_tags::table)
            .values((item_tags::item_id.eq(item_id), item_tags::tag_id.eq(tag_id)))
            .execute(change.conn())?;
    }
    Ok(())
}
