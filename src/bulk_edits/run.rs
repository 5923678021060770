use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt::time::sleep;
use tokio::sync::oneshot;

use super::{BulkEdit, step};
use crate::db::{Actor, Db, Pace, Source};
use crate::error::AppError;

/// How many items are noted at a time, or forgotten.
const NOTED: usize = 10_000;
/// How many times that is done after a preview: who made it waits.
const FORGOTTEN_MAX: u32 = 20;
/// How often a piece is tried again that fails by itself, and how long to wait before that.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);
/// How long to wait for a database that is away.
const LONG_PAUSE: Duration = Duration::from_secs(5);

/// How long a bulk edit that is being applied comes no further before somebody else goes on with it.
const RESTED: Duration = Duration::from_secs(5);

/// The bulk edits that this program applies, and whether each waits for space on the disk.
static UNDER_WAY: Mutex<BTreeMap<i64, bool>> = Mutex::new(BTreeMap::new());

/// Notes the items of a preview, each with the version that was found, and looks at what would become of them.
/// Not to be called by a thread that answers requests.
///
/// # Errors
/// Those of the database.
pub fn freeze(db: &Db, id: i64, items: &[(i64, i64)]) -> Result<(), AppError> {
    for items in items.chunks(NOTED) {
        let items = items.to_vec();
        db.keep_now(move |conn| BulkEdit::freeze(conn, id, &items))?;
    }
    let counts = db.read_now(|conn| {
        conn.measure("bulk_edit_items")?;
        BulkEdit::find(conn, id)?.judge(conn)
    })?;
    db.keep_now(move |conn| BulkEdit::show(conn, id, counts))?;
    let limit = i64::try_from(NOTED).unwrap_or(i64::MAX);
    for _ in 0..FORGOTTEN_MAX {
        if !db.keep_now(move |conn| BulkEdit::forget_old(conn, limit))? {
            break;
        }
    }
    Ok(())
}

/// Applies a bulk edit on a thread of its own. The receiver hears when that ends.
pub fn start(db: &Db, edit: BulkEdit) -> oneshot::Receiver<()> {
    let (ended, end) = oneshot::channel();
    let db = db.clone();
    let work = move || {
        under_way().insert(edit.id, false);
        apply(&db, &edit);
        under_way().remove(&edit.id);
        drop(ended);
    };
    if let Err(error) = std::thread::Builder::new().name("bulk edit".to_owned()).spawn(work) {
        tracing::error!(%error, "a bulk edit waits for the next start");
    }
    end
}

/// Goes on with what was being applied when the program ended.
///
/// # Errors
/// Those of the database.
pub fn resume(db: &Db) -> Result<(), AppError> {
    for edit in db.read_now(BulkEdit::applying)? {
        tracing::info!(id = edit.id, "going on with a bulk edit");
        start(db, edit);
    }
    Ok(())
}

/// Goes on, for as long as this program serves, with what another one on the same database was applying when it ended.
pub async fn watch(db: Db) {
    let mut seen = HashMap::new();
    loop {
        sleep(RESTED).await;
        let Ok(applying) = db.read(BulkEdit::applying).await else { continue };
        for edit in &applying {
            if seen.get(&edit.id) == Some(&edit.reached) && !under_way().contains_key(&edit.id) {
                tracing::info!(id = edit.id, "going on with a bulk edit that rests");
                start(&db, edit.clone());
            }
        }
        seen = applying.into_iter().map(|edit| (edit.id, edit.reached)).collect();
    }
}

/// Whether a bulk edit comes no further because the disk is full, as far as this program knows.
pub fn waits_for_space(id: i64) -> bool {
    under_way().get(&id).copied().unwrap_or_default()
}

fn under_way() -> MutexGuard<'static, BTreeMap<i64, bool>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}

fn apply(db: &Db, edit: &BulkEdit) {
    let (id, actor) = (edit.id, Actor { name: edit.who.clone(), source: Source::Page, user_id: edit.user_id });
    let (mut pace, mut failures) = (Pace::default(), 0);
    loop {
        let applied =
            db.write_steps_now(actor.clone(), &mut pace, move |change, size| Ok((step::apply(change, id, size)?, ())));
        under_way().insert(id, matches!(applied, Err(AppError::DiskFull)));
        match applied {
            Ok((false, ())) => return,
            Ok((true, ())) => failures = 0,
            // It may be back later; or the program is about to end, and then goes on at its next start.
            Err(AppError::Unavailable(_) | AppError::DiskFull) => std::thread::sleep(LONG_PAUSE),
            Err(error) => {
                failures += 1;
                tracing::warn!(%error, id, failures, "a piece of a bulk edit failed");
                if failures == TRIES {
                    if let Err(error) = db.keep_now(move |conn| BulkEdit::fail(conn, id)) {
                        tracing::error!(%error, id, "a bulk edit is stuck");
                    }
                    return;
                }
                std::thread::sleep(PAUSE);
            }
        }
    }
}
