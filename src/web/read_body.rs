use actix_web::dev::Payload;
use futures_util::StreamExt;

use crate::error::AppError;

/// How much of a body that is too large is read on, in bytes.
const DISCARDED_MAX: usize = 16 * 1024 * 1024;

/// The whole body of a request. One of more than `bytes_max` is read on for a while and thrown away:
/// browsers and programs see no answer that comes while they are still sending.
///
/// # Errors
/// `TooLarge`, or `BadRequest` if it breaks off.
pub async fn read_body(payload: &mut Payload, bytes_max: usize) -> Result<Vec<u8>, AppError> {
    let (mut body, mut length) = (Vec::new(), 0);
    while let Some(chunk) = payload.next().await {
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
