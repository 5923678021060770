use std::sync::Arc;

use diesel::prelude::*;

use crate::db::Conn;
use crate::error::AppError;
use crate::schema::user_stores;

/// Which stores a person sees: with them go their items, tags and history.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Every one, those yet to come too.
    #[default]
    All,
    /// These, by id.
    Stores(Arc<[i64]>),
}

impl Scope {
    /// The stores that a user sees, who may see all of them.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_user(conn: &mut Conn, user_id: i64, all_stores: bool) -> Result<Self, AppError> {
        if all_stores {
            return Ok(Self::All);
        }
        let mine = user_stores::table.filter(user_stores::user_id.eq(user_id)).order(user_stores::store_id);
        Ok(Self::Stores(mine.select(user_stores::store_id).load::<i64>(conn)?.into()))
    }

    /// Whether the store with this id is among them.
    #[must_use]
    pub fn has(&self, store_id: i64) -> bool {
        match self {
            Self::All => true,
            Self::Stores(ids) => ids.contains(&store_id),
        }
    }

    /// Goes on only with a store that is among them. To who may not see a store, it is not there.
    ///
    /// # Errors
    /// `NotFound`.
    pub fn check(&self, store_id: i64) -> Result<(), AppError> {
        if self.has(store_id) { Ok(()) } else { Err(AppError::NotFound) }
    }

    /// Goes on only if it is all stores: nobody else may add or delete one.
    ///
    /// # Errors
    /// `Forbidden`.
    pub fn check_all(&self) -> Result<(), AppError> {
        if *self == Self::All { Ok(()) } else { Err(AppError::Forbidden) }
    }

    /// The ids, unless it is all of them.
    #[must_use]
    pub fn ids(&self) -> Option<&[i64]> {
        match self {
            Self::All => None,
            Self::Stores(ids) => Some(ids),
        }
    }
}
