use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::Store;
use crate::db::{Conn, Known};
use crate::error::AppError;

/// The names of stores, which the rows of items tell: remembered until a store is changed, however much else is saved.
pub struct StoreNames(Known<i64, StoreName>);

/// The name of a store.
#[derive(Debug, Default)]
pub struct StoreName(pub String);

impl StoreNames {
    /// Those of the stores with these ids, in their order; of one that is not there any more, nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(&self, conn: &mut Conn, ids: &[i64]) -> Result<Vec<Option<Arc<StoreName>>>, AppError> {
        self.0.get_each(ids, |unknown| {
            Ok(Store::names(conn, unknown)?.into_iter().map(|(id, name)| (id, StoreName(name))).collect())
        })
    }
}

impl FromRequest for StoreNames {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self(Known::of(request, |marks| &marks.stores))))
    }
}
