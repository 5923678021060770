use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, Once, PoisonError};
use std::thread::{self, Thread};
use std::time::{Duration, Instant};

use diesel::r2d2::R2D2Connection;
use tokio::sync::oneshot;

use super::conn::{Conn, Purpose};
use super::same_file::SameFile;
use super::url::DatabaseUrl;
use crate::error::AppError;

/// How many may wait before the next is turned away.
const QUEUE_LENGTH: usize = 4_096;
/// How long a connection to a server is trusted without being used.
const TRUSTED: Duration = Duration::from_secs(1);

/// What a thread does with its connection, or with the reason why there is none. Says whether that is still good.
type Job = Box<dyn FnOnce(Result<&mut Conn, AppError>) -> bool + Send>;

/// Threads with a connection each: work goes to a thread, and nobody has to fetch a connection and wake others up for it.
pub struct Threads {
    shared: Arc<Shared>,
    name: &'static str,
    count: usize,
    started: Once,
}

struct Shared {
    url: DatabaseUrl,
    file: SameFile,
    queue: Mutex<Queue>,
    /// How often a connection was found broken. Those opened before are tried out before they are used again.
    broken: AtomicU64,
}

#[derive(Default)]
struct Queue {
    jobs: VecDeque<Job>,
    /// The threads that have nothing to do. Who became idle last is woken first: what it needs is still in the processor's
    /// caches, its connection's process on the other side included.
    idle: Vec<Thread>,
    closed: bool,
}

impl Threads {
    /// So many threads of this name. They start when the first work comes, and open their connections when they get some.
    pub fn new(url: &DatabaseUrl, name: &'static str, count: usize) -> Self {
        let shared = Arc::new(Shared {
            url: url.clone(),
            file: SameFile::at(url),
            queue: Mutex::default(),
            broken: AtomicU64::new(0),
        });
        Self { shared, name, count, started: Once::new() }
    }

    /// Does `work` on one of the threads.
    ///
    /// # Errors
    /// Those of `work`; `Unavailable` if the database does not answer or too much is waiting.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<T, AppError> {
        self.started.call_once(|| self.start());
        let answer = self.shared.submit(work)?.await;
        answer.unwrap_or_else(|_| Err(AppError::Internal("a query panicked".to_owned())))
    }

    fn start(&self) {
        for _ in 0..self.count {
            let shared = self.shared.clone();
            // With no thread at all, whoever asks is turned away when the queue is full.
            let _ = thread::Builder::new().name(self.name.to_owned()).spawn(move || shared.work());
        }
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        let mut queue = self.shared.queue();
        queue.closed = true;
        queue.idle.drain(..).for_each(|thread| thread.unpark());
    }
}

/// A connection, when it was last used, and how many were found broken by then.
struct Open {
    conn: Conn,
    used: Instant,
    broken: u64,
}

impl Shared {
    /// Queues work; the receiver hears what came of it.
    fn submit<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Conn) -> Result<T, AppError> + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, AppError>>, AppError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |conn| {
            let result = conn.and_then(work);
            let good = !matches!(result, Err(AppError::Unavailable(_)));
            let _ = reply.send(result);
            good
        });
        let mut queue = self.queue();
        if queue.jobs.len() >= QUEUE_LENGTH {
            return Err(AppError::Unavailable("too many questions are waiting".to_owned()));
        }
        queue.jobs.push_back(job);
        let idle = queue.idle.pop();
        drop(queue);
        if let Some(thread) = idle {
            thread.unpark();
        }
        Ok(answer)
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Job> {
        let me = thread::current();
        loop {
            let mut queue = self.queue();
            // It is still among them if nobody has woken it.
            queue.idle.retain(|thread| thread.id() != me.id());
            match queue.jobs.pop_front() {
                Some(job) => return Some(job),
                None if queue.closed => return None,
                None => queue.idle.push(me.clone()),
            }
            drop(queue);
            thread::park();
        }
    }

    fn work(&self) {
        let mut open = None;
        while let Some(job) = self.next() {
            // A job that panics drops its reply, and whoever waits for that hears so.
            let good = catch_unwind(AssertUnwindSafe(|| job(self.connection(&mut open)))).unwrap_or(false);
            if let Some(open) = &mut open
                && good
                && !open.conn.is_broken()
            {
                open.used = Instant::now();
            } else {
                open = None;
                self.broken.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    fn connection<'a>(&self, open: &'a mut Option<Open>) -> Result<&'a mut Conn, AppError> {
        let broken = self.broken.load(Ordering::Relaxed);
        let still_good = |mut open: Open| {
            let trusted = open.conn.is_sqlite() || (open.used.elapsed() < TRUSTED && open.broken == broken);
            (trusted || open.conn.ping().is_ok()).then_some(Open { broken, ..open })
        };
        let ready = match open.take().and_then(still_good) {
            Some(ready) => ready,
            None => Open { conn: self.file.open(&self.url, Purpose::Read)?, used: Instant::now(), broken },
        };
        Ok(&mut open.insert(ready).conn)
    }
}
