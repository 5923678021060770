use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::dev::Payload;
use actix_web::rt::time::{Instant, timeout};
use futures_util::StreamExt;

use crate::error::AppError;
use crate::sessions::is_as_it_was;

/// How much of a body that is too large is read on, in bytes.
const DISCARDED_MAX: usize = 16 * 1024 * 1024;

/// A body that comes within this time has come with its request.
const AT_ONCE: Duration = Duration::from_millis(500);
/// How long a body may take however small it is.
const PATIENCE: Duration = Duration::from_secs(10);
/// How fast it must come beyond that, in bytes a second: a twentieth of what a poor telephone line does.
const RATE_MIN: u32 = 1024;
/// How long it may take however large it is.
const PATIENCE_MAX: Duration = Duration::from_secs(120);

/// The whole body of a request. One of more than `bytes_max` is read on for a while and thrown away:
/// browsers and programs see no answer that comes while they are still sending.
///
/// # Errors
/// `TooLarge`, `TooSlow`, or `BadRequest` if it breaks off.
pub async fn read_body(payload: &mut Payload, bytes_max: usize) -> Result<Vec<u8>, AppError> {
    let (mut body, mut length) = (Vec::new(), 0);
    let started = Instant::now();
    loop {
        let earned = Duration::from_secs(1) * u32::try_from(length).unwrap_or(u32::MAX) / RATE_MIN;
        let left = (PATIENCE + earned).min(PATIENCE_MAX).saturating_sub(started.elapsed());
        let Some(chunk) = timeout(left, payload.next()).await.map_err(|_| AppError::TooSlow)? else { break };
        let chunk = chunk.map_err(|error| AppError::BadRequest(error.to_string()))?;
        length += chunk.len();
        if length > DISCARDED_MAX {
            break;
        }
        if length <= bytes_max {
            body.extend_from_slice(&chunk);
        }
    }
    if length > bytes_max { Err(AppError::TooLarge) } else { Ok(body) }
}

/// Refuses a request whose body came later than it began, at `begun`, if its sender is not let in any more as they were then:
/// whoever is about to lose their rights could keep them by holding back the end of what they send.
///
/// # Errors
/// `Forbidden`; those of the database.
pub async fn check_sender(request: &HttpRequest, begun: Instant) -> Result<(), AppError> {
    if begun.elapsed() < AT_ONCE || is_as_it_was(request).await? { Ok(()) } else { Err(AppError::Forbidden) }
}
