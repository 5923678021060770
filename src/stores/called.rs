use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::Store;
use super::model::matching;
use crate::db::{Conn, Limited, Sql};
use crate::error::AppError;
use crate::fields::name_key;
use crate::schema::stores;
use crate::users::Scope;

impl Store {
    /// The store with this code, or those with this name, or the one that is shown like this, of those that somebody sees.
    /// Nothing is called nothing.
    ///
    /// # Errors
    /// Those of the database.
    fn called(conn: &mut Conn, typed: &str, scope: &Scope) -> Result<Vec<Self>, AppError> {
        let key = name_key(typed.trim());
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let by_code = with_code(conn, &key, scope)?;
        if !by_code.is_empty() {
            return Ok(by_code);
        }
        let by_name = with_name(conn, &key, scope)?;
        if !by_name.is_empty() {
            return Ok(by_name);
        }
        let Some((code, _)) = key.rsplit_once(" (").and_then(|(_, rest)| rest.rsplit_once(')')) else {
            return Ok(by_name);
        };
        let is_shown = |store: &Self| [store.full_name(), store.to_string()].iter().any(|shown| name_key(shown) == key);
        Ok(with_code(conn, code, scope)?.into_iter().filter(is_shown).collect())
    }

    /// Every store that may be meant where nothing is to be guessed: the one of this number (`#3`), or else those that are
    /// [`called`](Self::called) so and those that have the name, too.
    ///
    /// # Errors
    /// Those of the database.
    pub fn perhaps_called(conn: &mut Conn, typed: &str) -> Result<Vec<Self>, AppError> {
        if let Some(id) = typed.trim().strip_prefix('#').and_then(|id| id.parse::<i64>().ok()) {
            let numbered: Vec<Self> = stores::table.find(id).load(conn)?;
            if !numbered.is_empty() {
                return Ok(numbered);
            }
        }
        let mut called = Self::called(conn, typed, &Scope::All)?;
        let named = with_name(conn, &name_key(typed.trim()), &Scope::All)?;
        called.extend(
            named.into_iter().filter(|named| called.iter().all(|store| store.id != named.id)).collect::<Vec<_>>(),
        );
        Ok(called)
    }

    /// The stores that somebody may mean who types this, of those that they see: the one with that code, else those
    /// with that name, else those in which the words occur; `limit` at most.
    ///
    /// # Errors
    /// Those of the database.
    pub fn meant_by(conn: &mut Conn, typed: &str, scope: &Scope, limit: i64) -> Result<Vec<Self>, AppError> {
        let mut called = Self::called(conn, typed, scope)?;
        called.truncate(usize::try_from(limit).unwrap_or_default());
        if !called.is_empty() {
            return Ok(called);
        }
        let by_name = matching(typed, scope).order((stores::name_key, stores::id));
        Ok(Limited::new(by_name, limit).load(conn)?)
    }
}

/// The stores whose name has this key.
fn with_name(conn: &mut Conn, key: &str, scope: &Scope) -> QueryResult<Vec<Store>> {
    let mut named: Vec<Store> = stores::table.filter(stores::name_key.eq(key)).order(stores::id).load(conn)?;
    named.retain(|store| scope.has(store.id));
    Ok(named)
}

/// The store whose code has this key.
fn with_code(conn: &mut Conn, key: &str, scope: &Scope) -> QueryResult<Vec<Store>> {
    let mut coded: Vec<Store> = stores::table.filter(stores::code_key.eq(key)).load(conn)?;
    coded.retain(|store| scope.has(store.id));
    Ok(coded)
}

/// Whether [`ids_meant_by`] gives any.
///
/// # Errors
/// Those of the database.
pub fn is_meant_by(conn: &mut Conn, typed: &str, scope: &Scope) -> QueryResult<bool> {
    let meant = ids_meant_by(typed, scope).giving::<BigInt>();
    Ok(Limited::new(meant, 1).get_result::<i64>(conn).optional()?.is_some())
}

/// The query for the ids of the stores that [`Store::meant_by`] gives, but for those that are only shown like this.
#[must_use]
pub fn ids_meant_by(typed: &str, scope: &Scope) -> Sql {
    let key = name_key(typed.trim());
    let seen = |sql: Sql| match scope.ids() {
        None => sql,
        Some(ids) => sql.sql(" AND stores.id").is_one_of(ids),
    };
    let coded = seen(Sql::new("SELECT 1 FROM stores WHERE stores.code_key = ").text(key.as_str()));
    let called = Sql::new("SELECT 1 FROM stores WHERE (stores.code_key = ").text(key.as_str());
    let called = seen(called.sql(" OR stores.name_key = ").text(key.as_str()).sql(")"));
    let words = Sql::new("SELECT stores.id FROM stores WHERE (stores.code_key = ")
        .text(key.as_str())
        .sql(" OR (stores.name_key = ")
        .text(key)
        .sql(" AND NOT EXISTS (")
        .then(coded)
        .sql(")) OR (NOT EXISTS (")
        .then(called)
        .sql(")");
    let words = crate::db::words(typed)
        .into_iter()
        .fold(words, |query, word| query.sql(" AND stores.search_key LIKE ").text(word).sql(" ESCAPE '\\'"));
    seen(words.sql("))"))
}
