use chrono::NaiveDateTime;
use diesel::prelude::*;
use diesel::sql_types::Text;

use super::search::{self, Bounds, Found};
use super::ways::Way;
use super::{Item, ItemFilter, WholeItem};
use crate::db::{Conn, Count, Key, KeyKind, Keyset, Page, Place, SortColumn, Sql, Timestamp};
use crate::error::AppError;
use crate::schema::items;
use crate::stores::Store;

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
    #[diesel(select_expression = Store::name_of_item(), select_expression_type = Sql<Text>)]
    pub store_name: String,
}

/// What items can be sorted by.
pub const SORTS: [SortColumn; 4] = [
    SortColumn { name: "name", sql: "items.name_key", id: "items.id", kind: KeyKind::Text },
    SortColumn { name: "price", sql: "items.price_minor", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "quantity", sql: "items.quantity", id: "items.id", kind: KeyKind::Number },
    SortColumn { name: "updated_at", sql: "items.updated_at", id: "items.id", kind: KeyKind::Time },
];

/// The order in which items were added.
pub const BY_ID: SortColumn = SortColumn { name: "id", sql: "items.id", id: "items.id", kind: KeyKind::Number };

impl Item {
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
            items::table.filter(Sql::one_of("items.id", ids)).select(ItemRow::as_select()).load(conn)
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
        let rows = keyset.page_query(filter.matching(way).select(ItemRow::as_select())).load(conn)?;
        Ok(keyset.page(rows, |row: &ItemRow| row.place(keyset.column)))
    }

    /// A page of the items that pass `filter` with everything about each item.
    ///
    /// # Errors
    /// Those of the database.
    pub fn whole_page(conn: &mut Conn, filter: &ItemFilter, keyset: &Keyset) -> Result<Page<WholeItem>, AppError> {
        let place = |whole: &WholeItem| whole.place(keyset.column);
        if filter.has_words() {
            let load = |conn: &mut Conn, ids: &[i64]| {
                items::table.filter(Sql::one_of("items.id", ids)).select(WholeItem::as_select()).load(conn)
            };
            return Ok(search::found(conn, filter, keyset, &Bounds::default(), load, place)?.page);
        }
        let way = filter.way(conn, keyset.column)?;
        let rows = keyset.page_query(filter.matching(&way).select(WholeItem::as_select())).load(conn)?;
        Ok(keyset.page(rows, place))
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

impl WholeItem {
    place!();
}

impl ItemRow {
    place!();
}
