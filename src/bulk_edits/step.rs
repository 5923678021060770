use diesel::dsl::max;
use diesel::prelude::*;

use super::judgement::{Range, judge};
use super::{BulkEdit, Operation, State, work};
use crate::db::{ChangeSet, Conn, Hold};
use crate::error::AppError;
use crate::schema::{bulk_edit_items, bulk_edits};

/// Applies a bulk edit to the next of its items, `size` at most, under its one change set. How far it has come is kept in
/// the same transaction, so it goes on from there whatever happens in between. Says whether that may be needed.
///
/// # Errors
/// Those of the database.
pub fn apply(change: &mut ChangeSet<'_>, id: i64, size: i64) -> Result<bool, AppError> {
    // Two processes may be at it: each piece is done by one of them.
    change.conn().hold(Hold::ToChange, "bulk_edits", id)?;
    let edit = BulkEdit::find(change.conn(), id)?;
    if edit.state != State::Applying {
        return Ok(false);
    }
    let Some(through) = end_of_step(change.conn(), &edit, size)? else {
        let finished = (bulk_edits::state.eq(State::Applied.name()), bulk_edits::finished_at.eq(change.at()));
        diesel::update(bulk_edits::table.find(id)).set(finished).execute(change.conn())?;
        return Ok(false);
    };
    if let Some(change_set) = edit.change_set_id {
        change.go_on_with(change_set)?;
    }
    let range = Range { id, after: edit.reached, through };
    change.conn().hold_all(Hold::ToDelete, "items", &range.accepted())?;
    judge(change.conn(), &edit.operation, range)?;
    let unchanged = take_out(change.conn(), range, "verdict = 'unchanged'")?;
    // In this order: SQLite would else go through all items in the order of their stores.
    let stores = format!(
        "SELECT DISTINCT i.store_id FROM bulk_edit_items AS f CROSS JOIN items AS i
         WHERE {} AND f.verdict IS NULL AND i.id = f.item_id",
        range.of("f")
    );
    change.note_stores(&stores)?;
    let changed = work::on(change, &edit.operation, range)?;
    if let (Operation::Move { store_id, .. }, true) = (&edit.operation, changed > 0) {
        change.note_stores(&format!("SELECT {store_id} AS store_id"))?;
    }
    let done = take_out(change.conn(), range, "verdict IS NULL")?;
    if done != changed {
        return Err(AppError::Internal(format!("bulk edit {id}: {changed} rows for {done} items")));
    }
    let changed = edit.changed + count(changed);
    diesel::update(bulk_edits::table.find(id))
        .set((
            bulk_edits::reached.eq(through),
            bulk_edits::changed.eq(changed),
            bulk_edits::unchanged.eq(edit.unchanged + count(unchanged)),
            bulk_edits::change_set_id.eq((changed > 0).then(|| change.id())),
        ))
        .execute(change.conn())?;
    change.call(edit.operation.done_to(changed));
    Ok(true)
}

/// The last item of the next step, if there is any left.
fn end_of_step(conn: &mut Conn, edit: &BulkEdit, size: i64) -> Result<Option<i64>, AppError> {
    let rest = bulk_edit_items::table
        .filter(bulk_edit_items::bulk_edit_id.eq(edit.id).and(bulk_edit_items::item_id.gt(edit.reached)));
    let nth = rest.select(bulk_edit_items::item_id).order(bulk_edit_items::item_id).offset(size - 1).limit(1);
    match nth.first(conn).optional()? {
        Some(end) => Ok(Some(end)),
        None => Ok(rest.select(max(bulk_edit_items::item_id)).first(conn)?),
    }
}

/// Takes items out of the frozen ones: they are dealt with.
fn take_out(conn: &mut Conn, range: Range, condition: &str) -> QueryResult<usize> {
    let mine = range.of("bulk_edit_items");
    diesel::sql_query(format!("DELETE FROM bulk_edit_items WHERE {mine} AND {condition}")).execute(conn)
}

fn count(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}
