//! Where an imported file waits to be compared with what is there: temporary tables of one connection.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;

use super::Conn;

diesel::table! {
    staged_stores (line) {
        line -> BigInt,
        last_line -> Nullable<BigInt>,
        name -> Text,
        name_key -> Text,
        code -> Nullable<Text>,
        code_key -> Nullable<Text>,
        address -> Nullable<Text>,
        city -> Nullable<Text>,
        region -> Nullable<Text>,
        postal_code -> Nullable<Text>,
        country -> Nullable<Text>,
        notes -> Nullable<Text>,
        search_key -> Text,
    }
}

diesel::table! {
    staged_items (line) {
        line -> BigInt,
        store_line -> BigInt,
        name -> Text,
        name_key -> Text,
        sku -> Nullable<Text>,
        sku_key -> Nullable<Text>,
        barcode -> Nullable<Text>,
        description -> Nullable<Text>,
        price_minor -> Nullable<BigInt>,
        quantity -> Nullable<BigInt>,
        says_tags -> Bool,
        search_key -> Text,
    }
}

diesel::table! {
    staged_tags (line, name_key) {
        line -> BigInt,
        name -> Text,
        name_key -> Text,
        search_key -> Text,
    }
}

/// A store as a file has it, checked. What the file says nothing of is empty, of the name an empty text.
#[derive(Debug, Insertable)]
#[diesel(table_name = staged_stores, treat_none_as_default_value = false)]
#[allow(missing_docs)] // the columns of stores
pub struct StagedStore {
    /// The first line that says so.
    pub line: i64,
    /// The last one; of items it is found out later.
    pub last_line: Option<i64>,
    pub name: String,
    pub name_key: String,
    pub code: Option<String>,
    pub code_key: Option<String>,
    pub address: Option<String>,
    pub city: Option<String>,
    pub region: Option<String>,
    pub postal_code: Option<String>,
    pub country: Option<String>,
    pub notes: Option<String>,
    pub search_key: String,
}

/// An item as a file has it, checked. What the file says nothing of is empty, of the name an empty text.
#[derive(Debug, Insertable)]
#[diesel(table_name = staged_items, treat_none_as_default_value = false)]
#[allow(missing_docs)] // the columns of items
pub struct StagedItem {
    /// Its line.
    pub line: i64,
    /// The line under which its store is staged.
    pub store_line: i64,
    pub name: String,
    pub name_key: String,
    pub sku: Option<String>,
    pub sku_key: Option<String>,
    pub barcode: Option<String>,
    pub description: Option<String>,
    pub price_minor: Option<i64>,
    pub quantity: Option<i64>,
    /// Whether its tags are all those that are staged for it.
    pub says_tags: bool,
    pub search_key: String,
}

/// A tag of an item in a file.
#[derive(Debug, Insertable)]
#[diesel(table_name = staged_tags, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct StagedTag {
    /// The item's line.
    pub line: i64,
    pub name: String,
    pub name_key: String,
    pub search_key: String,
}

/// The tables, with what is found out about a row later: `store_id`, `item_id` and `tag_id`, which row of
/// the database it means; `repeats`, which earlier line it repeats; `outcome`, what becomes of it. Empty as
/// long as that is open, then `created`, `updated`, `unchanged`, `repeated` or `refused`.
const TABLES: &str = "
CREATE TEMP TABLE staged_stores (
    line {id}, last_line BIGINT, name TEXT NOT NULL, name_key {key} NOT NULL, code TEXT, code_key {key},
    address TEXT, city TEXT, region TEXT, postal_code TEXT, country TEXT, notes TEXT, search_key TEXT NOT NULL,
    store_id BIGINT, repeats BIGINT, outcome TEXT
);
CREATE TEMP TABLE staged_items (
    line {id}, store_line BIGINT NOT NULL, name TEXT NOT NULL, name_key {key} NOT NULL, sku TEXT, sku_key {key},
    barcode TEXT, description TEXT, price_minor BIGINT, quantity BIGINT, says_tags BOOLEAN NOT NULL,
    search_key TEXT NOT NULL,
    store_id BIGINT, item_id BIGINT, repeats BIGINT, outcome TEXT
);
CREATE TEMP TABLE staged_tags (
    line BIGINT NOT NULL, name TEXT NOT NULL, name_key {key} NOT NULL, search_key {key} NOT NULL, tag_id BIGINT
);";

const INDEXES: &str = "
CREATE INDEX staged_stores_code ON staged_stores (code_key);
CREATE INDEX staged_stores_name ON staged_stores (name_key);
CREATE INDEX staged_items_store ON staged_items (store_line);
CREATE INDEX staged_tags_line ON staged_tags (line);";

impl Conn {
    /// Makes the staging tables. They live as long as this connection.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open_staging(&mut self) -> QueryResult<()> {
        let [id, key] = match self {
            Self::Sqlite(_) => ["INTEGER PRIMARY KEY", "TEXT"],
            Self::Postgres(_) => ["BIGINT PRIMARY KEY", "TEXT COLLATE \"C\""],
        };
        self.batch_execute(&TABLES.replace("{id}", id).replace("{key}", key))
    }

    /// Adds rows to the staging tables: a thousand stores and a thousand items at most, and their tags.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stage(&mut self, stores: &[StagedStore], items: &[StagedItem], tags: &[StagedTag]) -> QueryResult<()> {
        self.transaction(|conn| {
            match conn {
                Self::Sqlite(conn) => {
                    diesel::insert_into(staged_stores::table).values(stores).execute(conn)?;
                    diesel::insert_into(staged_items::table).values(items).execute(conn)?;
                    // A row has many tags, and a statement takes 32,766 values at most.
                    for tags in tags.chunks(1_000) {
                        diesel::insert_into(staged_tags::table).values(tags).execute(conn)?;
                    }
                }
                Self::Postgres(conn) => {
                    diesel::copy_from(staged_stores::table).from_insertable(stores).execute(conn)?;
                    diesel::copy_from(staged_items::table).from_insertable(items).execute(conn)?;
                    diesel::copy_from(staged_tags::table).from_insertable(tags).execute(conn)?;
                }
            }
            Ok(())
        })
    }

    /// Readies the staged rows for comparison.
    ///
    /// # Errors
    /// Those of the database.
    pub fn close_staging(&mut self) -> QueryResult<()> {
        self.batch_execute(INDEXES)?;
        self.measure_staging()
    }

    /// Lets the database see what is in the staging tables by now. PostgreSQL plans by it, and takes
    /// minutes where it still believes that no row has found its store; SQLite goes by the indexes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn measure_staging(&mut self) -> QueryResult<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(conn) => {
                conn.batch_execute("ANALYZE staged_stores; ANALYZE staged_items; ANALYZE staged_tags")
            }
        }
    }
}
