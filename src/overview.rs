//! The overview: how much there is, and what changed last.

use actix_web::web::{ServiceConfig, resource};
use askama::Template;

use crate::db::Db;
use crate::fields::Currency;
use crate::history::{self, Summary};
use crate::stores::Totals;
use crate::web::{Layout, Page, format, page};

/// How many change sets it shows.
const RECENT: i64 = 10;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    layout: Layout,
    totals: Totals,
    currency: Currency,
    recent: Vec<Summary>,
}

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/").get(show));
}

async fn show(db: Db, layout: Layout) -> Page {
    let (totals, recent) = db.read(|conn| Ok((Totals::of_everything(conn)?, history::recent(conn, RECENT)?))).await?;
    page::ok(&Overview { layout, totals, currency: Currency::installed(), recent })
}
