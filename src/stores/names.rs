use std::collections::HashMap;
use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::Store;
use crate::db::{Conn, Known};
use crate::error::AppError;
use crate::tags::Tag;

/// The names of stores and of their tags, which items tell: remembered until one of these is changed, however much else is
/// saved. The default remembers nothing.
#[derive(Default)]
pub struct Names(Known<Named, String>);

/// What has a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Named {
    /// The store with this id.
    Store(i64),
    /// The tag with this id.
    Tag(i64),
}

impl Names {
    /// Those of the stores with these ids, in their order; of one that is not there any more, nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_stores(&self, conn: &mut Conn, ids: &[i64]) -> Result<Vec<Option<Arc<String>>>, AppError> {
        self.of(ids, Named::Store, |unknown| Store::names(conn, unknown))
    }

    /// The same of tags.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_tags(&self, conn: &mut Conn, ids: &[i64]) -> Result<Vec<Option<Arc<String>>>, AppError> {
        self.of(ids, Named::Tag, |unknown| Tag::names(conn, unknown))
    }

    fn of(
        &self,
        ids: &[i64],
        named: fn(i64) -> Named,
        query: impl FnOnce(&[i64]) -> Result<HashMap<i64, String>, AppError>,
    ) -> Result<Vec<Option<Arc<String>>>, AppError> {
        let keys: Vec<Named> = ids.iter().map(|id| named(*id)).collect();
        self.0.get_each(&keys, |unknown| {
            let unknown: Vec<i64> = unknown.iter().map(|(Named::Store(id) | Named::Tag(id))| *id).collect();
            Ok(query(&unknown)?.into_iter().map(|(id, name)| (named(id), name)).collect())
        })
    }
}

impl FromRequest for Names {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Known::of(request, |marks| &marks.stores))))
    }
}
