//! The overview: how much there is, and what changed last.

use actix_web::web::ServiceConfig;
use askama::Template;

use crate::db::Db;
use crate::fields::Currency;
use crate::history::Summary;
use crate::samples;
use crate::stores::Totals;
use crate::users::{Scope, Viewer};
use crate::web::{Layout, Page, format, page, resource};

/// How many change sets it shows.
const RECENT: usize = 10;

#[derive(Template)]
#[template(path = "overview.html")]
struct Overview {
    layout: Layout,
    totals: Totals,
    currency: Currency,
    sets: Vec<Summary>,
    /// Whether there are others before them.
    is_more: bool,
    /// Whether its reader sees every store: of changes in some of them only the newest are looked for.
    sees_all: bool,
    /// Whether the sample data is still there.
    samples: bool,
}

/// The pages of this slice.
pub fn pages(cfg: &mut ServiceConfig) {
    cfg.service(resource("/").get(show));
}

async fn show(viewer: Viewer, db: Db, layout: Layout) -> Page {
    page::read(&db, move |conn| {
        let (sets, older) = Summary::page(conn, &viewer, None, RECENT)?;
        let (totals, samples) = (Totals::visible(conn, &viewer.scope)?, samples::are_there(conn)?);
        let sees_all = viewer.scope == Scope::All;
        Ok(Overview {
            layout,
            totals,
            currency: Currency::installed(),
            sets,
            is_more: older.is_some(),
            sees_all,
            samples,
        })
    })
    .await
}
