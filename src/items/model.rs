use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::Double;
use serde::Serialize;

use crate::db::{Capped, ChangeSet, Conn, Key, KeyKind, Keyset, Page, Place, SortColumn};
use crate::error::AppError;
use crate::fields::{FormErrors, fold, search_key};
use crate::schema::{item_tags, items, stores, tags};
use crate::tags::Tag;

/// Something a store has in stock, or had.
#[derive(Debug, Clone, Queryable, Serialize)]
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
    pub created_at: NaiveDateTime,
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

/// The tags that an item shall have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TagChoice {
    /// Tags that exist.
    pub ids: Vec<i64>,
    /// Tags by name; the store gets those that it does not have yet.
    pub names: Vec<String>,
}

/// A line of the list of items.
#[derive(Debug, Queryable)]
#[allow(missing_docs)]
pub struct ItemRow {
    pub id: i64,
    pub name: String,
    pub name_key: String,
    pub sku: Option<String>,
    pub price_minor: i64,
    pub quantity: i64,
    pub updated_at: NaiveDateTime,
    pub store_id: i64,
    pub store_name: String,
}

/// Which items a list shows.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// Words that all occur in the name, SKU or barcode.
    pub words: String,
    /// Of this store only.
    pub store_id: Option<i64>,
    /// With this tag only.
    pub tag_id: Option<i64>,
    /// With a tag of this name only, whichever store's.
    pub tag_name: Option<String>,
}

/// What items can be sorted by.
pub const SORTS: [SortColumn; 4] = [
    SortColumn { name: "name", sql: "items.name_key", id: "items.id", kind: KeyKind::Text },
    SortColumn { name: "price", sql: "items.price_minor", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "quantity", sql: "items.quantity", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "updated_at", sql: "items.updated_at", id: "items.id", kind: KeyKind::Time },
];

impl ItemDraft {
    /// Derives what is compared and searched from what was typed.
    #[must_use]
    pub fn with_keys(mut self) -> Self {
        self.name_key = fold(&self.name);
        self.sku_key = self.sku.as_deref().map(fold);
        self.search_key =
            search_key(&format!("{}\n{}\n{}", self.name, self.sku.as_deref().unwrap_or_default(), self.barcode));
        self
    }

    /// Finds what does not fit the rest of the catalogue, but for the item `id` itself.
    fn check_fits(&self, conn: &mut Conn, id: Option<i64>) -> Result<(), AppError> {
        let store = stores::table.find(self.store_id).select(stores::id).first::<i64>(conn).optional()?;
        if store.is_none() {
            return Err(FormErrors::one("store", "This store has been deleted. Pick another one.").into());
        }
        if let Some(sku_key) = &self.sku_key {
            let other = items::table
                .filter(items::store_id.eq(self.store_id))
                .filter(items::sku_key.eq(sku_key))
                .filter(items::id.ne(id.unwrap_or_default()))
                .select(items::name)
                .first::<String>(conn)
                .optional()?;
            if let Some(name) = other {
                return Err(
                    FormErrors::one("sku", format!("This SKU is already taken in this store, by “{name}”.")).into()
                );
            }
        }
        Ok(())
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

impl TagChoice {
    /// The ids, in the store `store_id`, of the tags chosen. A tag of another store stands for the
    /// tag of its name here.
    fn resolve(&self, change: &mut ChangeSet<'_>, store_id: i64) -> Result<Vec<i64>, AppError> {
        let chosen = Tag::among(change.conn(), &self.ids)?;
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
    /// The item with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(items::table.find(id).first(conn)?)
    }

    /// How many items there are.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count(conn: &mut Conn) -> Result<i64, AppError> {
        Ok(items::table.count().get_result(conn)?)
    }

    /// What everything in stock is worth, in minor units; exact up to 2^53.
    ///
    /// # Errors
    /// Those of the database.
    pub fn worth(conn: &mut Conn) -> Result<f64, AppError> {
        // As a float, because SQLite refuses a whole sum that overflows.
        let worth = diesel::dsl::sql::<Double>(
            "coalesce(sum(CAST(price_minor AS DOUBLE PRECISION) * quantity), CAST(0 AS DOUBLE PRECISION))",
        );
        Ok(items::table.select(worth).get_result(conn)?)
    }

    /// A page of the items that pass `filter`, with their number, counted up to the cap.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset) -> Result<(Page<ItemRow>, i64), AppError> {
        let matching = || {
            let mut query = items::table.inner_join(stores::table).into_boxed();
            if let Some(store_id) = filter.store_id {
                query = query.filter(items::store_id.eq(store_id));
            }
            if let Some(tag_id) = filter.tag_id {
                let tagged = item_tags::table.filter(item_tags::tag_id.eq(tag_id)).select(item_tags::item_id);
                query = query.filter(items::id.eq_any(tagged));
            }
            if let Some(name) = &filter.tag_name {
                let tagged = item_tags::table
                    .inner_join(tags::table)
                    .filter(tags::name_key.eq(fold(name.trim())))
                    .select(item_tags::item_id);
                query = query.filter(items::id.eq_any(tagged));
            }
            crate::db::words(&filter.words)
                .into_iter()
                .fold(query, |query, pattern| query.filter(items::search_key.like(pattern).escape('\\')))
        };
        let count = Capped(matching().select(items::id)).get_result(conn)?;
        let columns = (
            items::id,
            items::name,
            items::name_key,
            items::sku,
            items::price_minor,
            items::quantity,
            items::updated_at,
            items::store_id,
            stores::name,
        );
        let mut query = matching().select(columns).order(keyset.order()).limit(keyset.fetch());
        if let Some(condition) = keyset.condition() {
            query = query.filter(condition);
        }
        let page = keyset.page(query.load::<ItemRow>(conn)?, |row| row.place(keyset.column));
        Ok((page, count))
    }

    /// Adds an item.
    ///
    /// # Errors
    /// `Invalid` if there is no such store or tag, or the SKU is taken.
    pub fn create(change: &mut ChangeSet<'_>, draft: &ItemDraft, tags: &TagChoice) -> Result<Self, AppError> {
        draft.check_fits(change.conn(), None)?;
        let tag_ids = tags.resolve(change, draft.store_id)?;
        change.call(format!("Added item “{}”", draft.name));
        let at = change.at();
        let item: Self = diesel::insert_into(items::table)
            .values((draft, items::version.eq(1), items::created_at.eq(at), items::updated_at.eq(at)))
            .returning(items::all_columns)
            .get_result(change.conn())?;
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
        draft.check_fits(change.conn(), Some(id))?;
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

impl ItemRow {
    fn place(&self, column: SortColumn) -> Place {
        let key = match column.name {
            "price" => Key::Number(self.price_minor),
            "quantity" => Key::Number(self.quantity),
            "updated_at" => Key::Time(self.updated_at),
            _ => Key::Text(self.name_key.clone()),
        };
        Place(key, self.id)
    }
}

fn link(change: &mut ChangeSet<'_>, item_id: i64, tag_ids: &[i64]) -> Result<(), AppError> {
    for tag_id in tag_ids {
        diesel::insert_into(item_tags::table)
            .values((item_tags::item_id.eq(item_id), item_tags::tag_id.eq(tag_id)))
            .execute(change.conn())?;
    }
    Ok(())
}
