use serde::Serialize;
use utoipa::{ToResponse, ToSchema};

use crate::db::Conn;
use crate::error::AppError;
use crate::fields::Currency;
use crate::items::{Item, Plain, WholeItem, Whose};
use crate::stores::Store;
use crate::tags::Tag;
use crate::users::Scope;
use crate::web::format::timestamp;

/// An item as it stands inside other objects.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlainItem {
    #[schema(minimum = 1, example = 7)]
    id: i64,
    #[schema(example = "Chair")]
    name: String,
    /// A float, exact to the currency's decimals.
    #[schema(minimum = 0, example = 17.99)]
    price: f64,
}

/// A store as it stands inside other objects.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlainStore {
    #[schema(minimum = 1, example = 1)]
    id: i64,
    #[schema(example = "North dock")]
    name: String,
}

/// A tag as it stands inside other objects.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PlainTag {
    #[schema(minimum = 1, example = 3)]
    id: i64,
    #[schema(example = "Furniture")]
    name: String,
}

/// Something a store has in stock.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Item)]
pub struct ItemObject {
    #[schema(read_only, required = false, minimum = 1)]
    id: i64,
    name: String,
    price: f64,
    #[schema(read_only, required = false, inline)]
    store: PlainStore,
    #[schema(read_only, required = false)]
    tags: Vec<PlainTag>,
    #[schema(required = false)]
    sku: Option<String>,
    #[schema(required = false)]
    barcode: String,
    #[schema(required = false)]
    description: String,
    #[schema(required = false)]
    quantity: i64,
    #[schema(read_only, required = false, minimum = 1)]
    version: i64,
    #[schema(read_only, required = false, format = "date-time")]
    created_at: String,
    #[schema(read_only, required = false, format = "date-time")]
    updated_at: String,
}

/// A place that stocks items.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Store)]
pub struct StoreObject {
    #[schema(read_only, required = false, minimum = 1)]
    id: i64,
    name: String,
    #[schema(read_only, required = false)]
    items: Vec<PlainItem>,
    #[schema(read_only, required = false)]
    tags: Vec<PlainTag>,
    #[serde(flatten)]
    #[schema(inline)]
    more: StoreMore,
}

/// What Stockroom knows of a store beyond the former service.
#[derive(Debug, Serialize, ToSchema)]
pub struct StoreMore {
    #[schema(required = false)]
    code: Option<String>,
    #[schema(required = false)]
    address: String,
    #[schema(required = false)]
    city: String,
    #[schema(required = false)]
    region: String,
    #[schema(required = false)]
    postal_code: String,
    #[schema(required = false)]
    country: String,
    #[schema(required = false)]
    notes: String,
    #[schema(read_only, required = false, minimum = 1)]
    version: i64,
    #[schema(read_only, required = false, format = "date-time")]
    created_at: String,
    #[schema(read_only, required = false, format = "date-time")]
    updated_at: String,
}

/// A word that a store puts on some of its items.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Tag)]
pub struct TagObject {
    #[schema(read_only, required = false, minimum = 1)]
    id: i64,
    name: String,
    #[schema(read_only, required = false)]
    items: Vec<PlainItem>,
    #[schema(read_only, required = false, inline)]
    store: PlainStore,
    #[schema(read_only, required = false, minimum = 1)]
    version: i64,
    #[schema(read_only, required = false, format = "date-time")]
    created_at: String,
    #[schema(read_only, required = false, format = "date-time")]
    updated_at: String,
}

/// A price as JSON has it. The nearest float to a price of at most 15 digits is written as that price.
#[must_use]
pub fn price(minor: i64) -> f64 {
    let scale = 10_f64.powi(i32::try_from(Currency::installed().decimals()).unwrap_or_default());
    #[allow(clippy::cast_precision_loss)] // prices are bounded far below 2^53
    let minor = minor as f64;
    minor / scale
}

impl From<Plain> for PlainItem {
    fn from((id, name, minor): Plain) -> Self {
        Self { id, name, price: price(minor) }
    }
}

impl From<&Tag> for PlainTag {
    fn from(tag: &Tag) -> Self {
        Self { id: tag.id, name: tag.name.clone() }
    }
}

impl ItemObject {
    /// The item with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        WholeItem::find(conn, id).map(Self::from)
    }
}

impl From<WholeItem> for ItemObject {
    fn from(whole: WholeItem) -> Self {
        let item = whole.item;
        Self {
            id: item.id,
            name: item.name,
            price: price(item.price_minor),
            store: PlainStore { id: item.store_id, name: whole.store_name },
            tags: whole.tags.0.into_iter().map(|(id, name)| PlainTag { id, name }).collect(),
            sku: item.sku,
            barcode: item.barcode,
            description: item.description,
            quantity: item.quantity,
            version: item.version,
            created_at: timestamp(&item.created_at).to_string(),
            updated_at: timestamp(&item.updated_at).to_string(),
        }
    }
}

impl StoreObject {
    /// The store with all its items and tags.
    ///
    /// # Errors
    /// Those of the database.
    pub fn whole(conn: &mut Conn, store: Store) -> Result<Self, AppError> {
        let items = Item::plain(conn, Whose::Store(store.id), 0, usize::MAX)?;
        let tags = Tag::of_store_after(conn, store.id, 0, usize::MAX)?;
        Ok(Self {
            id: store.id,
            name: store.name.clone(),
            items: items.into_iter().map(PlainItem::from).collect(),
            tags: tags.iter().map(PlainTag::from).collect(),
            more: StoreMore::from(store),
        })
    }
}

impl From<Store> for StoreMore {
    fn from(store: Store) -> Self {
        Self {
            code: store.code,
            address: store.address,
            city: store.city,
            region: store.region,
            postal_code: store.postal_code,
            country: store.country,
            notes: store.notes,
            version: store.version,
            created_at: timestamp(&store.created_at).to_string(),
            updated_at: timestamp(&store.updated_at).to_string(),
        }
    }
}

/// With so many items a tag is written within a moment.
const FEW: usize = 500;

impl TagObject {
    /// The tag with this id and all its items, if it is of a store that somebody sees.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn visible(conn: &mut Conn, scope: &Scope, id: i64) -> Result<Self, AppError> {
        let tag = Tag::visible(conn, scope, id)?;
        Self::whole(conn, tag)
    }

    /// The tag with all its items.
    ///
    /// # Errors
    /// Those of the database.
    pub fn whole(conn: &mut Conn, tag: Tag) -> Result<Self, AppError> {
        let items = Item::plain(conn, Whose::Tag(tag.id), 0, usize::MAX)?;
        Self::with(conn, tag, items)
    }

    /// The same if it has few items.
    ///
    /// # Errors
    /// Those of the database.
    pub fn if_small(conn: &mut Conn, tag: Tag) -> Result<Option<Self>, AppError> {
        let items = Item::plain(conn, Whose::Tag(tag.id), 0, FEW + 1)?;
        if items.len() > FEW { Ok(None) } else { Self::with(conn, tag, items).map(Some) }
    }

    fn with(conn: &mut Conn, tag: Tag, items: Vec<Plain>) -> Result<Self, AppError> {
        let store = Store::find(conn, tag.store_id)?;
        Ok(Self {
            id: tag.id,
            name: tag.name,
            items: items.into_iter().map(PlainItem::from).collect(),
            store: PlainStore { id: store.id, name: store.name },
            version: tag.version,
            created_at: timestamp(&tag.created_at).to_string(),
            updated_at: timestamp(&tag.updated_at).to_string(),
        })
    }
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct Message {
    message: String,
}

/// A tag taken off an item: both as they are afterwards.
#[derive(Debug, Serialize, ToSchema)]
pub struct LinkRemoved {
    #[schema(example = "Item removed from tag")]
    message: &'static str,
    item: ItemObject,
    tag: TagObject,
}

impl LinkRemoved {
    /// Both, as they are now.
    #[must_use]
    pub fn new(item: ItemObject, tag: TagObject) -> Self {
        Self { message: "Item removed from tag", item, tag }
    }
}

/// Why something was not done.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // described here, written by `error_body`
pub struct Error {
    /// The HTTP status again.
    #[schema(example = 422)]
    code: u16,
    /// The HTTP status in words.
    #[schema(example = "Unprocessable Entity")]
    status: String,
    /// What to know about it.
    #[schema(required = false)]
    message: Option<String>,
    /// What is wrong with each field, behind where it was sent: `json`, `query` or `headers`.
    #[schema(required = false, value_type = Option<Object>, example = json!({"json": {"name": ["Missing data for required field."]}}))]
    errors: Option<()>,
}

/// The parts of an item to change.
#[derive(Debug, ToSchema)]
#[allow(dead_code)] // described here, taken apart by `Body`
pub struct ItemUpdate {
    name: Option<String>,
    price: Option<f64>,
    store_id: Option<i64>,
    sku: Option<String>,
    barcode: Option<String>,
    description: Option<String>,
    quantity: Option<i64>,
    version: Option<i64>,
}

/// The parts of a store to change.
#[derive(Debug, ToSchema)]
#[allow(dead_code)]
pub struct StoreUpdate {
    name: Option<String>,
    code: Option<String>,
    address: Option<String>,
    city: Option<String>,
    region: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    notes: Option<String>,
    version: Option<i64>,
}

macro_rules! error_response {
    ($name:ident, $description:literal) => {
        #[doc = $description]
        #[derive(ToResponse)]
        #[response(description = $description)]
        #[allow(dead_code)]
        pub struct $name(Error);
    };
}
error_response!(Unauthorized, "No token, or one that is not valid");
error_response!(Forbidden, "The token's role does not reach so far");
error_response!(NotFound, "There is none with this id");
error_response!(Changed, "It has changed since the caller got it");
error_response!(TooLarge, "The body is larger than 1 MB");
error_response!(Unprocessable, "What was sent is wrong, field by field");
