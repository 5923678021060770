//! The overview: how much there is, and what changed last.

use actix_web::web::{ServiceConfig, resource};
use askama::Template;

use crate::db::Db;
use crate::fields::Currency;
use crate::history::{self, Summary};
use crate::items::Item;
use crate::stores::Store;
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
}

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/").get(show));
}

async fn show(db: Db, layout: Layout) -> Page {
    let (stores, items, worth, recent) = db
        .read(|conn| Ok((Store::count(conn)?, Item::count(conn)?, Item::worth(conn)?, history::recent(conn, RECENT)?)))
        .await?;
    #[allow(clippy::cast_possible_truncation)] // beyond an i64 the sum would be saturated, and nobody so rich
    let worth = format::price(worth as i64);
    page::ok(&Overview { layout, stores, items, worth, currency: Currency::installed(), recent })
}
