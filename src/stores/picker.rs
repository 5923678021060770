use super::Store;
use crate::db::Conn;
use crate::error::AppError;
use crate::fields::FormErrors;
use crate::users::Scope;
use crate::web::FormData;

/// How many stores are offered at once. Where there are no more, all of them are.
const OFFERED_MAX: usize = 12;

/// What is said of a store that is not there any more, or that somebody does not see.
pub const STORE_DELETED: &str = "This store has been deleted. Pick another one.";

/// Stores to choose from.
#[derive(Debug, Clone, Default)]
pub struct StoreOffer {
    /// The first of them.
    pub stores: Vec<Store>,
    /// Whether there are more.
    pub has_more: bool,
}

impl StoreOffer {
    /// The stores that somebody may mean by what they typed, among those that they see.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of(conn: &mut Conn, typed: &str, scope: &Scope) -> Result<Self, AppError> {
        let limit = i64::try_from(OFFERED_MAX + 1).unwrap_or(i64::MAX);
        let mut stores = Store::meant_by(conn, typed, scope, limit)?;
        let has_more = stores.len() > OFFERED_MAX;
        stores.truncate(OFFERED_MAX);
        Ok(Self { stores, has_more })
    }
}

/// A store picked among many without sending them all: one that is chosen, or words to look for.
#[derive(Debug, Clone, Default)]
#[allow(clippy::struct_excessive_bools)] // each is a line that the template shows or not
pub struct StorePicker {
    /// The id of the store chosen.
    pub chosen: Option<i64>,
    /// The code, name or words typed to find another.
    pub typed: String,
    /// What was typed when the stores that the form offers were looked up.
    searched: String,
    /// The stores to choose from.
    pub offered: Vec<Store>,
    /// Whether more stores fit what is typed.
    pub has_more: bool,
    /// Whether every store there is is offered.
    pub offers_all: bool,
    /// Whether no store fits what is typed.
    pub fits_none: bool,
    /// Whether the form was sent to find stores.
    pub was_asked: bool,
    /// The stores that whoever picks sees.
    scope: Scope,
}

impl StorePicker {
    /// As the form was sent by somebody who sees these stores.
    #[must_use]
    pub fn read(data: &FormData, scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            chosen: data.text("store").parse().ok(),
            was_asked: !data.text("find").is_empty(),
            typed: searchable(&data.text("store_search")),
            searched: searchable(&data.text("store_searched")),
            ..Self::default()
        }
    }

    /// With this store chosen, for somebody who sees these stores.
    #[must_use]
    pub fn with(chosen: Option<i64>, scope: &Scope) -> Self {
        Self { chosen, scope: scope.clone(), ..Self::default() }
    }

    /// Whether this store is the one chosen.
    #[must_use]
    pub fn is_chosen(&self, store: &Store) -> bool {
        self.chosen == Some(store.id)
    }

    /// Whether something is typed that has not been looked up yet, so that it wins over the store chosen.
    fn is_searching(&self) -> bool {
        !self.typed.is_empty() && (self.typed != self.searched || self.chosen.is_none())
    }

    /// The store meant. Where it is not clear, the fault is added to `errors`. Whether one that is chosen is still there,
    /// whoever saves something in it finds out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn meant(&self, conn: &mut Conn, errors: &mut FormErrors) -> Result<i64, AppError> {
        if self.is_searching() {
            let meant = Store::meant_by(conn, &self.typed, &self.scope, 2)?;
            match meant.as_slice() {
                [] => errors.add("store", none_fits(&self.typed)),
                [store] => return Ok(store.id),
                _ => errors.add("store", "Several stores fit. Pick one of them."),
            }
            return Ok(0);
        }
        match self.chosen {
            Some(id) if self.scope.has(id) => return Ok(id),
            Some(_) => errors.add("store", STORE_DELETED),
            None => errors.add("store", "Choose a store."),
        }
        Ok(0)
    }

    /// The store [`meant`](Self::meant). If it is not there any more, that is a fault, too.
    ///
    /// # Errors
    /// Those of the database.
    pub fn resolve(&self, conn: &mut Conn, errors: &mut FormErrors) -> Result<i64, AppError> {
        let id = self.meant(conn, errors)?;
        self.check_there(conn, errors)?;
        Ok(id)
    }

    /// Adds the fault of a store that was chosen and is not there any more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn check_there(&self, conn: &mut Conn, errors: &mut FormErrors) -> Result<(), AppError> {
        if let Some(id) = self.chosen.filter(|_| !self.is_searching())
            && !Store::is_there(conn, id)?
        {
            errors.add("store", STORE_DELETED);
        }
        Ok(())
    }

    /// Loads the stores to choose from: those that fit what is typed, the one chosen, and
    /// all of them if they are few.
    ///
    /// # Errors
    /// Those of the database.
    pub fn offer(mut self, conn: &mut Conn) -> Result<Self, AppError> {
        let few = StoreOffer::of(conn, "", &self.scope)?;
        self.offers_all = !few.has_more;
        let chosen = match self.chosen.map(|id| Store::visible(conn, &self.scope, id)) {
            Some(Ok(store)) => Some(store),
            Some(Err(AppError::NotFound)) | None => None,
            Some(Err(error)) => return Err(error),
        };
        let offer = if !self.typed.is_empty() {
            StoreOffer::of(conn, &self.typed, &self.scope)?
        } else if self.offers_all {
            few
        } else {
            StoreOffer::default()
        };
        (self.offered, self.has_more) = (offer.stores, offer.has_more);
        self.fits_none = !self.typed.is_empty() && self.offered.is_empty();
        let searching = self.is_searching();
        if let ([only], true) = (self.offered.as_slice(), searching || self.chosen.is_none()) {
            self.chosen = Some(only.id);
            return Ok(self);
        }
        // Whoever typed something else does not mean the store chosen before. It is offered, but has to be picked again.
        self.chosen = chosen.as_ref().filter(|_| !searching).map(|store| store.id);
        if let Some(store) = chosen.filter(|store| !self.offered.iter().any(|offered| offered.id == store.id)) {
            self.offered.insert(0, store);
        }
        Ok(self)
    }
}

/// What is said where no store fits what is typed.
#[must_use]
pub fn none_fits(typed: &str) -> String {
    format!("No store has “{}” for its code, or in its name or city.", crate::fields::shown(typed))
}

/// What was typed, without a NUL: PostgreSQL refuses a text with one in it, and no store has one.
fn searchable(typed: &str) -> String {
    typed.trim().replace('\0', "\u{fffd}")
}
