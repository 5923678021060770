use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use diesel::connection::{Connection, SimpleConnection};
use tokio::sync::oneshot;

use super::change_set::{Actor, ChangeSet};
use super::checkpoints::{Checkpoints, TURN_TIMEOUT_MS, open_writer};
use super::conn::{BUSY_TIMEOUT_MS, CACHE_SIZE, Conn, PIECES_CACHE_SIZE};
use super::same_file::SameFile;
use super::url::DatabaseUrl;
use crate::error::AppError;

/// How many saves may wait before the next is turned away.
const QUEUE_LENGTH: usize = 4_096;
/// How many saves share a commit, and how long the first of them may be kept waiting for the others' work.
const GROUP_MAX: usize = 256;
const GROUP_TIME: Duration = Duration::from_millis(5);
/// How far pieces of long work are apart at most, while more are to come.
const PIECES_APART: Duration = Duration::from_secs(1);
/// How long the writer looks out for the next task before it sleeps, where the last one came soon: who saves one thing after the
/// other would wait a tenth as long again for it to wake up.
const ALERT: Duration = Duration::from_micros(150);
/// How soon that is, with the time to wake up.
const SOON: Duration = Duration::from_micros(300);
/// How often to see how long the log has grown, while there is anything to write.
const LOG_LOOKED_AT: Duration = Duration::from_millis(20);

/// Work for the writer: does its part inside the open transaction and gives back what to do once that has ended. What
/// shares the transaction with work done before it does so in a savepoint; the first needs none.
type Job = Box<dyn FnOnce(&mut Conn, Place) -> Answer + Send>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    First,
    Later,
}

struct Answer {
    outcome: Outcome,
    send: Box<dyn FnOnce(Result<(), AppError>) + Send>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Failed,
    Panicked,
}

/// The one writer of an SQLite file: a thread that takes saves in turn. Those that wait at the
/// same time share a commit, and are answered when it is on the disk.
pub struct Writer {
    queue: SyncSender<Task>,
    /// How many saves wait for their turn.
    waiting: Arc<AtomicUsize>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// A save that waits, until this is dropped.
struct Waits(Arc<AtomicUsize>);

impl Waits {
    fn count(waiting: &Arc<AtomicUsize>) -> Self {
        waiting.fetch_add(1, Ordering::Relaxed);
        Self(waiting.clone())
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

enum Task {
    Save(Job),
    /// A piece of long work. It shares its commit with no save, so that no save waits for two pieces.
    Piece(Job),
    Stop,
}

impl Writer {
    /// Opens the file for writing.
    pub fn start(url: &DatabaseUrl) -> Result<Self, AppError> {
        let conn = open_writer(url)?;
        let checkpoints = Checkpoints::start(url)?;
        let (queue, tasks) = sync_channel(QUEUE_LENGTH);
        let url = url.clone();
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || run(conn, &url, &tasks, checkpoints))
            .map_err(|error| AppError::Internal(error.to_string()))?;
        Ok(Self { queue, waiting: Arc::default(), thread: Mutex::new(Some(thread)) })
    }

    /// Queues `work` as one change set; the receiver hears when it is done and on the disk.
    pub fn submit<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AppError>>, AppError> {
        self.save(move |conn| ChangeSet::within(conn, &actor, work))
    }

    /// Queues a piece of work that is much longer than a save.
    pub fn submit_piece<T: Send + 'static>(
        &self,
        actor: Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AppError>>, AppError> {
        self.queue(Task::Piece, move |conn| ChangeSet::within(conn, &actor, work))
    }

    /// Queues `work` that writes no record of the catalogue.
    pub fn submit_aside<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AppError>>, AppError> {
        self.save(work)
    }

    fn save<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AppError>>, AppError> {
        let waits = Waits::count(&self.waiting);
        self.queue(Task::Save, move |conn| {
            drop(waits);
            work(conn)
        })
    }

    /// Whether a save waits for its turn.
    pub fn is_awaited(&self) -> bool {
        self.waiting.load(Ordering::Relaxed) > 0
    }

    fn queue<T: Send + 'static>(
        &self,
        task: fn(Job) -> Task,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AppError>>, AppError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn, place| {
            let result = catch_unwind(AssertUnwindSafe(|| match place {
                Place::First => work(conn),
                Place::Later => conn.transaction(work),
            }));
            Answer {
                outcome: match &result {
                    Ok(Ok(_)) => Outcome::Done,
                    Ok(Err(_)) => Outcome::Failed,
                    Err(_) => Outcome::Panicked,
                },
                send: Box::new(move |committed| {
                    let result = result.unwrap_or_else(|_| Err(AppError::Internal("a save panicked".to_owned())));
                    // Nobody listens any more if the browser has gone; the save stands all the same.
                    let _ = reply.send(committed.and(result));
                }),
            }
        });
        self.queue.try_send(task(job)).map_err(|_| AppError::Unavailable("too many saves are waiting".to_owned()))?;
        Ok(answer)
    }

    /// Finishes what is queued and writes the log back into the file.
    pub fn stop(&self) {
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            let _ = self.queue.send(Task::Stop);
            let _ = thread.join();
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

fn run(mut conn: Conn, url: &DatabaseUrl, tasks: &Receiver<Task>, checkpoints: Checkpoints) {
    let mut held_back = None;
    let mut looked: Option<Instant> = None;
    let (mut memory, mut wait) = (Memory::default(), Wait::default());
    let file = SameFile::at(url);
    while let Some(task) = held_back.take().or_else(|| memory.next(tasks, &mut conn, &mut wait)) {
        // SQLite would go on writing to the file that it has open, which nobody finds any more.
        if !file.is_there(url) && !matches!(task, Task::Stop) {
            tracing::error!(
                "the database file was replaced or deleted: nothing is saved until this program starts anew"
            );
            continue; // the task is dropped, which closes its channel: the caller reads that as "away"
        }
        let mut answers = Vec::new();
        let ended = match task {
            Task::Save(first) => group(&mut conn, first, tasks, &mut answers, &mut held_back),
            Task::Piece(piece) => memory.more(&mut conn).and_then(|()| alone(&mut conn, piece, &mut answers)),
            Task::Stop => break,
        };
        if let Err(error) = &ended {
            tracing::error!(%error, "a commit failed");
            // A connection that failed in mid-transaction is not to be trusted. If no new one opens, the old one says why.
            if let Ok(fresh) = open_writer(url) {
                (conn, memory) = (fresh, Memory::default());
            }
        }
        if looked.is_none_or(|looked| looked.elapsed() >= LOG_LOOKED_AT) {
            checkpoints.wake();
            looked = Some(Instant::now());
        }
        for answer in answers {
            let committed = ended.as_ref().copied().map_err(|error| match error {
                AppError::DiskFull => AppError::DiskFull,
                error => AppError::Unavailable(error.to_string()),
            });
            (answer.send)(committed);
        }
        checkpoints.finish(&mut conn);
    }
    checkpoints.stop();
    let ended = conn
        .batch_execute(&format!("PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}"))
        .and_then(|()| conn.analyze_what_changed())
        // First what can be written back while other processes save. The rest keeps them from it, so it waits for none.
        .and_then(|()| {
            conn.batch_execute(&format!(
                "PRAGMA busy_timeout = {TURN_TIMEOUT_MS}; PRAGMA wal_checkpoint(PASSIVE); PRAGMA wal_checkpoint(TRUNCATE)"
            ))
        });
    if let Err(error) = ended {
        tracing::warn!(%error, "the write-ahead log stays beside the file");
    }
}

/// How much of the file the writer keeps in memory. Pieces of long work change so many pages, in so many places, that they
/// would read the same ones again and again, and write what a statement may have to take back to a file of its own.
#[derive(Default)]
struct Memory {
    /// When the last piece came, while there is still more memory than saves need.
    piece: Option<Instant>,
}

impl Memory {
    fn more(&mut self, conn: &mut Conn) -> Result<(), AppError> {
        if self.piece.is_none() {
            conn.batch_execute(&format!("PRAGMA cache_size = {PIECES_CACHE_SIZE}; PRAGMA temp_store = MEMORY;"))?;
        }
        self.piece = Some(Instant::now());
        Ok(())
    }

    /// The next task, if there will be one. Gives the memory back when no piece has come for a while.
    fn next(&mut self, tasks: &Receiver<Task>, conn: &mut Conn, wait: &mut Wait) -> Option<Task> {
        if let Some(piece) = self.piece {
            match tasks.recv_timeout(PIECES_APART.saturating_sub(piece.elapsed())) {
                Err(RecvTimeoutError::Timeout) => {}
                task => return task.ok(),
            }
            self.piece = None;
            let less = format!("PRAGMA cache_size = {CACHE_SIZE}; PRAGMA temp_store = DEFAULT; PRAGMA shrink_memory;");
            if let Err(error) = conn.batch_execute(&less) {
                tracing::warn!(%error, "the writer keeps its memory");
            }
        }
        wait.next(tasks)
    }
}

/// How the writer waits.
#[derive(Default)]
struct Wait {
    /// Whether the last task came soon.
    is_short: bool,
}

impl Wait {
    /// The next task, if there will be one. Whoever else has work to do is let do it meanwhile.
    fn next(&mut self, tasks: &Receiver<Task>) -> Option<Task> {
        let begun = Instant::now();
        let mut next = tasks.try_recv().ok();
        while next.is_none() && self.is_short && begun.elapsed() < ALERT {
            thread::yield_now();
            next = tasks.try_recv().ok();
        }
        let next = next.or_else(|| tasks.recv().ok());
        self.is_short = begun.elapsed() < SOON;
        next
    }
}

/// Does a piece of long work in a transaction of its own.
fn alone(conn: &mut Conn, piece: Job, answers: &mut Vec<Answer>) -> Result<(), AppError> {
    conn.begin_write()?;
    if work(conn, piece, answers)? { Ok(conn.commit_write()?) } else { Ok(()) }
}

/// Does the first save, and those that come meanwhile, in one transaction. What cannot share it is held back.
fn group(
    conn: &mut Conn,
    first: Job,
    tasks: &Receiver<Task>,
    answers: &mut Vec<Answer>,
    held_back: &mut Option<Task>,
) -> Result<(), AppError> {
    conn.begin_write()?; // if it fails, the first save is dropped, which closes its channel: the caller reads that as "away"
    let started = Instant::now();
    let mut next = Some(first);
    while let Some(job) = next.take() {
        if !work(conn, job, answers)? {
            return Ok(());
        }
        if answers.len() < GROUP_MAX && started.elapsed() < GROUP_TIME {
            match tasks.try_recv() {
                Ok(Task::Save(job)) => next = Some(job),
                Ok(other) => *held_back = Some(other),
                Err(_) => {}
            }
        }
    }
    Ok(conn.commit_write()?)
}

/// Does a job. Says whether the transaction goes on: it has ended, with nothing in it, if the first job failed.
fn work(conn: &mut Conn, job: Job, answers: &mut Vec<Answer>) -> Result<bool, AppError> {
    let place = if answers.is_empty() { Place::First } else { Place::Later };
    let answer = job(conn, place);
    let outcome = answer.outcome;
    answers.push(answer);
    match outcome {
        Outcome::Panicked => Err(AppError::Internal("a save panicked; those beside it were taken back".to_owned())),
        Outcome::Failed if place == Place::First => {
            conn.roll_back_write()?;
            Ok(false)
        }
        _ => Ok(true),
    }
}
