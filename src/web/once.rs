use actix_web::HttpResponse;
use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::form_data::beginning_of_tokens;
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

/// A form on its way to being done once.
#[derive(Debug, Clone)]
pub struct Sending {
    token: String,
    body_hash: String,
    /// The change set that the same form made before, where this is to be saved over it.
    corrects: Option<i64>,
    can_be_corrected: bool,
}

impl From<&FormData> for Sending {
    fn from(form: &FormData) -> Self {
        Self { token: form.token(), body_hash: form.hash(), corrects: None, can_be_corrected: true }
    }
}

impl Sending {
    /// A form that was sent before, made this change set, and is corrected.
    #[must_use]
    pub fn correcting(self, change_set_id: i64) -> Self {
        Self { corrects: Some(change_set_id), ..self }
    }

    /// A form that is not to be corrected later: there is more in what is saved than its sender has before them.
    #[must_use]
    pub fn for_good(self) -> Self {
        Self { can_be_corrected: false, ..self }
    }

    /// Takes the token, unless it is taken for something else than what this corrects. A simultaneous sending waits here
    /// for the first. What comes of the form is at `location`, and was saved under a change set, if it was.
    fn take(&self, conn: &mut Conn, location: &str, change_set_id: Option<i64>) -> QueryResult<bool> {
        if rand::random::<u8>() == 0 {
            forget(conn, now() - TimeDelta::days(KEPT_DAYS))?;
        }
        let take: Sql =
            Sql::new("INSERT INTO form_tokens (token, body_hash, location, created_at, change_set_id) VALUES (")
                .text(self.token.as_str())
                .sql(", ")
                .text(self.body_hash.as_str())
                .sql(", ")
                .text(location)
                .sql(", ")
                .time(now())
                .sql(", ");
        let take = match change_set_id.filter(|_| self.can_be_corrected) {
            Some(id) => take.number(id),
            None => take.sql("NULL"),
        };
        let take = take.sql(") ON CONFLICT (token) DO ");
        let take = match self.corrects {
            None => take.sql("NOTHING"),
            Some(id) => take
                .sql(
                    "UPDATE SET body_hash = excluded.body_hash, location = excluded.location, \
                     created_at = excluded.created_at, change_set_id = excluded.change_set_id \
                     WHERE form_tokens.change_set_id = ",
                )
                .number(id),
        };
        Ok(take.execute(conn)? == 1)
    }

    /// Where the form led when it was sent before, if it was.
    ///
    /// # Errors
    /// `AlreadySent` if something else was typed in it.
    fn led_before(&self, conn: &mut Conn) -> Result<Option<String>, AppError> {
        let columns = (form_tokens::body_hash, form_tokens::location, form_tokens::change_set_id);
        let taken: Option<(String, String, Option<i64>)> =
            form_tokens::table.find(&self.token).select(columns).get_result(conn).optional()?;
        match taken {
            None => Ok(None),
            Some((sent, location, _)) if sent == self.body_hash => Ok(Some(location)),
            Some((_, location, change_set_id)) => Err(AppError::AlreadySent { location, change_set_id }),
        }
    }
}

/// Forgets the forms that were sent before `long_ago`. They are looked for among those that were shown before it, and among those
/// that seem to be shown later than now: their token is none of ours, as a script may make it up, or an earlier version did.
fn forget(conn: &mut Conn, long_ago: NaiveDateTime) -> QueryResult<()> {
    use form_tokens::{created_at, table, token};

    let sent = table.filter(created_at.lt(long_ago));
    let tomorrow = now() + TimeDelta::days(1);
    diesel::delete(sent.filter(token.lt(beginning_of_tokens(long_ago)))).execute(conn)?;
    diesel::delete(sent.filter(token.ge(beginning_of_tokens(tomorrow)))).execute(conn)?;
    Ok(())
}

/// Whether a form was done now or before.
pub enum Once {
    /// It is done.
    Now(Done),
    /// It was done before, and nothing was done now.
    Before(Done),
}

impl Once {
    /// A redirect to the page that shows what came of it.
    #[must_use]
    pub fn answer(&self) -> HttpResponse {
        let (Self::Now(done) | Self::Before(done)) = self;
        page::see_other(&done.location, &done.notice)
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
    form: impl Into<Sending>,
    work: impl FnOnce(&mut ChangeSet<'_>) -> Result<Done, AppError> + Send + 'static,
) -> Page {
    now_or_before(db, actor, form, work).await.map(|sent| sent.answer())
}

/// As [`once`], for what has more to do where the form is sent for the first time. `work` may be done and then taken back.
///
/// # Errors
/// As [`once`].
pub async fn now_or_before(
    db: &Db,
    actor: Actor,
    form: impl Into<Sending>,
    work: impl FnOnce(&mut ChangeSet<'_>) -> Result<Done, AppError> + Send + 'static,
) -> Result<Once, AppError> {
    let sending = form.into();
    let (taken, is_correction) = (sending.clone(), sending.corrects.is_some());
    // The token is taken at the end, where it is known what came of the form: two sendings at once wait here for each other.
    let done = db
        .write(actor, move |change| {
            let done = work(change)?;
            let made = change.id();
            if taken.take(change.conn(), &done.location, Some(made))? { Ok(done) } else { Err(AppError::Stale) }
        })
        .await;
    let error = match done {
        Ok(done) => return Ok(Once::Now(done)),
        // What is corrected was sent before, as everybody knows.
        Err(error @ AppError::Invalid(_)) if is_correction => return Err(error),
        Err(error) => error,
    };
    // What cannot be done may have been done: an item is no longer there to be deleted.
    match db.read(move |conn| sending.led_before(conn)).await {
        Ok(Some(location)) => Ok(Once::Before(Done { location, notice: Notice::already_saved() })),
        Err(sent_before @ AppError::AlreadySent { .. }) => Err(sent_before),
        _ => Err(error),
    }
}

/// Where a form led when it was sent before, if it was.
///
/// # Errors
/// `AlreadySent` if something else was typed in it.
pub fn form_led(conn: &mut Conn, form: &FormData) -> Result<Option<String>, AppError> {
    Sending::from(form).led_before(conn)
}

/// Takes a form's token, for what leads to `location`; or says where the form led that took it before.
///
/// # Errors
/// `AlreadySent` if the form was sent before with something else typed in it.
pub fn claim_form(conn: &mut Conn, form: &FormData, location: &str) -> Result<Option<String>, AppError> {
    let sending = Sending::from(form);
    if sending.take(conn, location, None)? { Ok(None) } else { sending.led_before(conn) }
}
