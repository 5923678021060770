use std::sync::Arc;

use serde::Serialize;

use crate::db::{Conn, Cursor, Keyset};
use crate::error::AppError;
use crate::items::{BEST, Bounds, Item, ItemFilter, ItemRow};
use crate::stores::{Names, Store};
use crate::tags::Tag;
use crate::users::Scope;

/// How many are offered at once.
const OFFERED: usize = 8;
/// Somebody is typing: a few likely items at once are better than the best of all a little later.
const BOUNDS: Bounds =
    Bounds { few: 300, many: 1_000, beside: 1_000, entries: 5_000, rows: 500, sample: 2_000, counted: 0 };

/// Something that may be meant.
#[derive(Debug, Serialize)]
pub struct Suggestion {
    /// What to put into the field.
    pub value: String,
    /// What it is called.
    pub label: String,
    /// What tells it from others of that name.
    pub hint: String,
    /// Its page.
    pub url: String,
}

/// What is looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Items,
    Stores,
    Tags,
}

impl Kind {
    /// As it stands in the URL; items, if it is none of them.
    pub fn read(text: &str) -> Self {
        match text {
            "stores" => Self::Stores,
            "tags" => Self::Tags,
            _ => Self::Items,
        }
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Items => "items",
            Self::Stores => "stores",
            Self::Tags => "tags",
        }
    }
}

/// What somebody with this scope may mean, best first; of one store, if it is given.
pub fn suggest(
    conn: &mut Conn,
    kind: Kind,
    typed: &str,
    store_id: Option<i64>,
    scope: &Scope,
    names: &Names,
) -> Result<Vec<Suggestion>, AppError> {
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    match kind {
        Kind::Items => items(conn, typed, store_id, scope, names),
        Kind::Stores => {
            let limit = i64::try_from(OFFERED).unwrap_or_default();
            Ok(Store::meant_by(conn, typed, scope, limit)?.into_iter().map(store).collect())
        }
        Kind::Tags => Ok(Tag::names_like(conn, typed, store_id, scope, OFFERED)?.into_iter().map(tag).collect()),
    }
}

fn items(
    conn: &mut Conn,
    typed: &str,
    store_id: Option<i64>,
    scope: &Scope,
    names: &Names,
) -> Result<Vec<Suggestion>, AppError> {
    let filter = ItemFilter { scope: scope.clone(), words: typed.to_owned(), store_id, ..ItemFilter::default() };
    let keyset = Keyset { column: BEST, descending: false, cursor: Cursor::First, limit: OFFERED };
    let rows = Item::search_within(conn, &filter, &keyset, &BOUNDS)?.page.rows;
    let stores = names.of_stores(conn, &rows.iter().map(|row| row.store_id).collect::<Vec<_>>())?;
    let suggestion = |(row, store): (ItemRow, Option<Arc<String>>)| {
        let store = store?; // one that is deleted at this moment takes its items along
        let hint = row.sku.map_or_else(|| store.to_string(), |sku| format!("{sku}, {store}"));
        Some(Suggestion { value: row.name.clone(), label: row.name, hint, url: format!("/items/{}", row.id) })
    };
    Ok(rows.into_iter().zip(stores).filter_map(suggestion).collect())
}

fn store(store: Store) -> Suggestion {
    let hint = [store.code.as_deref().unwrap_or_default(), &store.city];
    let hint = hint.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(", ");
    Suggestion { value: store.full_name(), label: store.name, hint, url: format!("/stores/{}", store.id) }
}

fn tag(name: String) -> Suggestion {
    let query = serde_urlencoded::to_string([("tag", &name)]).unwrap_or_default();
    Suggestion { value: name.clone(), label: name, hint: String::new(), url: format!("/items?{query}") }
}
