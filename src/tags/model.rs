use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use crate::db::{
    Capped, ChangeSet, Conn, Count, Key, KeyKind, Keyset, Limited, MultiBackend, Page, Place, SortColumn, Sql,
    Timestamp, words,
};
use crate::error::AppError;
use crate::fields::{FormErrors, name_key, search_key, shown};
use crate::schema::{item_tags, stores, tags};
use crate::stores::Store;
use crate::users::Scope;

/// A word that a store puts on some of its items.
#[derive(Debug, Clone, Queryable, Serialize, Deserialize)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct Tag {
    pub id: i64,
    pub store_id: i64,
    pub name: String,
    pub name_key: String,
    pub version: i64,
    #[diesel(deserialize_as = Timestamp)]
    pub created_at: NaiveDateTime,
    #[diesel(deserialize_as = Timestamp)]
    pub updated_at: NaiveDateTime,
    pub search_key: String,
}

/// What a person decides about a tag, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagDraft {
    /// Its name.
    pub name: String,
    /// The name as it is compared.
    pub name_key: String,
    /// The name as it is searched for.
    pub search_key: String,
}

/// A line of the list of tags.
#[derive(Debug)]
#[allow(missing_docs)]
pub struct TagRow {
    pub tag: Tag,
    pub store_name: String,
}

/// How many tags are read to find a few different names.
const NAMES_READ: i64 = 2_000;

/// What tags can be sorted by.
pub const SORTS: [SortColumn; 2] = [
    SortColumn { name: "name", sql: "tags.name_key", id: "tags.id", kind: KeyKind::Text },
    SortColumn { name: "updated_at", sql: "tags.updated_at", id: "tags.id", kind: KeyKind::Time },
];

impl TagDraft {
    /// A tag of this name.
    #[must_use]
    pub fn named(name: String) -> Self {
        Self { name_key: name_key(&name), search_key: search_key(&name), name }
    }
}

impl Tag {
    /// The tag with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(tags::table.find(id).get_result(conn)?)
    }

    /// The tag with this id, if it is in a store that somebody sees.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible(conn: &mut Conn, scope: &Scope, id: i64) -> Result<Self, AppError> {
        let tag = Self::find(conn, id)?;
        scope.check(tag.store_id).map(|()| tag)
    }

    /// The names of the tags with these ids.
    ///
    /// # Errors
    /// Those of the database.
    pub fn names(conn: &mut Conn, ids: &[i64]) -> Result<HashMap<i64, String>, AppError> {
        let named = tags::table.filter(Sql::one_of("tags.id", ids)).select((tags::id, tags::name));
        Ok(named.load::<(i64, String)>(conn)?.into_iter().collect())
    }

    /// The tags of an item, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_item(conn: &mut Conn, item_id: i64) -> Result<Vec<Self>, AppError> {
        Ok(item_tags::table
            .inner_join(tags::table)
            .filter(item_tags::item_id.eq(item_id))
            .order((tags::name_key, tags::id))
            .select(tags::all_columns)
            .load(conn)?)
    }

    /// The next `limit` tags of a store after the id `after`, by id.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_store_after(conn: &mut Conn, store_id: i64, after: i64, limit: usize) -> Result<Vec<Self>, AppError> {
        Ok(tags::table
            .filter(tags::store_id.eq(store_id).and(tags::id.gt(after)))
            .order(tags::id)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .load(conn)?)
    }

    /// The tag of a store that is called so, whatever its case.
    ///
    /// # Errors
    /// Those of the database.
    pub fn called(conn: &mut Conn, store_id: i64, name: &str) -> Result<Option<Self>, AppError> {
        by_key(conn, store_id, &name_key(name))
    }

    /// The tags of a store by name, `limit` at most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_store(conn: &mut Conn, store_id: i64, limit: i64) -> Result<Vec<Self>, AppError> {
        let by_name = tags::table.filter(tags::store_id.eq(store_id)).order((tags::name_key, tags::id));
        Ok(Limited::new(by_name, limit).load(conn)?)
    }

    /// The tags that have one of these ids, of those that somebody sees.
    ///
    /// # Errors
    /// Those of the database.
    pub fn among(conn: &mut Conn, scope: &Scope, ids: &[i64]) -> Result<Vec<Self>, AppError> {
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let these = tags::table.filter(Sql::one_of("tags.id", ids));
        let mut these: Vec<Self> = these.order((tags::name_key, tags::id)).load(conn)?;
        these.retain(|tag| scope.has(tag.store_id));
        Ok(these)
    }

    /// A page of the tags in whose name the words of `typed` occur, of one store or of all, with their number, counted up to the cap.
    ///
    /// # Errors
    /// Those of the database.
    pub fn search(
        conn: &mut Conn,
        typed: &str,
        scope: &Scope,
        store_id: Option<i64>,
        keyset: &Keyset,
    ) -> Result<(Page<TagRow>, Count), AppError> {
        let matching = || with_words(visible(scope, store_id), typed);
        let count = Capped::new(matching().select(tags::id)).count(conn)?;
        let page = keyset.page_or_first(
            |page| page,
            |keyset| {
                let rows = keyset.rows(keyset.beginning(matching()), conn)?;
                Ok::<_, AppError>(keyset.page(rows, |tag: &Self| tag.place(keyset.column)))
            },
        );
        let Page { rows, previous, next } = page?;
        let store_ids: Vec<i64> = rows.iter().map(|tag| tag.store_id).collect();
        let names = Store::names(conn, &store_ids)?;
        let row = |tag: Self| TagRow { store_name: names.get(&tag.store_id).cloned().unwrap_or_default(), tag };
        let rows = rows.into_iter().map(row).collect();
        Ok((Page { rows, previous, next }, count))
    }

    /// The names of tags in which the words of `typed` occur, of one store or of all, each once whatever its case; `limit` at most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn names_like(
        conn: &mut Conn,
        typed: &str,
        store_id: Option<i64>,
        scope: &Scope,
        limit: usize,
    ) -> Result<Vec<String>, AppError> {
        let by_name = with_words(visible(scope, store_id), typed).order((tags::name_key, tags::id));
        // Every store may have a tag of the same name.
        let mut names: Vec<(String, String)> =
            Limited::new(by_name.select((tags::name_key, tags::name)), NAMES_READ).load(conn)?;
        names.dedup_by(|one, other| one.0 == other.0);
        Ok(names.into_iter().take(limit).map(|(_, name)| name).collect())
    }

    /// Whether a tag is called so, whatever its case and accents, of one store or of all that somebody sees.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_known(conn: &mut Conn, name: &str, store_id: Option<i64>, scope: &Scope) -> Result<bool, AppError> {
        let called = visible(scope, store_id).filter(tags::search_key.eq(search_key(name.trim()))).select(tags::id);
        Ok(Limited::new(called, 1).get_result::<i64>(conn).optional()?.is_some())
    }

    fn place(&self, column: SortColumn) -> Place {
        let key = match column.name {
            "updated_at" => Key::Time(self.updated_at),
            _ => Key::Text(self.name_key.clone()),
        };
        Place(key, self.id)
    }

    /// How many items carry it, counted up to the cap.
    ///
    /// # Errors
    /// Those of the database.
    pub fn item_count(&self, conn: &mut Conn) -> Result<Count, AppError> {
        let links = item_tags::table.filter(item_tags::tag_id.eq(self.id)).select(item_tags::item_id);
        Ok(Capped::new(links.into_boxed()).count(conn)?)
    }

    /// Adds a tag to a store.
    ///
    /// # Errors
    /// `NotFound` if there is no such store, `Invalid` if the name is taken.
    pub fn create(change: &mut ChangeSet<'_>, store_id: i64, draft: &TagDraft) -> Result<Self, AppError> {
        stores::table.find(store_id).select(stores::id).get_result::<i64>(change.conn())?;
        check_free(change.conn(), store_id, None, draft)?;
        change.call(format!("Added tag “{}”", draft.name));
        let at = change.at();
        insert(change.conn(), at, store_id, draft)
    }

    /// The store's tags of these names; those it does not have yet are added.
    ///
    /// # Errors
    /// Those of the database.
    pub fn ensure(change: &mut ChangeSet<'_>, store_id: i64, names: &[String]) -> Result<Vec<Self>, AppError> {
        let mut drafts: Vec<_> = names.iter().cloned().map(TagDraft::named).collect();
        // In one order for everybody: of two saves that add the same tags one waits for the other, never each for each.
        drafts.sort_by(|one, other| one.name_key.cmp(&other.name_key));
        drafts
            .iter()
            .map(|draft| {
                let known = by_key(change.conn(), store_id, &draft.name_key)?;
                known.map_or_else(|| insert_or_share(change, store_id, draft), Ok)
            })
            .collect()
    }

    /// Saves `draft` over version `read`.
    ///
    /// # Errors
    /// `NotFound` if there is no such tag, `Stale` if it was saved since, `Invalid` if the name is taken.
    pub fn update(change: &mut ChangeSet<'_>, id: i64, read: i64, draft: &TagDraft) -> Result<Self, AppError> {
        let tag = Self::find(change.conn(), id)?;
        if tag.name == draft.name {
            return Ok(tag);
        }
        if tag.version != read {
            return Err(AppError::Stale);
        }
        check_free(change.conn(), tag.store_id, Some(id), draft)?;
        change.call(format!("Renamed tag “{}” to “{}”", tag.name, draft.name));
        let at = change.at();
        diesel::update(tags::table.filter(tags::id.eq(id)).filter(tags::version.eq(read)))
            .set((
                tags::name.eq(&draft.name),
                tags::name_key.eq(&draft.name_key),
                tags::search_key.eq(&draft.search_key),
                tags::version.eq(read + 1),
                tags::updated_at.eq(at),
            ))
            .returning(tags::all_columns)
            .get_result(change.conn())
            .optional()?
            .ok_or(AppError::Stale)
    }

    /// Deletes a tag in version `read`, and takes it off every item: off so many as were `seen` to have it, or off however
    /// many do.
    ///
    /// # Errors
    /// `NotFound` if there is no such tag, `Stale` if it was saved since, or more or fewer items have it.
    pub fn delete(change: &mut ChangeSet<'_>, id: i64, read: i64, seen: Option<i64>) -> Result<Self, AppError> {
        let tag = Self::find(change.conn(), id)?;
        if let Some(seen) = seen
            && tag.item_count(change.conn())?.counted() != seen
        {
            return Err(AppError::Stale);
        }
        change.call(format!("Deleted tag “{}”", tag.name));
        let deleted = diesel::delete(tags::table.filter(tags::id.eq(id)).filter(tags::version.eq(read)))
            .execute(change.conn())?;
        if deleted == 1 { Ok(tag) } else { Err(AppError::Stale) }
    }
}

/// The tags of one store or of all that somebody sees.
fn visible<'a>(scope: &Scope, store_id: Option<i64>) -> tags::BoxedQuery<'a, MultiBackend> {
    let mut visible = tags::table.into_boxed();
    if let Some(ids) = scope.ids() {
        visible = visible.filter(Sql::one_of("tags.store_id", ids));
    }
    if let Some(store_id) = store_id {
        visible = visible.filter(tags::store_id.eq(store_id));
    }
    visible
}

/// Those of `tags` in whose name every word of `typed` occurs.
fn with_words<'a>(tags: tags::BoxedQuery<'a, MultiBackend>, typed: &str) -> tags::BoxedQuery<'a, MultiBackend> {
    words(typed).into_iter().fold(tags, |query, word| query.filter(tags::search_key.like(word).escape('\\')))
}

fn by_key(conn: &mut Conn, store_id: i64, name_key: &str) -> Result<Option<Tag>, AppError> {
    Ok(tags::table
        .filter(tags::store_id.eq(store_id))
        .filter(tags::name_key.eq(name_key))
        .get_result(conn)
        .optional()?)
}

fn check_free(conn: &mut Conn, store_id: i64, id: Option<i64>, draft: &TagDraft) -> Result<(), AppError> {
    match by_key(conn, store_id, &draft.name_key)? {
        Some(other) if Some(other.id) != id => {
            Err(FormErrors::one("name", "This name is already taken in this store.").into())
        }
        _ => Ok(()),
    }
}

/// Adds a tag, or finds the one of that name that somebody else adds at this moment.
fn insert_or_share(change: &mut ChangeSet<'_>, store_id: i64, draft: &TagDraft) -> Result<Tag, AppError> {
    let at = change.at();
    // In a savepoint: PostgreSQL goes on with a transaction only from before what failed in it.
    match change.conn().transaction(|conn| insert(conn, at, store_id, draft)) {
        Err(AppError::Invalid(_)) => by_key(change.conn(), store_id, &draft.name_key)?.ok_or(AppError::Stale),
        added => added,
    }
}

fn insert(conn: &mut Conn, at: NaiveDateTime, store_id: i64, draft: &TagDraft) -> Result<Tag, AppError> {
    Ok(diesel::insert_into(tags::table)
        .values((
            tags::store_id.eq(store_id),
            tags::name.eq(&draft.name),
            tags::name_key.eq(&draft.name_key),
            tags::search_key.eq(&draft.search_key),
            tags::version.eq(1),
            tags::created_at.eq(at),
            tags::updated_at.eq(at),
        ))
        .returning(tags::all_columns)
        .get_result(conn)?)
}

/// What is said where no tag is called so, of a store or of all.
#[must_use]
pub fn none_called(name: &str, of_store: bool) -> String {
    format!("No tag{} is called “{}”.", if of_store { " of this store" } else { "" }, shown(name))
}
