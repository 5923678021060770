use diesel::prelude::*;
use diesel::sql_types::Text;

use super::Conn;
use crate::error::AppError;

/// How many faults of one kind are listed.
const LISTED: &str = " LIMIT 100";

/// What must point at a row that is there: table, its column, the other table.
const LINKS: [[&str; 3]; 14] = [
    ["items", "store_id", "stores"],
    ["tags", "store_id", "stores"],
    ["item_tags", "item_id", "items"],
    ["item_tags", "tag_id", "tags"],
    ["changes", "change_set_id", "change_sets"],
    ["change_set_stores", "change_set_id", "change_sets"],
    ["bulk_edits", "change_set_id", "change_sets"],
    ["bulk_edit_items", "bulk_edit_id", "bulk_edits"],
    ["sessions", "user_id", "users"],
    ["api_tokens", "user_id", "users"],
    ["recovery_codes", "user_id", "users"],
    ["user_stores", "user_id", "users"],
    ["user_stores", "store_id", "stores"],
    ["invitation_stores", "store_id", "stores"],
];

/// The indexes that let a key be there once only, the same on both databases.
const UNIQUE: [&str; 7] = [
    "api_tokens_token_hash",
    "invitations_token_hash",
    "items_sku_key",
    "sessions_token_hash",
    "stores_code_key",
    "tags_name_key",
    "users_email_key",
];

/// The triggers that write the journal, guard it and keep the totals, the same on both databases.
const TRIGGERS: [&str; 29] = [
    "audit_events_are_never_deleted",
    "audit_events_are_never_updated",
    "changes_are_never_deleted",
    "changes_are_never_updated",
    "item_tags_are_never_updated",
    "item_tags_deleted",
    "item_tags_inserted",
    "item_tags_stay_in_their_store",
    "items_deleted",
    "items_deleted_are_counted",
    "items_inserted",
    "items_inserted_are_counted",
    "items_keep_their_id",
    "items_move_without_tags",
    "items_updated",
    "items_updated_are_counted",
    "stores_deleted",
    "stores_deleted_are_counted",
    "stores_inserted",
    "stores_inserted_are_counted",
    "stores_inserted_under_a_free_name",
    "stores_keep_their_id",
    "stores_updated",
    "stores_updated_to_a_free_name",
    "tags_deleted",
    "tags_inserted",
    "tags_keep_their_id",
    "tags_stay_in_their_store",
    "tags_updated",
];

/// Those of SQLite alone: they keep its search index up to date, and tell when access, a store or a tag changes.
const SQLITE_TRIGGERS: [&str; 21] = [
    "api_tokens_deleted_mark_access",
    "api_tokens_inserted_mark_access",
    "api_tokens_updated_mark_access",
    "items_search_deleted",
    "items_search_inserted",
    "items_search_updated",
    "sessions_deleted_mark_access",
    "sessions_inserted_mark_access",
    "sessions_updated_mark_access",
    "stores_deleted_mark_stores",
    "stores_inserted_mark_stores",
    "stores_updated_mark_stores",
    "tags_deleted_mark_stores",
    "tags_inserted_mark_stores",
    "tags_updated_mark_stores",
    "user_stores_deleted_mark_access",
    "user_stores_inserted_mark_access",
    "user_stores_updated_mark_access",
    "users_deleted_mark_access",
    "users_inserted_mark_access",
    "users_updated_mark_access",
];
/// Those of PostgreSQL alone, where a table can be emptied without a word of its rows.
const POSTGRES_TRIGGERS: [&str; 12] = [
    "api_tokens_mark_access",
    "audit_events_are_never_truncated",
    "changes_are_never_truncated",
    "item_tags_are_never_truncated",
    "items_are_never_truncated",
    "sessions_mark_access",
    "stores_are_never_truncated",
    "stores_mark_stores",
    "tags_are_never_truncated",
    "tags_mark_stores",
    "user_stores_mark_access",
    "users_mark_access",
];
/// The kept totals that differ from what there is. Worths are compared by their difference: it is small where they agree.
const WRONG_TOTALS: &str = "
WITH of_stores AS (
    SELECT stores.id AS store_id, 1 AS stores, count(items.id) AS items, coalesce(sum(items.quantity), 0) AS quantity,
        coalesce(sum(price_minor / 1000000000 * quantity + price_minor % 1000000000 * quantity / 1000000000), 0) AS worth_high,
        coalesce(sum(price_minor % 1000000000 * quantity % 1000000000), 0) AS worth_low
    FROM stores LEFT JOIN items ON items.store_id = stores.id GROUP BY stores.id
), real AS (
    SELECT * FROM of_stores
    UNION ALL
    SELECT 0, count(*), coalesce(sum(items), 0), coalesce(sum(quantity), 0), coalesce(sum(worth_high), 0), coalesce(sum(worth_low), 0)
    FROM of_stores
), kept AS (
    SELECT store_id, sum(stores) AS stores, sum(items) AS items, sum(quantity) AS quantity,
        sum(worth_high) AS worth_high, sum(worth_low) AS worth_low
    FROM totals GROUP BY store_id
)
SELECT CASE real.store_id WHEN 0 THEN 'all stores' ELSE 'store ' || real.store_id END || ': ' || real.items || ' items, '
    || real.quantity || ' in stock, but ' || coalesce(kept.items, 0) || ' and ' || coalesce(kept.quantity, 0)
    || CASE WHEN (real.worth_high - kept.worth_high) * 1000000000 + real.worth_low - kept.worth_low = 0
        THEN ' are kept' ELSE ' are kept, and another worth' END AS line
FROM real LEFT JOIN kept ON kept.store_id = real.store_id
WHERE kept.store_id IS NULL OR kept.stores <> real.stores OR kept.items <> real.items OR kept.quantity <> real.quantity
    OR (real.worth_high - kept.worth_high) * 1000000000 + real.worth_low - kept.worth_low <> 0
UNION ALL
SELECT 'totals are kept of store ' || store_id || ', which is not there' FROM kept
WHERE store_id NOT IN (SELECT store_id FROM real)";

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Conn {
    /// What is damaged in the storage: pages and indexes.
    ///
    /// # Errors
    /// Those of the database.
    pub fn damage(&mut self) -> Result<Vec<String>, AppError> {
        let found = self.lines(if self.is_sqlite() {
            "SELECT integrity_check AS line FROM pragma_integrity_check"
        } else {
            // PostgreSQL checks its pages itself when it reads them. This is what it knows to be unfinished.
            "SELECT 'index ' || indexrelid::REGCLASS || ' is not valid' AS line FROM pg_index WHERE NOT indisvalid
             UNION ALL
             SELECT 'constraint ' || conname || ' was never checked' FROM pg_constraint WHERE NOT convalidated"
        });
        match found {
            Ok(found) => Ok(found.into_iter().filter(|line| line != "ok").collect()),
            Err(AppError::Database(error)) if error.to_string().contains("readonly database") => {
                let why = "this file may not be written, which SQLite needs to read it where no server has it open. Check it \
                           as the user who runs the server";
                Err(AppError::Refused(why.to_owned()))
            }
            Err(AppError::Database(error)) if self.is_sqlite() => Ok(vec![error.to_string()]),
            Err(error) => Err(error),
        }
    }

    /// Rows that point at rows which are not there, and links between an item and another store's tag.
    ///
    /// # Errors
    /// Those of the database.
    pub fn broken_links(&mut self) -> Result<Vec<String>, AppError> {
        let mut found = Vec::new();
        for [table, column, other] in LINKS {
            found.extend(self.lines(&format!(
                "SELECT '{table}: no row of {other} has the id ' || {column} AS line FROM {table}
                 WHERE {column} IS NOT NULL
                 AND NOT EXISTS (SELECT 1 FROM {other} WHERE {other}.id = {table}.{column}){LISTED}"
            ))?);
        }
        found.extend(self.lines(&format!(
            "SELECT 'item ' || items.id || ' carries tag ' || tags.id || ' of another store' AS line FROM item_tags
             JOIN items ON items.id = item_tags.item_id JOIN tags ON tags.id = item_tags.tag_id
             WHERE items.store_id <> tags.store_id{LISTED}"
        ))?);
        Ok(found)
    }

    /// Kept totals that are not what there is.
    ///
    /// # Errors
    /// Those of the database.
    pub fn wrong_totals(&mut self) -> Result<Vec<String>, AppError> {
        self.lines(WRONG_TOTALS)
    }

    /// The triggers and unique indexes that are missing or switched off, and a change set left open.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open_doors(&mut self) -> Result<Vec<String>, AppError> {
        let present = self.lines(if self.is_sqlite() {
            "SELECT name AS line FROM sqlite_schema WHERE type = 'trigger'"
        } else {
            "SELECT tgname::TEXT AS line FROM pg_trigger WHERE tgenabled IN ('O', 'A')"
        })?;
        let own: &[_] = if self.is_sqlite() { &SQLITE_TRIGGERS } else { &POSTGRES_TRIGGERS };
        let missing = TRIGGERS.iter().chain(own).filter(|name| !present.iter().any(|known| known == *name));
        let mut found: Vec<_> = missing.map(|name| format!("the trigger {name} is missing or switched off")).collect();
        let indexes = self.lines(if self.is_sqlite() {
            "SELECT name AS line FROM sqlite_schema WHERE type = 'index'"
        } else {
            "SELECT indexname::TEXT AS line FROM pg_indexes"
        })?;
        let missing = UNIQUE.iter().filter(|name| !indexes.iter().any(|known| known == *name));
        found.extend(
            missing.map(|name| format!("the index {name} is missing: what it keeps single can be there twice")),
        );
        if self.is_sqlite() {
            found.extend(self.lines(
                "SELECT 'change set ' || change_set_id || ' was left open, so anybody can write under its name' AS line
                 FROM open_change_set",
            )?);
        }
        Ok(found)
    }

    /// The names of a table's columns.
    ///
    /// # Errors
    /// Those of the database.
    pub fn columns(&mut self, table: &str) -> Result<Vec<String>, AppError> {
        self.lines(&if self.is_sqlite() {
            format!("SELECT name AS line FROM pragma_table_info('{table}')")
        } else {
            format!("SELECT attname::TEXT AS line FROM pg_attribute WHERE attrelid = '{table}'::REGCLASS AND attnum > 0 AND NOT attisdropped")
        })
    }

    fn lines(&mut self, query: &str) -> Result<Vec<String>, AppError> {
        let rows: Vec<Line> = diesel::sql_query(query).load(self)?;
        Ok(rows.into_iter().map(|row| row.line).collect())
    }
}
