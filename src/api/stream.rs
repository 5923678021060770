use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream::poll_fn;
use serde::Serialize;
use tokio::sync::mpsc::{Sender, channel};

use super::reply::to_text;
use crate::error::AppError;
use crate::sessions::is_as_it_was;

/// How much is gathered before it is sent on, in bytes.
const CHUNK: usize = 32 * 1024;

/// Where a long list is written. What is not read yet waits here, and the writer with it: no
/// database connection is held meanwhile.
pub struct Sink {
    request: HttpRequest,
    sender: Sender<Result<Bytes, AppError>>,
    chunk: Vec<u8>,
    needs_comma: bool,
    /// Whether something was sent on: until then its caller was recognised a moment ago.
    has_begun: bool,
}

impl Sink {
    /// Writes text as it is; `Internal` if nobody reads any more.
    async fn text(&mut self, text: &str) -> Result<(), AppError> {
        self.chunk.extend_from_slice(text.as_bytes());
        if self.chunk.len() < CHUNK { Ok(()) } else { self.flush().await }
    }

    /// Writes an element of a list.
    ///
    /// # Errors
    /// `Internal` if nobody reads any more.
    pub async fn element(&mut self, object: &impl Serialize) -> Result<(), AppError> {
        let json = to_text(object)?;
        self.separate().await?;
        self.text(&json).await
    }

    /// Begins an element that is written in parts: these keys, and a list under the key `list`.
    ///
    /// # Errors
    /// `Internal` if nobody reads any more.
    pub async fn open(&mut self, keys: &impl Serialize, list: &str) -> Result<(), AppError> {
        let json = to_text(keys)?;
        self.separate().await?;
        self.text(json.strip_suffix('}').unwrap_or(&json)).await?;
        self.list(list).await
    }

    /// Ends the list, and begins another one of the same element.
    ///
    /// # Errors
    /// `Internal` if nobody reads any more.
    pub async fn then(&mut self, list: &str) -> Result<(), AppError> {
        self.text("]").await?;
        self.list(list).await
    }

    /// Ends the list, and the element with further keys.
    ///
    /// # Errors
    /// `Internal` if nobody reads any more.
    pub async fn close(&mut self, keys: &impl Serialize) -> Result<(), AppError> {
        let json = to_text(keys)?;
        self.needs_comma = true;
        self.text("],").await?;
        self.text(json.strip_prefix('{').unwrap_or(&json)).await
    }

    /// A list may be read for hours: meanwhile its caller may be disabled, or see other stores.
    async fn check(&self) -> Result<(), AppError> {
        if is_as_it_was(&self.request).await? { Ok(()) } else { Err(AppError::Unauthorized) }
    }

    async fn list(&mut self, name: &str) -> Result<(), AppError> {
        self.needs_comma = false;
        self.text(&format!(",\"{name}\":[")).await
    }

    async fn separate(&mut self) -> Result<(), AppError> {
        if std::mem::replace(&mut self.needs_comma, true) { self.text(",").await } else { Ok(()) }
    }

    async fn flush(&mut self) -> Result<(), AppError> {
        if std::mem::replace(&mut self.has_begun, true) {
            self.check().await?;
        }
        let chunk = Bytes::from(std::mem::take(&mut self.chunk));
        self.sender.send(Ok(chunk)).await.map_err(|_| AppError::Internal("nobody reads any more".to_owned()))
    }
}

/// Answers with a list that `write` writes, element by element, as fast as it is read, and as long as its caller may have it.
pub fn stream_list(
    request: &HttpRequest,
    write: impl AsyncFnOnce(&mut Sink) -> Result<(), AppError> + 'static,
) -> HttpResponse {
    let (sender, mut receiver) = channel(1);
    let failed = sender.clone();
    let request = request.clone();
    actix_web::rt::spawn(async move {
        let chunk = Vec::with_capacity(CHUNK);
        let mut sink = Sink { request, sender, chunk, needs_comma: false, has_begun: false };
        let written = async {
            sink.text("[").await?;
            write(&mut sink).await?;
            sink.text("]\n").await?;
            sink.flush().await
        };
        if let Err(error) = written.await {
            // The list breaks off, so that nobody takes it for the whole.
            let _ = failed.send(Err(error)).await;
        }
    });
    HttpResponse::Ok().content_type("application/json").streaming(poll_fn(move |context| receiver.poll_recv(context)))
}
