//! The overview: how much there is, and what changed last.

use actix_web::web::{ServiceConfig, resource};
use askama::Template;

use crate::db::Db;
use crate::fields::Currency;
use crate::history::{self, Summary};
use crate::items::Item;
use crate::samples;
use crate::stores::Store;
use crate::users::Viewer;
use crate::web::{Layout, Page, format, page};

/// How many change sets it shows.
const RECENT: i64 = 10;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    layout: Layout,
    stores: i64,
    items: i64,
    worth: String,
    currency: Currency,
    recent: Vec<Summary>,
    /// Whether the sample data is still there.
    samples: bool,
}

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/").get(show));
}

async fn show(viewer: Viewer, db: Db, layout: Layout) -> Page {
    let scope = viewer.scope.clone();
    let (stores, items, worth, recent, samples) = db
        .read(move |conn| {
            let recent = history::recent(conn, &scope, RECENT)?;
            let samples = samples::are_there(conn)?;
            let stores = Store::count_visible(conn, &scope)?;
            Ok((stores, Item::count_visible(conn, &scope)?, Item::worth(conn, &scope)?, recent, samples))
        })
        .await?;
    #[allow(clippy::cast_possible_truncation)] // beyond an i64 the sum would be saturated, and nobody so rich
    let worth = format::price(worth as i64);
    page::ok(&Overview { layout, stores, items, worth, currency: Currency::installed(), recent, samples })
}
