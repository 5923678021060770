use diesel::prelude::*;

use super::Store;
use super::model::matching;
use crate::db::{Conn, Limited};
use crate::error::AppError;
use crate::fields::name_key;
use crate::schema::stores;
use crate::users::Scope;

impl Store {
    /// The store with this code, or those with this name, or the one that is shown like this. Nothing is called nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn called(conn: &mut Conn, typed: &str) -> Result<Vec<Self>, AppError> {
        let key = name_key(typed.trim());
        if key.is_empty() {
            return Ok(Vec::new());
        }
        let by_code = with_code(conn, &key)?;
        if !by_code.is_empty() {
            return Ok(by_code);
        }
        let by_name = with_name(conn, &key)?;
        if !by_name.is_empty() {
            return Ok(by_name);
        }
        let Some((code, _)) = key.rsplit_once(" (").and_then(|(_, rest)| rest.rsplit_once(')')) else {
            return Ok(by_name);
        };
        let is_shown = |store: &Self| [store.full_name(), store.to_string()].iter().any(|shown| name_key(shown) == key);
        Ok(with_code(conn, code)?.into_iter().filter(is_shown).collect())
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
        let mut called = Self::called(conn, typed)?;
        let named = with_name(conn, &name_key(typed.trim()))?;
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
        let mut called = Self::called(conn, typed)?;
        called.retain(|store| scope.has(store.id));
        called.truncate(usize::try_from(limit).unwrap_or_default());
        if !called.is_empty() {
            return Ok(called);
        }
        let by_name = matching(typed, scope).order((stores::name_key, stores::id));
        Ok(Limited::new(by_name, limit).load(conn)?)
    }
}

/// The stores whose name has this key.
fn with_name(conn: &mut Conn, key: &str) -> QueryResult<Vec<Store>> {
    stores::table.filter(stores::name_key.eq(key)).order(stores::id).load(conn)
}

/// The store whose code has this key.
fn with_code(conn: &mut Conn, key: &str) -> QueryResult<Vec<Store>> {
    stores::table.filter(stores::code_key.eq(key)).load(conn)
}
