use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::tagging::{TagChoice, link};
use crate::db::{ChangeSet, Conn, Timestamp};
use crate::error::AppError;
use crate::fields::{FormErrors, name_key, search_key};
use crate::history::Record;
use crate::schema::{item_tags, items, stores};
use crate::stores::{STORE_DELETED, Store};
use crate::tags::Tag;
use crate::users::Scope;

/// Something a store has in stock, or had.
#[derive(Debug, Clone, Queryable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = items, treat_none_as_default_value = false)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct Item {
    pub id: i64,
    pub store_id: i64,
    pub name: String,
    pub name_key: String,
    pub sku: Option<String>,
    pub sku_key: Option<String>,
    pub barcode: String,
    pub description: String,
    pub price_minor: i64,
    pub quantity: i64,
    pub search_key: String,
    pub version: i64,
    #[diesel(deserialize_as = Timestamp)]
    pub created_at: NaiveDateTime,
    #[diesel(deserialize_as = Timestamp)]
    pub updated_at: NaiveDateTime,
}

/// What a person decides about an item, checked; but for its tags.
#[derive(Debug, Clone, Default, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = items, treat_none_as_null = true, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct ItemDraft {
    pub store_id: i64,
    pub name: String,
    pub name_key: String,
    pub sku: Option<String>,
    pub sku_key: Option<String>,
    pub barcode: String,
    pub description: String,
    pub price_minor: i64,
    pub quantity: i64,
    pub search_key: String,
}

/// Whose items are listed by id, name and price.
#[derive(Debug, Clone, Copy)]
pub enum Whose {
    /// Those of a store.
    Store(i64),
    /// Those that have a tag.
    Tag(i64),
}

/// An item's id, name and price in minor units.
pub type Plain = (i64, String, i64);

impl ItemDraft {
    /// Derives what is compared and searched from what was typed.
    #[must_use]
    pub fn with_keys(mut self) -> Self {
        self.name_key = name_key(&self.name);
        self.sku_key = self.sku.as_deref().map(name_key);
        self.search_key =
            search_key(&format!("{}\n{}\n{}", self.name, self.sku.as_deref().unwrap_or_default(), self.barcode));
        self
    }

    /// Finds what does not fit the rest of the catalogue, but for the item `id` itself: faults are added to `errors`.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn check_fits(&self, conn: &mut Conn, id: Option<i64>, errors: &mut FormErrors) -> Result<(), AppError> {
        let sku_key = self.sku_key.as_ref().filter(|_| errors.on("sku").is_none());
        let other =
            items::store_id.eq(stores::id).and(items::sku_key.eq(sku_key)).and(items::id.ne(id.unwrap_or_default()));
        let taken_by = stores::table
            .left_join(items::table.on(other))
            .filter(stores::id.eq(self.store_id))
            .select(items::name.nullable())
            .get_result::<Option<String>>(conn)
            .optional()?;
        match taken_by {
            None => errors.add("store", STORE_DELETED),
            Some(Some(name)) => errors.add("sku", format!("This SKU is already taken in this store, by “{name}”.")),
            Some(None) => {}
        }
        Ok(())
    }

    /// Refuses what does not fit the rest of the catalogue, but for the item `id` itself.
    fn must_fit(&self, conn: &mut Conn, id: Option<i64>) -> Result<(), AppError> {
        let mut errors = FormErrors::default();
        self.check_fits(conn, id, &mut errors)?;
        Ok(errors.or(())?)
    }
}

impl From<&Item> for ItemDraft {
    fn from(item: &Item) -> Self {
        Self {
            store_id: item.store_id,
            name: item.name.clone(),
            name_key: item.name_key.clone(),
            sku: item.sku.clone(),
            sku_key: item.sku_key.clone(),
            barcode: item.barcode.clone(),
            description: item.description.clone(),
            price_minor: item.price_minor,
            quantity: item.quantity,
            search_key: item.search_key.clone(),
        }
    }
}

impl Item {
    /// The item with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(items::table.find(id).get_result(conn)?)
    }

    /// The item with this id, if it is in a store that somebody sees.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible(conn: &mut Conn, scope: &Scope, id: i64) -> Result<Self, AppError> {
        let item = Self::find(conn, id)?;
        scope.check(item.store_id).map(|()| item)
    }

    /// The same with its store.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible_with_store(conn: &mut Conn, scope: &Scope, id: i64) -> Result<(Self, Store), AppError> {
        let (item, store): (Self, Store) = items::table.find(id).inner_join(stores::table).get_result(conn)?;
        scope.check(item.store_id).map(|()| (item, store))
    }

    /// How many items there are, counted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count(conn: &mut Conn) -> Result<i64, AppError> {
        Ok(items::table.count().get_result(conn)?)
    }

    /// The next `limit` items after the id `after`, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn plain(conn: &mut Conn, whose: Whose, after: i64, limit: usize) -> Result<Vec<Plain>, AppError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let columns = (items::id, items::name, items::price_minor);
        Ok(match whose {
            Whose::Store(id) => items::table
                .filter(items::store_id.eq(id).and(items::id.gt(after)))
                .order(items::id)
                .limit(limit)
                .select(columns)
                .load(conn)?,
            Whose::Tag(id) => item_tags::table
                .inner_join(items::table)
                .filter(item_tags::tag_id.eq(id).and(item_tags::item_id.gt(after)))
                .order(item_tags::item_id)
                .limit(limit)
                .select(columns)
                .load(conn)?,
        })
    }

    /// Adds an item.
    ///
    /// # Errors
    /// `Invalid` if there is no such store or tag, or the SKU is taken.
    pub fn create(change: &mut ChangeSet<'_>, draft: &ItemDraft, tags: &TagChoice) -> Result<Self, AppError> {
        Self::insert(change, None, 1, draft, tags)
    }

    /// Adds an item under an id that the caller chose and nobody has. Something else may have had it: then its versions go on
    /// from there, so that nobody who still looks at that saves over this one.
    ///
    /// # Errors
    /// As [`create`](Self::create); `Stale` if the id is given to another item at this moment.
    pub fn create_as(change: &mut ChangeSet<'_>, id: i64, draft: &ItemDraft) -> Result<Self, AppError> {
        let version = Record::Item(id).last_version(change.conn())?.unwrap_or_default() + 1;
        Self::insert(change, Some(id), version, draft, &TagChoice::default())
    }

    fn insert(
        change: &mut ChangeSet<'_>,
        id: Option<i64>,
        version: i64,
        draft: &ItemDraft,
        tags: &TagChoice,
    ) -> Result<Self, AppError> {
        draft.must_fit(change.conn(), None)?;
        let tag_ids = tags.resolve(change, draft.store_id)?;
        change.call(format!("Added item “{}”", draft.name));
        let at = change.at();
        let values = (draft, items::version.eq(version), items::created_at.eq(at), items::updated_at.eq(at));
        let insert = diesel::insert_into(items::table);
        let item: Self = match id {
            None => insert.values(values).returning(items::all_columns).get_result(change.conn())?,
            Some(id) => {
                // Not before it is known that it fits: what is reserved stays so.
                crate::db::reserve_item_id(change.conn(), id)?;
                insert.values((items::id.eq(id), values)).returning(items::all_columns).get_result(change.conn())?
            }
        };
        link(change, item.id, &tag_ids)?;
        Ok(item)
    }

    /// Saves `draft` and the choice of tags over version `read`. Nothing is written where nothing differs.
    ///
    /// # Errors
    /// `NotFound` if there is no such item, `Stale` if it was saved since, `Invalid` if there is no
    /// such store or tag, or the SKU is taken.
    pub fn update(
        change: &mut ChangeSet<'_>,
        id: i64,
        read: i64,
        draft: &ItemDraft,
        tags: &TagChoice,
    ) -> Result<Self, AppError> {
        let item = Self::find(change.conn(), id)?;
        draft.must_fit(change.conn(), Some(id))?;
        let wanted = tags.resolve(change, draft.store_id)?;
        let mut present: Vec<i64> = Tag::of_item(change.conn(), id)?.iter().map(|tag| tag.id).collect();
        present.sort_unstable();
        if ItemDraft::from(&item) == *draft && present == wanted {
            return Ok(item);
        }
        if item.version != read {
            return Err(AppError::Stale);
        }
        change.call(format!("Edited item “{}”", draft.name));
        let gone: Vec<i64> = present.iter().copied().filter(|id| !wanted.contains(id)).collect();
        // Links go before the item moves to another store: they cannot come along.
        diesel::delete(item_tags::table.filter(item_tags::item_id.eq(id)).filter(item_tags::tag_id.eq_any(gone)))
            .execute(change.conn())?;
        let at = change.at();
        let item = diesel::update(items::table.filter(items::id.eq(id)).filter(items::version.eq(read)))
            .set((draft, items::version.eq(read + 1), items::updated_at.eq(at)))
            .returning(items::all_columns)
            .get_result(change.conn())
            .optional()?
            .ok_or(AppError::Stale)?;
        let added: Vec<i64> = wanted.into_iter().filter(|id| !present.contains(id)).collect();
        link(change, id, &added)?;
        Ok(item)
    }

    /// Deletes an item in version `read`.
    ///
    /// # Errors
    /// `NotFound` if there is no such item, `Stale` if it was saved since.
    pub fn delete(change: &mut ChangeSet<'_>, id: i64, read: i64) -> Result<Self, AppError> {
        let item = Self::find(change.conn(), id)?;
        change.call(format!("Deleted item “{}”", item.name));
        let deleted = diesel::delete(items::table.filter(items::id.eq(id)).filter(items::version.eq(read)))
            .execute(change.conn())?;
        if deleted == 1 { Ok(item) } else { Err(AppError::Stale) }
    }
}
