use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::rt::spawn;
use actix_web::web::block;
use tokio::sync::Notify;

use super::{Store, Totals};
use crate::db::{Actor, ChangeSet, Conn, Db, Hold, Pace};
use crate::error::AppError;
use crate::web::format;

/// With so many items a store is deleted in one transaction. With more, they go before it.
const AT_ONCE: i64 = 1_000;
/// How often a piece is tried that fails because of what others do, and how long to wait before that.
const TRIES: u32 = 5;
const PAUSE: Duration = Duration::from_millis(200);

/// The stores that this program deletes.
static UNDER_WAY: Mutex<BTreeSet<i64>> = Mutex::new(BTreeSet::new());
/// Tells those who wait for one of them to end.
static ENDED: Notify = Notify::const_new();

/// A store that is to be deleted with all that is in it: of a large one the items go first, piece by piece, so that others save
/// meanwhile, and the store goes when few are left. All of it is one change set. If it cannot be brought to its end, the rest is
/// still there, and the history tells what went.
#[derive(Debug, Clone, Copy)]
pub struct Deletion {
    store_id: i64,
    /// What was agreed to: a version of the store, and how many items and tags there are in it.
    agreed: Option<(i64, [i64; 2])>,
    /// How many of its items went before it, and under which change set.
    gone: i64,
    change_set_id: Option<i64>,
}

impl Deletion {
    /// Of a store as somebody saw it: in this version, with so many items and tags.
    #[must_use]
    pub fn as_seen(store_id: i64, version: i64, numbers: [i64; 2]) -> Self {
        Self { agreed: Some((version, numbers)), ..Self::of(store_id) }
    }

    /// Of a store however it is.
    #[must_use]
    pub fn of(store_id: i64) -> Self {
        Self { store_id, agreed: None, gone: 0, change_set_id: None }
    }

    /// Does it, with `end` for the last transaction, which has to [`finish`](Self::finish) it. It goes on for as long as the program
    /// runs, though nobody may wait for it any more. The same store is deleted by one at a time, so a form that is sent twice is
    /// done once. Gives what came of it, and how many items went before the store: these stay away, even if the rest fails.
    pub async fn run<T: 'static>(
        self,
        db: &Db,
        actor: Actor,
        end: impl AsyncFnOnce(&Db, Actor, Self) -> Result<T, AppError> + 'static,
    ) -> (i64, Result<T, AppError>) {
        let db = db.clone();
        let task = spawn(async move {
            let _turn = Turn::take(self.store_id).await;
            let (left, emptied) = self.empty(&db, &actor).await;
            let done = match emptied {
                Ok(()) => end(&db, actor, left).await,
                Err(error) => Err(error),
            };
            if let Err(error) = &done
                && left.gone > 0
            {
                tracing::warn!(%error, store = left.store_id, items = left.gone, "a store was deleted in part");
            }
            (left.gone, done)
        });
        task.await.unwrap_or_else(|error| (0, Err(AppError::Internal(error.to_string()))))
    }

    /// Lets items go until few are left.
    async fn empty(self, db: &Db, actor: &Actor) -> (Self, Result<(), AppError>) {
        let id = self.store_id;
        match db.read(move |conn| Totals::items_of_store(conn, id)).await {
            Ok(items) if items > AT_ONCE => {}
            found => return (self, found.map(drop)),
        }
        let (db, actor) = (db.clone(), actor.clone());
        let emptied = block(move || self.empty_now(&db, &actor)).await;
        emptied.unwrap_or_else(|error| (self, Err(AppError::Internal(error.to_string()))))
    }

    fn empty_now(mut self, db: &Db, actor: &Actor) -> (Self, Result<(), AppError>) {
        let (mut pace, mut failures) = (Pace::default(), 0);
        loop {
            let mut next = self;
            let gone = db.write_steps_now(actor.clone(), &mut pace, move |change, size| {
                let more = next.step(change, size)?;
                Ok((more, next))
            });
            match gone {
                Ok((true, next)) => (self, failures) = (next, 0),
                Ok((false, next)) => return (next, Ok(())),
                Err(AppError::Busy(_) | AppError::Unavailable(_)) if failures + 1 < TRIES => {
                    failures += 1;
                    std::thread::sleep(PAUSE);
                }
                Err(error) => return (self, Err(error)),
            }
        }
    }

    /// Lets some of the items go, `size` at most, but for the last. Says whether there are many left.
    fn step(&mut self, change: &mut ChangeSet<'_>, size: i64) -> Result<bool, AppError> {
        let store = match self.change_set_id {
            Some(id) => {
                change.go_on_with(id)?;
                Store::find(change.conn(), self.store_id)?
            }
            None => self.check(change.conn())?,
        };
        let many = Totals::items_of_store(change.conn(), self.store_id)? - AT_ONCE;
        let gone = if many > 0 { Store::delete_items(change, self.store_id, size.min(many))? } else { 0 };
        if gone > 0 {
            (self.gone, self.change_set_id) = (self.gone + gone, Some(change.id()));
            // Whoever sees this store only finds by it what was done to many of its items.
            change.note_stores(&format!("SELECT {} AS store_id", self.store_id))?;
            change.call(format!("Deleted {} of store “{}”", format::exact(self.gone, "item"), store.name));
        }
        Ok(gone > 0 && many > gone)
    }

    /// The store, if it is as it was agreed to, but for what has gone of it.
    fn check(&self, conn: &mut Conn) -> Result<Store, AppError> {
        let store = Store::find(conn, self.store_id)?;
        if let Some((version, [items, tags])) = self.agreed
            && (store.version != version || store.contents(conn)?.numbers() != [items - self.gone, tags])
        {
            return Err(AppError::Stale);
        }
        Ok(store)
    }

    /// Deletes the store, with the items that are left.
    ///
    /// # Errors
    /// `NotFound` if there is no such store, `Stale` if it is not as it was agreed to.
    pub fn finish(self, change: &mut ChangeSet<'_>) -> Result<Store, AppError> {
        // Nobody puts anything in it from here on.
        change.conn().hold(Hold::ToDelete, "stores", self.store_id)?;
        let store = self.check(change.conn())?;
        if let Some(id) = self.change_set_id {
            change.go_on_with(id)?;
        }
        let with = match self.gone + Totals::items_of_store(change.conn(), self.store_id)? {
            0 => String::new(),
            items => format!(" with {}", format::exact(items, "item")),
        };
        change.call(format!("Deleted store “{}”{with}", store.name));
        store.delete(change)?;
        Ok(store)
    }
}

/// One deletion of a store at a time.
struct Turn(i64);

impl Turn {
    async fn take(store_id: i64) -> Self {
        loop {
            let ended = ENDED.notified(); // from here on, before it is looked
            if under_way().insert(store_id) {
                return Self(store_id);
            }
            ended.await;
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        under_way().remove(&self.0);
        ENDED.notify_waiters();
    }
}

fn under_way() -> MutexGuard<'static, BTreeSet<i64>> {
    UNDER_WAY.lock().unwrap_or_else(PoisonError::into_inner)
}
