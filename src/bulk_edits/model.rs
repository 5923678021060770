use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use super::Operation;
use crate::db::{Actor, ChangeSet, Conn, now};
use crate::error::AppError;
use crate::schema::{bulk_edit_items, bulk_edits};
use crate::users::{Person, Scope};

/// How long a preview that nobody applied is kept, in days.
const KEPT_DAYS: i64 = 7;

/// How far a bulk edit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Its items are being noted.
    Freezing,
    /// It can be looked at, and applied.
    Previewed,
    /// It is being applied.
    Applying,
    /// It was stopped before its end, by somebody or by a fault. It can go on.
    Stopped,
    /// It is done.
    Applied,
}

impl State {
    const ALL: [Self; 5] = [Self::Freezing, Self::Previewed, Self::Applying, Self::Stopped, Self::Applied];

    /// As it stands in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Freezing => "freezing",
            Self::Previewed => "previewed",
            Self::Applying => "applying",
            Self::Stopped => "stopped",
            Self::Applied => "applied",
        }
    }
}

#[derive(Queryable)]
struct Row {
    id: i64,
    created_at: NaiveDateTime,
    user_id: Option<i64>,
    who: String,
    list: String,
    filter: String,
    operation: String,
    state: String,
    matched: i64,
    changed: i64,
    unchanged: i64,
    refused: i64,
    reached: i64,
    change_set_id: Option<i64>,
    finished_at: Option<NaiveDateTime>,
    has_failed: bool,
}

/// One change to many items.
#[derive(Debug, Clone)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct BulkEdit {
    pub id: i64,
    pub created_at: NaiveDateTime,
    pub user_id: Option<i64>,
    pub who: String,
    pub list: String,
    pub filter: String,
    pub operation: Operation,
    pub state: State,
    pub matched: i64,
    pub changed: i64,
    pub unchanged: i64,
    pub refused: i64,
    pub reached: i64,
    pub change_set_id: Option<i64>,
    pub finished_at: Option<NaiveDateTime>,
    pub has_failed: bool,
}

/// What a person decides about a bulk edit, checked.
#[derive(Debug, Clone)]
pub struct BulkEditDraft {
    /// The list it is made from, as in its URL.
    pub list: String,
    /// The same in words.
    pub filter: String,
    /// What is done.
    pub operation: Operation,
    /// To how many items.
    pub matched: usize,
}

impl TryFrom<Row> for BulkEdit {
    type Error = AppError;

    fn try_from(row: Row) -> Result<Self, AppError> {
        let unreadable = |what: &str| AppError::Internal(format!("bulk edit {}: no such {what}", row.id));
        Ok(Self {
            operation: serde_json::from_str(&row.operation).map_err(|_| unreadable("operation"))?,
            state: State::ALL.into_iter().find(|state| state.name() == row.state).ok_or_else(|| unreadable("state"))?,
            id: row.id,
            created_at: row.created_at,
            user_id: row.user_id,
            who: row.who,
            list: row.list,
            filter: row.filter,
            matched: row.matched,
            changed: row.changed,
            unchanged: row.unchanged,
            refused: row.refused,
            reached: row.reached,
            change_set_id: row.change_set_id,
            finished_at: row.finished_at,
            has_failed: row.has_failed,
        })
    }
}

impl BulkEdit {
    /// The bulk edit with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        bulk_edits::table.find(id).get_result::<Row>(conn)?.try_into()
    }

    /// Those that are being applied.
    ///
    /// # Errors
    /// Those of the database.
    pub fn applying(conn: &mut Conn) -> Result<Vec<Self>, AppError> {
        let rows = bulk_edits::table.filter(bulk_edits::state.eq(State::Applying.name())).order(bulk_edits::id);
        rows.load::<Row>(conn)?.into_iter().map(Self::try_from).collect()
    }

    /// Begins a preview. Its items follow: see [`freeze`](Self::freeze).
    ///
    /// # Errors
    /// Those of the database.
    pub fn create(change: &mut ChangeSet<'_>, actor: &Actor, draft: &BulkEditDraft) -> Result<i64, AppError> {
        let operation = serde_json::to_string(&draft.operation);
        let values = (
            bulk_edits::created_at.eq(change.at()),
            bulk_edits::user_id.eq(actor.user_id),
            bulk_edits::who.eq(&actor.name),
            bulk_edits::list.eq(&draft.list),
            bulk_edits::filter.eq(&draft.filter),
            bulk_edits::operation.eq(operation.map_err(|error| AppError::Internal(error.to_string()))?),
            bulk_edits::state.eq(State::Freezing.name()),
            bulk_edits::matched.eq(i64::try_from(draft.matched).unwrap_or(i64::MAX)),
            (bulk_edits::changed.eq(0), bulk_edits::unchanged.eq(0), bulk_edits::refused.eq(0)),
            bulk_edits::reached.eq(0),
        );
        let insert = diesel::insert_into(bulk_edits::table).values(values).returning(bulk_edits::id);
        Ok(insert.get_result(change.conn())?)
    }

    /// Notes some of its items, each with the version that was found.
    ///
    /// # Errors
    /// Those of the database.
    pub fn freeze(conn: &mut Conn, id: i64, items: &[(i64, i64)]) -> Result<(), AppError> {
        conn.insert_pairs("bulk_edit_items (bulk_edit_id, item_id, version)", &[id], items)?;
        Ok(())
    }

    /// Shows the preview, with what was found about its items.
    ///
    /// # Errors
    /// Those of the database.
    pub fn show(conn: &mut Conn, id: i64, (unchanged, refused): (i64, i64)) -> Result<(), AppError> {
        diesel::update(bulk_edits::table.find(id))
            .set((
                bulk_edits::state.eq(State::Previewed.name()),
                bulk_edits::unchanged.eq(unchanged),
                bulk_edits::refused.eq(refused),
            ))
            .execute(conn)?;
        Ok(())
    }

    /// Whether somebody may look at it: who made it, and once it is applied, who sees every store.
    #[must_use]
    pub fn is_shown_to(&self, person: &Person) -> bool {
        let is_public = !matches!(self.state, State::Freezing | State::Previewed);
        self.user_id == person.user_id || (is_public && person.scope == Scope::All)
    }

    /// Begins to apply it, or to go on with it. Says whether there was anything to begin: not if that was done before.
    ///
    /// # Errors
    /// Those of the database.
    pub fn begin(conn: &mut Conn, id: i64) -> Result<bool, AppError> {
        let waiting = [State::Previewed, State::Stopped].map(State::name);
        // What the preview has counted is counted anew.
        diesel::update(bulk_edits::table.find(id).filter(bulk_edits::state.eq(State::Previewed.name())))
            .set((bulk_edits::unchanged.eq(0), bulk_edits::refused.eq(0)))
            .execute(conn)?;
        let started = diesel::update(bulk_edits::table.find(id).filter(bulk_edits::state.eq_any(waiting)))
            .set((bulk_edits::state.eq(State::Applying.name()), bulk_edits::has_failed.eq(false)))
            .execute(conn)?;
        Ok(started > 0)
    }

    /// Stops it before its next piece. Says whether there was anything to stop: not if it has ended.
    ///
    /// # Errors
    /// Those of the database.
    pub fn stop(conn: &mut Conn, id: i64) -> Result<bool, AppError> {
        Self::set_stopped(conn, id, false)
    }

    /// Stops it because its next piece cannot be done.
    ///
    /// # Errors
    /// Those of the database.
    pub fn fail(conn: &mut Conn, id: i64) -> Result<bool, AppError> {
        Self::set_stopped(conn, id, true)
    }

    fn set_stopped(conn: &mut Conn, id: i64, has_failed: bool) -> Result<bool, AppError> {
        let stopped = diesel::update(bulk_edits::table.find(id).filter(bulk_edits::state.eq(State::Applying.name())))
            .set((bulk_edits::state.eq(State::Stopped.name()), bulk_edits::has_failed.eq(has_failed)))
            .execute(conn)?;
        Ok(stopped > 0)
    }

    /// Removes some of what is left of old previews that nobody applied, `limit` items at most. Says whether there is more.
    ///
    /// # Errors
    /// Those of the database.
    pub fn forget_old(conn: &mut Conn, limit: i64) -> Result<bool, AppError> {
        let previews = [State::Freezing, State::Previewed].map(State::name);
        let long_ago = now() - TimeDelta::days(KEPT_DAYS);
        let Some(old) = bulk_edits::table
            .filter(bulk_edits::state.eq_any(previews).and(bulk_edits::created_at.lt(long_ago)))
            .order(bulk_edits::id)
            .select(bulk_edits::id)
            .first::<i64>(conn)
            .optional()?
        else {
            return Ok(false);
        };
        let removed = diesel::sql_query(format!(
            "DELETE FROM bulk_edit_items WHERE bulk_edit_id = {old} AND item_id IN (
                 SELECT item_id FROM bulk_edit_items WHERE bulk_edit_id = {old} ORDER BY item_id LIMIT {limit}
             )"
        ))
        .execute(conn)?;
        if removed == 0 {
            diesel::delete(bulk_edits::table.find(old)).execute(conn)?;
        }
        Ok(true)
    }

    /// How many of its items are dealt with, in percent.
    ///
    /// # Errors
    /// Those of the database.
    pub fn progress(&self, conn: &mut Conn) -> Result<i64, AppError> {
        let waiting: i64 = bulk_edit_items::table
            .filter(bulk_edit_items::bulk_edit_id.eq(self.id).and(bulk_edit_items::item_id.gt(self.reached)))
            .count()
            .get_result(conn)?;
        Ok((self.matched - waiting) * 100 / self.matched.max(1))
    }
}
