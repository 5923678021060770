use super::model::remove;
use crate::db::Db;
use crate::users::Administrator;
use crate::web::{Notice, Page, page};

pub async fn delete(administrator: Administrator, db: Db) -> Page {
    db.write(administrator.actor(), remove).await?;
    let notice = "The sample data is gone. What you have changed or added yourself is still there.";
    Ok(page::see_other("/", &Notice::plain(notice)))
}
