use std::collections::HashMap;
use std::fmt;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::Totals;
use crate::db::{
    Capped, ChangeSet, Conn, Count, Hold, Key, KeyKind, Keyset, MultiBackend, Page, Place, SortColumn, Sql, Timestamp,
};
use crate::error::AppError;
use crate::fields::{FormErrors, name_key, search_key};
use crate::schema::{item_tags, items, stores, tags};
use crate::users::Scope;

/// A place that stocks items.
#[derive(Debug, Clone, Queryable, Insertable, Serialize, Deserialize)]
#[diesel(table_name = stores, treat_none_as_default_value = false)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct Store {
    pub id: i64,
    pub name: String,
    pub name_key: String,
    pub code: Option<String>,
    pub code_key: Option<String>,
    pub address: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
    pub notes: String,
    pub search_key: String,
    pub version: i64,
    #[diesel(deserialize_as = Timestamp)]
    pub created_at: NaiveDateTime,
    #[diesel(deserialize_as = Timestamp)]
    pub updated_at: NaiveDateTime,
}

/// What a person decides about a store, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Insertable, AsChangeset)]
#[diesel(table_name = stores, treat_none_as_null = true, treat_none_as_default_value = false)]
#[allow(missing_docs)]
pub struct StoreDraft {
    pub name: String,
    pub name_key: String,
    pub code: Option<String>,
    pub code_key: Option<String>,
    pub address: String,
    pub city: String,
    pub region: String,
    pub postal_code: String,
    pub country: String,
    pub notes: String,
    pub search_key: String,
}

/// How many items are deleted by one statement, where all of a store are.
const DELETED_AT_ONCE: i64 = 10_000;

/// What goes with a store when it is deleted.
#[derive(Debug)]
pub struct Contents {
    /// How many items.
    pub items: Count,
    /// How many tags, counted up to the cap.
    pub tags: Count,
    /// The names of a few of the items.
    pub item_names: Vec<String>,
}

impl Contents {
    /// How many items and tags, as far as they were counted.
    #[must_use]
    pub fn numbers(&self) -> [i64; 2] {
        [self.items, self.tags].map(Count::counted)
    }
}

/// What stores can be sorted by.
pub const SORTS: [SortColumn; 2] = [
    SortColumn { name: "name", sql: "stores.name_key", id: "stores.id", kind: KeyKind::Text },
    SortColumn { name: "updated_at", sql: "stores.updated_at", id: "stores.id", kind: KeyKind::Time },
];

/// The order in which stores were added.
pub const BY_ID: SortColumn = SortColumn { name: "id", sql: "stores.id", id: "stores.id", kind: KeyKind::Number };

impl StoreDraft {
    /// Derives what is compared and searched from what was typed.
    #[must_use]
    pub fn with_keys(mut self) -> Self {
        self.name_key = name_key(&self.name);
        self.code_key = self.code.as_deref().map(name_key);
        self.search_key =
            search_key(&format!("{}\n{}\n{}", self.name, self.code.as_deref().unwrap_or_default(), self.city));
        self
    }

    /// Finds what clashes with other stores than `id`: faults are added to `errors`.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn check_fits(&self, conn: &mut Conn, id: Option<i64>, errors: &mut FormErrors) -> Result<(), AppError> {
        let others = || stores::table.filter(stores::id.ne(id.unwrap_or_default())).select(stores::id).into_boxed();
        let same_name = others().filter(stores::name_key.eq(&self.name_key));
        let clashing = if self.code.is_some() { same_name.filter(stores::code.is_null()) } else { same_name };
        if errors.on("name").is_none() && clashing.first::<i64>(conn).optional()?.is_some() {
            errors.add("name", "This name is already taken. Two stores can share a name only if both have a code.");
        }
        if let Some(code_key) = self.code_key.as_ref().filter(|_| errors.on("code").is_none())
            && others().filter(stores::code_key.eq(code_key)).first::<i64>(conn).optional()?.is_some()
        {
            errors.add("code", "This code is already taken.");
        }
        Ok(())
    }

    /// Refuses what clashes with other stores than `id`.
    fn must_fit(&self, conn: &mut Conn, id: Option<i64>) -> Result<(), AppError> {
        let mut errors = FormErrors::default();
        self.check_fits(conn, id, &mut errors)?;
        Ok(errors.or(())?)
    }
}

impl From<&Store> for StoreDraft {
    fn from(store: &Store) -> Self {
        Self {
            name: store.name.clone(),
            name_key: store.name_key.clone(),
            code: store.code.clone(),
            code_key: store.code_key.clone(),
            address: store.address.clone(),
            city: store.city.clone(),
            region: store.region.clone(),
            postal_code: store.postal_code.clone(),
            country: store.country.clone(),
            notes: store.notes.clone(),
            search_key: store.search_key.clone(),
        }
    }
}

/// A store's name, and its code behind it if it has one: no other store that is there is called so.
#[must_use]
pub fn full_name(name: &str, code: Option<&str>) -> String {
    code.map_or_else(|| name.to_owned(), |code| format!("{name} ({code})"))
}

/// The full names of stores, each with its code, by whose they are.
#[must_use]
pub fn names_by(rows: Vec<(i64, String, Option<String>)>) -> HashMap<i64, Vec<String>> {
    let mut names: HashMap<i64, Vec<String>> = HashMap::new();
    for (whose, name, code) in rows {
        names.entry(whose).or_default().push(full_name(&name, code.as_deref()));
    }
    names
}

impl fmt::Display for Store {
    /// The store in one line, told apart from others of its name: `Hy-Vee (2506), BURLINGTON`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.full_name())?;
        if self.city.is_empty() { Ok(()) } else { write!(f, ", {}", self.city) }
    }
}

impl Store {
    /// The store with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(stores::table.find(id).get_result(conn)?)
    }

    /// Whether there is a store with this id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_there(conn: &mut Conn, id: i64) -> Result<bool, AppError> {
        Ok(diesel::select(diesel::dsl::exists(stores::table.find(id))).get_result(conn)?)
    }

    /// The store with this id, if it is among those that somebody sees.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible(conn: &mut Conn, scope: &Scope, id: i64) -> Result<Self, AppError> {
        scope.check(id)?;
        Self::find(conn, id)
    }

    /// Its [`full_name`].
    #[must_use]
    pub fn full_name(&self) -> String {
        full_name(&self.name, self.code.as_deref())
    }

    /// The names of the stores with these ids.
    ///
    /// # Errors
    /// Those of the database.
    pub fn names(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, String>, AppError> {
        let named = stores::table.filter(Sql::one_of("stores.id", ids)).select((stores::id, stores::name));
        Ok(named.load::<(i64, String)>(conn)?.into_iter().collect())
    }

    /// How many stores there are, counted.
    ///
    /// # Errors
    /// Those of the database.
    pub fn count(conn: &mut Conn) -> Result<i64, AppError> {
        Ok(stores::table.count().get_result(conn)?)
    }

    /// The stores beyond `id` in the order of their ids, `limit` at most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn beyond(conn: &mut Conn, id: i64, limit: i64) -> Result<Vec<Self>, AppError> {
        Ok(stores::table.filter(stores::id.gt(id)).order(stores::id).limit(limit).load(conn)?)
    }

    /// A page of the stores in whose name, code or city every word of `words` occurs, with their number.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search(
        conn: &mut Conn,
        words: &str,
        scope: &Scope,
        keyset: &Keyset,
    ) -> Result<(Page<Self>, Count), AppError> {
        let count = if crate::db::words(words).is_empty() {
            Count::Exactly(Totals::visible(conn, scope)?.stores)
        } else {
            Capped::new(matching(words, scope).select(stores::id)).count(conn)?
        };
        Ok((Self::page(conn, words, scope, keyset)?, count))
    }

    /// A page of the stores that [`search`](Self::search) finds.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(conn: &mut Conn, words: &str, scope: &Scope, keyset: &Keyset) -> Result<Page<Self>, AppError> {
        keyset.page_or_first(
            |page| page,
            |keyset| {
                let rows = keyset.rows(keyset.beginning(matching(words, scope)), conn)?;
                Ok(keyset.page(rows, |store: &Self| store.place(keyset.column)))
            },
        )
    }

    fn place(&self, column: SortColumn) -> Place {
        let key = match column.name {
            "id" => Key::Number(self.id),
            "updated_at" => Key::Time(self.updated_at),
            _ => Key::Text(self.name_key.clone()),
        };
        Place(key, self.id)
    }

    /// Adds a store.
    ///
    /// # Errors
    /// `Invalid` if its name or code is taken.
    pub fn create(change: &mut ChangeSet<'_>, draft: &StoreDraft) -> Result<Self, AppError> {
        draft.must_fit(change.conn(), None)?;
        change.call(format!("Added store “{}”", draft.name));
        let at = change.at();
        Ok(diesel::insert_into(stores::table)
            .values((draft, stores::version.eq(1), stores::created_at.eq(at), stores::updated_at.eq(at)))
            .returning(stores::all_columns)
            .get_result(change.conn())?)
    }

    /// Saves `draft` over version `read`. Nothing is written where nothing differs.
    ///
    /// # Errors
    /// `NotFound` if there is no such store, `Stale` if it was saved since, `Invalid` if its name or code is taken.
    pub fn update(change: &mut ChangeSet<'_>, id: i64, read: i64, draft: &StoreDraft) -> Result<Self, AppError> {
        let store = Self::find(change.conn(), id)?;
        if StoreDraft::from(&store) == *draft {
            return Ok(store);
        }
        if store.version != read {
            return Err(AppError::Stale);
        }
        draft.must_fit(change.conn(), Some(id))?;
        change.call(format!("Edited store “{}”", draft.name));
        let at = change.at();
        diesel::update(stores::table.filter(stores::id.eq(id)).filter(stores::version.eq(read)))
            .set((draft, stores::version.eq(read + 1), stores::updated_at.eq(at)))
            .returning(stores::all_columns)
            .get_result(change.conn())
            .optional()?
            .ok_or(AppError::Stale)
    }

    /// What would be deleted with it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn contents(&self, conn: &mut Conn) -> Result<Contents, AppError> {
        let mine = items::table.filter(items::store_id.eq(self.id));
        Ok(Contents {
            items: Count::Exactly(Totals::items_of_store(conn, self.id)?),
            tags: Capped::new(tags::table.filter(tags::store_id.eq(self.id)).select(tags::id).into_boxed())
                .count(conn)?,
            item_names: mine.order((items::name_key, items::id)).limit(5).select(items::name).load(conn)?,
        })
    }

    /// Deletes it with its tags, and with the items that are left of it. Its own line of the journal is the last.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn delete(&self, change: &mut ChangeSet<'_>) -> Result<(), AppError> {
        while Self::delete_items(change, self.id, DELETED_AT_ONCE)? > 0 {}
        diesel::delete(tags::table.filter(tags::store_id.eq(self.id))).execute(change.conn())?;
        diesel::delete(stores::table.find(self.id)).execute(change.conn())?;
        Ok(())
    }

    /// Deletes some of its items, `limit` at most. Returns how many.
    ///
    /// # Errors
    /// Those of the database.
    pub(super) fn delete_items(change: &mut ChangeSet<'_>, id: i64, limit: i64) -> Result<i64, AppError> {
        let mine = items::table.filter(items::store_id.eq(id)).select(items::id);
        // In this order the store has them in an index.
        let ids: Vec<i64> = mine.order((items::updated_at, items::id)).limit(limit).load(change.conn())?;
        if ids.is_empty() {
            return Ok(0);
        }
        let listed = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(", ");
        change.conn().hold_all(Hold::ToDelete, "items", &format!("({listed})"))?;
        // Without what somebody took to another store meanwhile.
        let ids: Vec<i64> = mine.filter(Sql::one_of("items.id", &ids)).load(change.conn())?;
        // Their links first, in one statement: a cascade would take a statement for each item.
        diesel::delete(item_tags::table.filter(Sql::one_of("item_tags.item_id", &ids))).execute(change.conn())?;
        let deleted = diesel::delete(items::table.filter(Sql::one_of("items.id", &ids))).execute(change.conn())?;
        Ok(i64::try_from(deleted).unwrap_or(i64::MAX))
    }
}

/// The stores of this scope in whose name, code or city every word occurs.
pub(super) fn matching<'a>(words: &str, scope: &Scope) -> stores::BoxedQuery<'a, MultiBackend> {
    let mut visible = stores::table.into_boxed();
    if let Some(ids) = scope.ids() {
        visible = visible.filter(Sql::one_of("stores.id", ids));
    }
    crate::db::words(words)
        .into_iter()
        .fold(visible, |query, pattern| query.filter(stores::search_key.like(pattern).escape('\\')))
}
