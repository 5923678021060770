use diesel::prelude::*;
use diesel::sql_types::Text;

use crate::db::{Conn, Db, Sql};
use crate::error::AppError;
use crate::fields::Currency;
use crate::schema::items;

/// Decides what prices are in: what the database says, else what the setting says. Once there are items, the database
/// keeps to it: read in another currency, a price of 7.13 would be one of 713.
///
/// # Errors
/// `Refused` if they say different things and there are items; those of the database.
pub fn settle(db: &Db, asked: Option<Currency>) -> Result<Currency, AppError> {
    let (kept, has_items) = db.read_now(|conn| Ok((kept(conn)?, has_items(conn)?)))?;
    match (kept, asked) {
        (Some(kept), None) => Ok(kept),
        (Some(kept), Some(asked)) if kept == asked => Ok(kept),
        (Some(kept), Some(asked)) if has_items => Err(AppError::Refused(format!(
            "the prices in {} are in {kept}, and STOCKROOM_CURRENCY says {asked}: leave it out, or say {kept}. For prices \
             in {asked}, begin another database",
            db.url()
        ))),
        // Of an older program: the server knows what it has sold them for.
        (None, asked) if has_items => Ok(asked.unwrap_or_default()),
        (_, asked) => {
            let currency = asked.unwrap_or_default();
            db.keep_now(move |conn| keep(conn, currency))?;
            Ok(currency)
        }
    }
}

/// Lets a database that says nothing say from now on what the server shows its prices in.
///
/// # Errors
/// Those of the database.
pub fn keep_installed(db: &Db) -> Result<(), AppError> {
    if db.read_now(kept)?.is_some() { Ok(()) } else { db.keep_now(|conn| keep(conn, Currency::installed())) }
}

fn kept(conn: &mut Conn) -> Result<Option<Currency>, AppError> {
    let query: Sql<Text> = Sql::new("SELECT max(code) FROM price_currency HAVING count(*) > 0");
    let code = query.get_result::<String>(conn).optional()?;
    code.map(|code| code.parse().map_err(AppError::Internal)).transpose()
}

fn has_items(conn: &mut Conn) -> Result<bool, AppError> {
    Ok(items::table.select(items::id).first::<i64>(conn).optional()?.is_some())
}

fn keep(conn: &mut Conn, currency: Currency) -> Result<(), AppError> {
    let forget: Sql = Sql::new("DELETE FROM price_currency");
    let insert: Sql = Sql::new("INSERT INTO price_currency (code) VALUES (").text(currency.to_string()).sql(")");
    forget.execute(conn)?;
    insert.execute(conn)?;
    Ok(())
}
