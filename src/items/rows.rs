use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::search::{self, Bounds, Found, LookedAt};
use super::ways::Way;
use super::whole::LinkedItem;
use super::{Item, ItemFilter, WholeItem};
use crate::db::{Conn, Count, Cursor, Key, KeyKind, Keyset, Known, Page, Place, SortColumn, Sql, Timestamp};
use crate::error::AppError;
use crate::schema::items;
use crate::stores::Names;

/// A line of the list of items.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = items)]
#[allow(missing_docs)]
pub struct ItemRow {
    pub id: i64,
    pub name: String,
    pub name_key: String,
    pub sku: Option<String>,
    pub price_minor: i64,
    pub quantity: i64,
    #[diesel(deserialize_as = Timestamp)]
    pub updated_at: NaiveDateTime,
    pub store_id: i64,
}

/// The order of a list that is sorted by nothing else.
pub const BY_NAME: SortColumn = SortColumn { name: "name", sql: "items.name_key", id: "items.id", kind: KeyKind::Text };

/// What items can be sorted by.
pub const SORTS: [SortColumn; 4] = [
    BY_NAME,
    SortColumn { name: "price", sql: "items.price_minor", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "quantity", sql: "items.quantity", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "updated_at", sql: "items.updated_at", id: "items.id", kind: KeyKind::Time },
];

/// The order in which items were added.
pub const BY_ID: SortColumn = SortColumn { name: "id", sql: "items.id", id: "items.id", kind: KeyKind::Number };

/// What is remembered of how many items pass a filter: each page of a list tells it.
pub type Counts = Known<ItemFilter, Count>;

/// So many rows are tested, in the order of the list, before another way to fill the page is looked for.
const SOON: i64 = 2_000;

impl Item {
    /// The id and version of every item that passes `filter`, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn versions(conn: &mut Conn, filter: &ItemFilter) -> Result<Vec<(i64, i64)>, AppError> {
        let way = filter.way(conn, BY_ID)?.of_all();
        Ok(filter.matching(&way).select((items::id, items::version)).order(items::id).load(conn)?)
    }

    /// A page of the items that pass `filter`, with their number, which may be in `counts`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search(
        conn: &mut Conn,
        filter: &ItemFilter,
        keyset: &Keyset,
        counts: &Counts,
    ) -> Result<Found<ItemRow>, AppError> {
        keyset.page_or_first(
            |found: &Found<_>| &found.page,
            |keyset| {
                if filter.has_words() {
                    return Self::search_within(conn, filter, keyset, &Bounds::default());
                }
                let way = filter.way(conn, keyset.column)?;
                let count = *counts.get(filter, || filter.count(conn, &way))?;
                let (page, looked_at) = ItemRow::page(conn, filter, keyset, &way)?;
                Ok(Found { page, count, looked_at })
            },
        )
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
        ItemRow::found(conn, filter, keyset, bounds)
    }

    /// How many items pass `filter`, counted up to the cap where they have to be counted, and as far as a search tells it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count_matching(conn: &mut Conn, filter: &ItemFilter) -> Result<Count, AppError> {
        if filter.has_words() {
            let first = Keyset { column: BY_NAME, descending: false, cursor: Cursor::First, limit: 1 };
            return Ok(Self::search_within(conn, filter, &first, &Bounds::default())?.count);
        }
        let way = filter.way(conn, BY_ID)?;
        filter.count(conn, &way)
    }

    /// A page of the items that pass `filter` with everything about each item.
    ///
    /// # Errors
    /// Those of the database.
    pub fn whole_page(
        conn: &mut Conn,
        filter: &ItemFilter,
        keyset: &Keyset,
        names: &Names,
    ) -> Result<Page<WholeItem>, AppError> {
        let page = if filter.has_words() {
            LinkedItem::found(conn, filter, keyset, &Bounds::default())?.page
        } else {
            let way = filter.way(conn, keyset.column)?;
            LinkedItem::page(conn, filter, keyset, &way)?.0
        };
        let Page { rows, previous, next } = page;
        Ok(Page { rows: LinkedItem::whole(conn, rows, names)?, previous, next })
    }
}

/// What is the same for the items that a page lists and for those that the API lists.
macro_rules! listed {
    ($row:ty, |$item:ident| $fields:expr) => {
        impl $row {
            /// Where it stands in a list.
            fn place(&self, column: SortColumn) -> Place {
                let $item = self;
                let fields = &$fields;
                let key = match column.name {
                    "id" => Key::Number(fields.id),
                    "price" => Key::Number(fields.price_minor),
                    "quantity" => Key::Number(fields.quantity),
                    "updated_at" => Key::Time(fields.updated_at),
                    _ => Key::Text(fields.name_key.clone()),
                };
                Place(key, fields.id)
            }

            /// What a search finds.
            fn found(
                conn: &mut Conn,
                filter: &ItemFilter,
                keyset: &Keyset,
                bounds: &Bounds,
            ) -> Result<Found<Self>, AppError> {
                let load = |conn: &mut Conn, ids: &[i64]| {
                    items::table.select(Self::as_select()).filter(Sql::one_of("items.id", ids)).load(conn)
                };
                search::found(conn, filter, keyset, bounds, load, |row: &Self| row.place(keyset.column))
            }

            /// A page of a list that is filtered by no words.
            fn page(
                conn: &mut Conn,
                filter: &ItemFilter,
                keyset: &Keyset,
                way: &Way,
            ) -> Result<(Page<Self>, Option<LookedAt>), AppError> {
                let searched = |conn: &mut Conn| {
                    let found = Self::found(conn, filter, keyset, &Bounds::OF_FILTERS)?;
                    Ok((found.page, found.looked_at))
                };
                let soon = match way {
                    Way::InOrder(_) => search::edge(conn, filter, keyset, SOON)?,
                    Way::Searched => return searched(conn),
                    _ => None,
                };
                let mut query = keyset.beginning(items::table.into_boxed());
                if let Some(soon) = &soon {
                    query = query.filter(keyset.up_to(soon));
                }
                let query = filter.matching_of(query, way).select(Self::as_select());
                let rows: Vec<Self> = keyset.rows(query, conn)?;
                if soon.is_some() && rows.len() <= keyset.limit {
                    return searched(conn);
                }
                Ok((keyset.page(rows, |row| row.place(keyset.column)), None))
            }
        }
    };
}

listed!(ItemRow, |row| *row);
listed!(LinkedItem, |row| row.item);
