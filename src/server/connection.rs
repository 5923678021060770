use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use arrayvec::ArrayVec;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::Exchange;
use crate::web::bare_error;

/// How long a connection may be without an answer under way: the time for a whole head, from the end of the last answer.
const WAIT: Duration = Duration::from_secs(20);
/// The same when there are so many connections that others may find no room.
const WAIT_CROWDED: Duration = Duration::from_secs(5);
/// How long a reader may take to read `READ_MIN` bytes.
const READ_TIME: Duration = Duration::from_secs(20);
const READ_MIN: usize = 16 * 1024;

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// How much of the beginning of a request is kept, in bytes: enough for its method and the first part of its path.
const BEGINNING: usize = 32;

/// A connection that ends when the other side takes too long: over the head of a request, whether it is the first
/// or the hundredth, over a body that nobody reads, or over reading an answer.
pub struct Connection {
    stream: TcpStream,
    exchange: Exchange,
    /// From how many connections on there is a crowd.
    crowd: usize,
    /// When the last answer was on its way, or the first byte since then came.
    since: Instant,
    has_begun: bool,
    /// How the request began that is under way.
    asked: ArrayVec<u8, BEGINNING>,
    wait: Option<Pin<Box<Sleep>>>,
    blocked: Option<Blocked>,
    /// A page that goes out instead of an answer without one, and how much of it has.
    page: Option<(Vec<u8>, usize)>,
}

/// A reader who does not keep up.
struct Blocked {
    until: Pin<Box<Sleep>>,
    bytes: usize,
}

impl Connection {
    pub fn new(stream: TcpStream, crowd: usize) -> Self {
        OPEN.fetch_add(1, Ordering::Relaxed);
        Self {
            stream,
            exchange: Exchange::default(),
            crowd,
            since: Instant::now(),
            has_begun: false,
            asked: ArrayVec::new(),
            wait: None,
            blocked: None,
            page: None,
        }
    }

    /// What tells whether a request is being answered.
    pub fn exchange(&self) -> Exchange {
        self.exchange.clone()
    }

    /// Ends the wait for a request that takes too long to come.
    fn poll_wait(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        loop {
            if self.exchange.is_ours() || self.blocked.is_some() {
                self.wait = None;
                return Poll::Pending;
            }
            let wait = if OPEN.load(Ordering::Relaxed) > self.crowd { WAIT_CROWDED } else { WAIT };
            let end = self.since + wait;
            let sleep = self.wait.get_or_insert_with(|| Box::pin(sleep_until(end)));
            ready!(sleep.as_mut().poll(context));
            // Answers have gone out since it was set: not set anew for each, which would cost more.
            if Instant::now() < end {
                self.wait = None;
                continue;
            }
            return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
        }
    }

    /// Ends a connection whose other side reads too slowly.
    fn poll_blocked(&mut self, context: &mut Context<'_>) -> Poll<io::Result<usize>> {
        loop {
            let blocked = self
                .blocked
                .get_or_insert_with(|| Blocked { until: Box::pin(sleep_until(Instant::now() + READ_TIME)), bytes: 0 });
            ready!(blocked.until.as_mut().poll(context));
            if blocked.bytes < READ_MIN {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.blocked = None;
        }
    }

    fn wrote(&mut self, bytes: usize, wanted: usize) {
        self.exchange.end();
        self.since = Instant::now();
        self.has_begun = false;
        if bytes == wanted {
            self.blocked = None;
        } else if let Some(blocked) = &mut self.blocked {
            blocked.bytes += bytes;
        }
    }

    /// Writes what is left of the page.
    fn poll_page(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while let Some((page, sent)) = &mut self.page {
            match Pin::new(&mut self.stream).poll_write(context, &page[*sent..]) {
                Poll::Ready(Ok(bytes)) if bytes > 0 => *sent += bytes,
                Poll::Ready(Ok(_)) => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(error)),
                Poll::Pending => return self.poll_blocked(context).map_ok(drop),
            }
            if *sent == page.len() {
                self.page = None;
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for Connection {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let filled = buffer.filled().len();
        let read = Pin::new(&mut this.stream).poll_read(context, buffer);
        if read.is_pending() {
            return this.poll_wait(context);
        }
        if !this.has_begun {
            this.has_begun = true;
            this.since = Instant::now();
            this.asked = buffer.filled()[filled..].iter().copied().take(BEGINNING).collect();
        }
        read
    }
}

impl AsyncWrite for Connection {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        ready!(this.poll_page(context))?;
        if !this.exchange.is_ours()
            && let Some(page) = bare_error(buffer, &this.asked)
        {
            this.page = Some((page, 0));
            return Poll::Ready(Ok(buffer.len()));
        }
        match Pin::new(&mut this.stream).poll_write(context, buffer) {
            Poll::Ready(Ok(bytes)) => {
                this.wrote(bytes, buffer.len());
                Poll::Ready(Ok(bytes))
            }
            Poll::Pending => this.poll_blocked(context),
            failed @ Poll::Ready(Err(_)) => failed,
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_page(context))?;
        Pin::new(&mut this.stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_page(context))?;
        Pin::new(&mut this.stream).poll_shutdown(context)
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
    }
}
