//! What calls take beside a body, for the description.
use utoipa::IntoParams;

/// What every list takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct ListParams {
    /// How many to list. Without it, all of them.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// Where to go on: take it from the `Link` of the page before.
    #[param(pattern = "^[0-9]+~")]
    after: Option<String>,
    /// Words that all occur in it, whatever their case and accents.
    #[param(max_length = 200)]
    q: Option<String>,
    /// `id`, `name` or `updated_at`; with `-` before it, the other way round.
    #[param(pattern = "^-?(id|name|updated_at)$")]
    sort: Option<String>,
}

/// What the list of items takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[allow(dead_code)]
pub struct ItemListParams {
    /// How many to list. Without it, all of them.
    #[param(minimum = 1, maximum = 1000)]
    limit: Option<i64>,
    /// Where to go on: take it from the `Link` of the page before.
    #[param(pattern = "^[0-9]+~")]
    after: Option<String>,
    /// Words that all occur in its name, SKU or barcode, whatever their case and accents.
    #[param(max_length = 200)]
    q: Option<String>,
    /// Of this store only.
    store_id: Option<i64>,
    /// With this tag only.
    tag_id: Option<i64>,
    /// At this price or above.
    min_price: Option<f64>,
    /// At this price or below.
    max_price: Option<f64>,
    /// So many in stock, or more.
    min_quantity: Option<i64>,
    /// So many in stock, or less.
    max_quantity: Option<i64>,
    /// `id`, `name`, `price`, `quantity` or `updated_at`; with `-` before it, the other way round.
    #[param(pattern = "^-?(id|name|price|quantity|updated_at)$")]
    sort: Option<String>,
}

/// Which one.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)]
pub struct IdParam {
    #[param(minimum = 1)]
    id: i64,
}

/// Which item and which tag.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[allow(dead_code)]
pub struct LinkParams {
    #[param(minimum = 1)]
    id: i64,
    #[param(minimum = 1)]
    tag_id: i64,
}

/// What a `GET` of an object takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct GetParams {
    /// The `ETag` that the caller has: 304 if it is still the one.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// What a change takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct ChangeParams {
    /// The `ETag` that the caller has: 412 if it is not the one any more.
    #[param(rename = "If-Match")]
    if_match: Option<String>,
    /// An `ETag` that it must not have, or `*` for none at all: 412 if it has.
    #[param(rename = "If-None-Match")]
    if_none_match: Option<String>,
}

/// What a `POST` takes.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code)]
pub struct PostParams {
    /// A key of the caller's own. Sent again with it, the request does nothing and gets the first answer again.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}
