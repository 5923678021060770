use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::number;
use crate::db::{Cursor, Keyset, Place, SortColumn};
use crate::error::{AppError, FieldFaults};
use crate::fields::{Currency, SEARCH_MAX};

/// The most rows of one page.
const LIMIT_MAX: i64 = 1000;
/// How many rows of a list without a limit are read at a time.
pub const BATCH: usize = 500;

/// The parameters of a list. Those that nobody knows are ignored; those that are wrong are faults.
#[derive(Debug, Clone)]
pub struct ApiQuery {
    path: String,
    pairs: Vec<(String, String)>,
    faults: FieldFaults,
}

impl ApiQuery {
    fn get(&self, name: &str) -> Option<&str> {
        self.pairs
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
            .filter(|value| !value.is_empty())
    }

    /// The words searched for.
    pub fn words(&mut self) -> String {
        let words = self.get("q").unwrap_or_default().trim().to_owned();
        if words.chars().count() > SEARCH_MAX {
            self.fault::<()>("q", &format!("Longer than maximum length {SEARCH_MAX}."));
        }
        words
    }

    /// A whole number to filter by, an id or a quantity.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let id = self.get(name)?.parse().ok();
        id.or_else(|| self.fault(name, "Not a valid integer."))
    }

    /// A price to filter by, in minor units.
    pub fn price(&mut self, name: &str) -> Option<i64> {
        let decimal = number::price(self.get(name)?);
        let price = decimal.ok().and_then(|decimal| Currency::installed().parse(&decimal).ok());
        price.or_else(|| self.fault(name, number::INVALID))
    }

    /// The order and place, and whether one page is asked for and not the whole list.
    pub fn keyset(&mut self, sorts: &[SortColumn]) -> (Keyset, bool) {
        let sort = self.get("sort").unwrap_or(sorts[0].name).to_owned();
        let (name, descending) = sort.strip_prefix('-').map_or((sort.as_str(), false), |name| (name, true));
        let column = sorts.iter().find(|column| column.name == name).copied().unwrap_or_else(|| {
            self.fault::<()>("sort", "Not a valid choice.");
            sorts[0]
        });
        let cursor = match self.get("after").map(|after| Place::parse(after, column.kind)) {
            None => Cursor::First,
            Some(Some(place)) => Cursor::After(place),
            Some(None) => {
                self.fault::<()>("after", "Not a valid place in this list.");
                Cursor::First
            }
        };
        let limit =
            self.get("limit").map(|limit| limit.parse::<i64>().ok().filter(|limit| (1..=LIMIT_MAX).contains(limit)));
        if limit == Some(None) {
            self.fault::<()>("limit", "Must be an integer from 1 to 1000.");
        }
        let rows = limit.flatten().and_then(|limit| usize::try_from(limit).ok()).unwrap_or(BATCH);
        (Keyset { column, descending, cursor, limit: rows }, limit.is_some())
    }

    /// Ends the taking apart.
    ///
    /// # Errors
    /// `Fields` with every fault.
    pub fn finish(&mut self) -> Result<(), AppError> {
        let faults = std::mem::take(&mut self.faults);
        if faults.is_empty() { Ok(()) } else { Err(AppError::Fields { place: "query", faults }) }
    }

    /// The `Link` to the next page (RFC 8288), which begins at this place, if it can be written.
    #[must_use]
    pub fn link(&self, place: &Place) -> Option<String> {
        let after = place.to_string();
        let kept =
            self.pairs.iter().filter(|(key, _)| key != "after").map(|(key, value)| (key.as_str(), value.as_str()));
        let pairs: Vec<_> = kept.chain([("after", after.as_str())]).collect();
        let query = serde_urlencoded::to_string(pairs).ok()?;
        Some(format!("<{}?{query}>; rel=\"next\"", self.path))
    }

    fn fault<T>(&mut self, name: &str, fault: &str) -> Option<T> {
        self.faults.insert(name.to_owned(), vec![fault.to_owned()]);
        None
    }
}

impl FromRequest for ApiQuery {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(request.query_string()).unwrap_or_default();
        // PostgreSQL refuses a text with a NUL in it, and no record has one.
        let pairs = pairs.into_iter().map(|(key, value)| (key, value.replace('\0', "\u{fffd}"))).collect();
        ready(Ok(Self { path: request.path().to_owned(), pairs, faults: FieldFaults::new() }))
    }
}
