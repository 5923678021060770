use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::Serialize;

use super::filter::Indexes;
use super::search::{self, Bounds, Found};
use super::tagging::{TagChoice, link};
use super::ways::Way;
use crate::db::{ChangeSet, Conn, Count, Key, KeyKind, Keyset, MultiBackend, Page, Place, SortColumn, Sql};
use crate::error::AppError;
use crate::fields::{FormErrors, fold, search_key};
use crate::schema::{item_tags, items, stores};
use crate::tags::Tag;
use crate::users::Scope;

/// Something a store has in stock, or had.
#[derive(Debug, Clone, Queryable, Insertable, Serialize)]
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
}

/// Which items a list shows.
#[derive(Debug, Clone, Default)]
pub struct ItemFilter {
    /// In the stores that somebody sees.
    pub scope: Scope,
    /// What was typed into the search: see [`search::Query`].
    pub words: String,
    /// Of this store only.
    pub store_id: Option<i64>,
    /// With this tag only.
    pub tag_id: Option<i64>,
    /// With a tag of this name only, whichever store's.
    pub tag_name: Option<String>,
    /// At this price or above, in minor units.
    pub min_price: Option<i64>,
    /// At this price or below, in minor units.
    pub max_price: Option<i64>,
    /// So many in stock, or more.
    pub min_quantity: Option<i64>,
    /// So many in stock, or less.
    pub max_quantity: Option<i64>,
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

/// What items can be sorted by.
pub const SORTS: [SortColumn; 4] = [
    SortColumn { name: "name", sql: "items.name_key", id: "items.id", kind: KeyKind::Text },
    SortColumn { name: "price", sql: "items.price_minor", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "quantity", sql: "items.quantity", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "updated_at", sql: "items.updated_at", id: "items.id", kind: KeyKind::Time },
];

/// The order in which items were added.
pub const BY_ID: SortColumn = SortColumn { name: "id", sql: "items.id", id: "items.id", kind: KeyKind::Number };

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

impl ItemFilter {
    pub(super) fn has_words(&self) -> bool {
        !self.words.trim().is_empty()
    }

    /// The items that pass, read in this way.
    pub(super) fn matching(&self, way: &Way) -> items::BoxedQuery<'_, MultiBackend> {
        // Without the stores: a count need not look each of them up, and a page has few.
        let mut query = items::table.into_boxed();
        if let Some(ids) = self.scope.ids() {
            query = query.filter(items::store_id.eq_any(ids.to_vec()));
        }
        if let Some(store_id) = self.store_id {
            query = query.filter(items::store_id.eq(store_id));
        }
        self.tests(way).into_iter().chain(self.term_conditions(Indexes::All)).fold(query, QueryDsl::filter)
    }
}

impl Item {
    /// The items beyond `id` in the order of their ids, `limit` at most, each with its store's name and code.
    ///
    /// # Errors
    /// Those of the database.
    pub fn beyond(conn: &mut Conn, id: i64, limit: i64) -> Result<Vec<(Self, String, Option<String>)>, AppError> {
        Ok(items::table
            .inner_join(stores::table)
            .filter(items::id.gt(id))
            .order(items::id)
            .limit(limit)
            .select((items::all_columns, stores::name, stores::code))
            .load(conn)?)
    }

    /// The item with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(items::table.find(id).first(conn)?)
    }

    /// The item with this id, if it is in a store that somebody sees.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible(conn: &mut Conn, scope: &Scope, id: i64) -> Result<Self, AppError> {
        let item = Self::find(conn, id)?;
        scope.check(item.store_id).map(|()| item)
    }

    /// How many items there are, counted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count(conn: &mut Conn) -> Result<i64, AppError> {
        Ok(items::table.count().get_result(conn)?)
    }

    /// The id and version of every item that passes `filter`, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn versions(conn: &mut Conn, filter: &ItemFilter) -> Result<Vec<(i64, i64)>, AppError> {
        let way = filter.way(conn, BY_ID)?;
        Ok(filter.matching(&way).select((items::id, items::version)).order(items::id).load(conn)?)
    }

    /// A page of the items that pass `filter`, with their number.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset) -> Result<Found<ItemRow>, AppError> {
        if filter.has_words() {
            return Self::search_within(conn, filter, keyset, &Bounds::default());
        }
        let way = filter.way(conn, keyset.column)?;
        let count = filter.count(conn, &way)?;
        Ok(Found { page: Self::read(conn, filter, keyset, &way)?, count, looked_at: None })
    }

    /// What a search by words finds, with other bounds to the work.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search_within(
        conn: &mut Conn,
        filter: &ItemFilter,
        keyset: &Keyset,
        bounds: &Bounds,
    ) -> Result<Found<ItemRow>, AppError> {
        let load = |conn: &mut Conn, ids: &[i64]| {
            items::table.filter(Sql::one_of("items.id", ids)).select(ItemRow::columns()).load(conn)
        };
        search::found(conn, filter, keyset, bounds, load, |row: &ItemRow| row.place(keyset.column))
    }

    /// How many items pass `filter`, counted up to the cap where they have to be counted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_matching(conn: &mut Conn, filter: &ItemFilter) -> Result<Count, AppError> {
        let way = filter.way(conn, BY_ID)?;
        filter.count(conn, &way)
    }

    fn read(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset, way: &Way) -> Result<Page<ItemRow>, AppError> {
        let mut query = filter.matching(way).select(ItemRow::columns()).order(keyset.order()).limit(keyset.fetch());
        if let Some(condition) = keyset.condition() {
            query = query.filter(condition);
        }
        Ok(keyset.page(query.load::<ItemRow>(conn)?, |row| row.place(keyset.column)))
    }

    /// A page of the items that pass `filter` with everything about each item.
    ///
    /// # Errors
    /// Those of the database.
    pub fn whole_page(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset) -> Result<Page<Self>, AppError> {
        let place = |item: &Self| item.place(keyset.column);
        if filter.has_words() {
            let load =
                |conn: &mut Conn, ids: &[i64]| items::table.filter(Sql::one_of("items.id", ids)).load::<Self>(conn);
            return Ok(search::found(conn, filter, keyset, &Bounds::default(), load, place)?.page);
        }
        let way = filter.way(conn, keyset.column)?;
        let mut query = filter.matching(&way).order(keyset.order()).limit(keyset.fetch());
        if let Some(condition) = keyset.condition() {
            query = query.filter(condition);
        }
        Ok(keyset.page(query.load(conn)?, place))
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
        Self::insert(change, None, draft, tags)
    }

    /// Adds an item under an id that the caller chose and nobody has.
    ///
    /// # Errors
    /// As [`create`](Self::create); `Stale` if the id is given to another item at this moment.
    pub fn create_as(change: &mut ChangeSet<'_>, id: i64, draft: &ItemDraft) -> Result<Self, AppError> {
        crate::db::reserve_item_id(change.conn(), id)?;
        Self::insert(change, Some(id), draft, &TagChoice::default())
    }

    fn insert(
        change: &mut ChangeSet<'_>,
        id: Option<i64>,
        draft: &ItemDraft,
        tags: &TagChoice,
    ) -> Result<Self, AppError> {
        draft.check_fits(change.conn(), None)?;
        let tag_ids = tags.resolve(change, draft.store_id)?;
        change.call(format!("Added item “{}”", draft.name));
        let at = change.at();
        let values = (draft, items::version.eq(1), items::created_at.eq(at), items::updated_at.eq(at));
        let insert = diesel::insert_into(items::table);
        let item: Self = match id {
            None => insert.values(values).returning(items::all_columns).get_result(change.conn())?,
            Some(id) => {
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

/// Where a row stands in a list: the same for what a list shows of an item and for the whole of it.
macro_rules! place {
    () => {
        fn place(&self, column: SortColumn) -> Place {
            let key = match column.name {
                "id" => Key::Number(self.id),
                "price" => Key::Number(self.price_minor),
                "quantity" => Key::Number(self.quantity),
                "updated_at" => Key::Time(self.updated_at),
                _ => Key::Text(self.name_key.clone()),
            };
            Place(key, self.id)
        }
    };
}

impl Item {
    place!();
}

impl ItemRow {
    fn columns() -> (
        items::id,
        items::name,
        items::name_key,
        items::sku,
        items::price_minor,
        items::quantity,
        items::updated_at,
        items::store_id,
    ) {
        (
            items::id,
            items::name,
            items::name_key,
            items::sku,
            items::price_minor,
            items::quantity,
            items::updated_at,
            items::store_id,
        )
    }

    place!();
}
