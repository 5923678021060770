use diesel::prelude::*;

use super::{FormData, Notice, Page, page};
use crate::db::{Actor, ChangeSet, Conn, Db, Sql, now};
use crate::error::AppError;
use crate::schema::form_tokens;

/// How long a form that was sent is remembered, in days.
const KEPT_DAYS: i64 = 7;

/// What came of a form: where to go, and what to say there.
pub struct Done {
    /// The page that shows it.
    pub location: String,
    /// What that page says at its top.
    pub notice: Notice,
}

impl Done {
    /// What came of saving a record that was there, called `what`; `said` is what there is to say beside.
    #[must_use]
    pub fn saved(what: &str, path: String, said: &str) -> Self {
        let notice = if said.is_empty() {
            Notice::plain(format!("{what} is saved."))
        } else {
            Notice::plain(format!("{what} is saved. {said}")).with_link(format!("{path}/history"), "See its history")
        };
        Self { location: path, notice }
    }
}

/// Does what a form asks for, in a change set, and answers with a redirect. The same form sent
/// again, by a double click or a reload, leads to the same page and does nothing more.
///
/// # Errors
/// Those of `work`; `AlreadySent` if the form was sent before with something else typed in it.
pub async fn once(
    db: &Db,
    actor: Actor,
    form: &FormData,
    work: impl FnOnce(&mut ChangeSet<'_>) -> Result<Done, AppError> + Send + 'static,
) -> Page {
    let (token, body_hash) = (form.token(), form.hash());
    let done = db
        .write(actor, move |change| {
            if let Some(location) = claim(change.conn(), &token, &body_hash, "")? {
                return Ok(Done { location, notice: Notice::plain("This was already saved. Nothing was done twice.") });
            }
            let done = work(change)?;
            let led: Sql = Sql::new("UPDATE form_tokens SET location = ")
                .text(done.location.as_str())
                .sql(" WHERE token = ")
                .text(token);
            led.execute(change.conn())?;
            Ok(done)
        })
        .await?;
    Ok(page::see_other(&done.location, &done.notice))
}

/// Takes a form's token, for what leads to `location`; or says where the form led that took it before.
///
/// # Errors
/// `AlreadySent` if the form was sent before with something else typed in it.
pub fn claim_form(conn: &mut Conn, form: &FormData, location: &str) -> Result<Option<String>, AppError> {
    claim(conn, &form.token(), &form.hash(), location)
}

/// Takes the token, or says where the form led that took it before. A simultaneous sending waits here for the first.
fn claim(conn: &mut Conn, token: &str, body_hash: &str, location: &str) -> Result<Option<String>, AppError> {
    if rand::random::<u8>() == 0 {
        let long_ago = now() - chrono::TimeDelta::days(KEPT_DAYS);
        diesel::delete(form_tokens::table.filter(form_tokens::created_at.lt(long_ago))).execute(conn)?;
    }
    let take: Sql = Sql::new("INSERT INTO form_tokens (token, body_hash, location, created_at) VALUES (")
        .text(token)
        .sql(", ")
        .text(body_hash)
        .sql(", ")
        .text(location)
        .sql(", ")
        .time(now())
        .sql(") ON CONFLICT (token) DO NOTHING");
    if take.execute(conn)? == 1 {
        return Ok(None);
    }
    let (sent, location): (String, String) =
        form_tokens::table.find(token).select((form_tokens::body_hash, form_tokens::location)).get_result(conn)?;
    if sent == body_hash { Ok(Some(location)) } else { Err(AppError::AlreadySent(location)) }
}
