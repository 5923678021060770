use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::format;
use crate::db::{Count, Cursor, Keyset, Page, Place, SortColumn};

/// How many rows a page of a list has.
const PAGE_LENGTH: usize = 50;

/// The state of a list, all of it in its URL.
#[derive(Debug, Clone)]
pub struct ListQuery {
    path: String,
    pairs: Vec<(String, String)>,
}

impl ListQuery {
    /// Reads what comes behind the `?` of a list's URL.
    #[must_use]
    pub fn parse(path: &str, query: &str) -> Self {
        let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
        // PostgreSQL refuses a text with a NUL in it, and no record has one.
        let pairs = pairs.into_iter().map(|(key, value)| (key, value.replace('\0', "\u{fffd}"))).collect();
        Self { path: path.to_owned(), pairs }
    }

    /// The same at another path.
    #[must_use]
    pub fn at(&self, path: &str) -> Self {
        Self { path: path.to_owned(), pairs: self.pairs.clone() }
    }

    /// A parameter, empty if it is not there.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.pairs.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// The words searched for.
    #[must_use]
    pub fn words(&self) -> String {
        self.get("q").trim().to_owned()
    }

    /// The id in a parameter.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<i64> {
        self.get(name).parse().ok()
    }

    /// The order and the place in it. `sort=price` and `sort=-price` say the order, `after` and `before` the
    /// place, `page=last` the end of the list; what is none of these shows the first page of the first order.
    #[must_use]
    pub fn keyset(&self, sorts: &[SortColumn]) -> Keyset {
        let sort = self.get("sort");
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let column = sorts.iter().find(|column| column.name == name).copied();
        let descending = descending && column.is_some();
        let column = column.unwrap_or(sorts[0]);
        let place = |name: &str| Place::parse(self.get(name), column.kind);
        let cursor = match (place("after"), place("before")) {
            (Some(place), _) => Cursor::After(place),
            (None, Some(place)) => Cursor::Before(place),
            (None, None) if self.get("page") == "last" => Cursor::Last,
            (None, None) => Cursor::First,
        };
        Keyset { column, descending, cursor, limit: PAGE_LENGTH }
    }

    /// The URL of this list with some parameters changed, from its first page on.
    #[must_use]
    pub fn url_with(&self, changes: &[(&str, &str)]) -> String {
        let changed = |key: &str| changes.iter().any(|(name, _)| *name == key);
        let kept = self.pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        let kept = kept.filter(|(key, _)| !changed(key) && !matches!(*key, "after" | "before" | "page"));
        let pairs: Vec<_> = kept.chain(changes.iter().copied()).filter(|(_, value)| !value.is_empty()).collect();
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        if query.is_empty() { self.path.clone() } else { format!("{}?{query}", self.path) }
    }

    /// A column's heading: a link that sorts by it, or the other way round if it is sorted by already.
    #[must_use]
    pub fn heading(&self, keyset: &Keyset, name: &str, label: &str) -> Heading {
        let sorted = keyset.column.name == name;
        let descending = sorted && !keyset.descending;
        let sort = if descending { format!("-{name}") } else { name.to_owned() };
        let state = match (sorted, keyset.descending) {
            (false, _) => "none",
            (true, false) => "ascending",
            (true, true) => "descending",
        };
        Heading { label: label.to_owned(), url: self.url_with(&[("sort", &sort)]), state }
    }

    /// The links to the pages before and after this one, and how much the list holds.
    #[must_use]
    pub fn pager<T>(&self, page: &Page<T>, count: Count, noun: &str) -> Pager {
        let url = |name: &str, place: &Place| self.url_with(&[(name, &place.to_string())]);
        // Beyond what is left of a list that shrank, only the first page is sure to be there.
        let astray = page.rows.is_empty() && ["after", "before"].iter().any(|place| !self.get(place).is_empty());
        let is_first = ["after", "before", "page"].iter().all(|place| self.get(place).is_empty());
        let is_counted = !matches!(count, Count::AtLeast(_));
        let count = match count {
            // Another page may know more, or have shown more already.
            Count::AtLeast(_) if !is_first => String::new(),
            counted => format::count(counted, noun),
        };
        Pager {
            first: (page.previous.is_some() || astray).then(|| self.url_with(&[])),
            previous: page.previous.as_ref().map(|place| url("before", place)),
            next: page.next.as_ref().map(|place| url("after", place)),
            last: page.next.is_some().then(|| self.url_with(&[("page", "last")])),
            count,
            is_counted,
        }
    }
}

/// A column's heading.
#[derive(Debug)]
pub struct Heading {
    /// What it says.
    pub label: String,
    /// Where it sorts by this column.
    pub url: String,
    /// The value of `aria-sort`.
    pub state: &'static str,
}

/// The way through a list.
#[derive(Debug)]
pub struct Pager {
    /// The first page, if this is another.
    pub first: Option<String>,
    /// The page before.
    pub previous: Option<String>,
    /// The page after.
    pub next: Option<String>,
    /// The last page, if this is another.
    pub last: Option<String>,
    /// How many rows the list holds, with their noun.
    pub count: String,
    /// Whether it holds about so many, and not many more.
    pub is_counted: bool,
}

impl FromRequest for ListQuery {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::parse(request.path(), request.query_string())))
    }
}
