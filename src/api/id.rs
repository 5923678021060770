use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::error::AppError;

/// The largest id that a caller may choose. Every client reads JSON numbers exactly up to twice as
/// many, and the other half is left for the ids given after it.
pub const CHOSEN_ID_MAX: i64 = 1 << 52;

/// The ids in a path, in its order. What is no id is 404: plain digits are, and not zero.
#[derive(Debug, Clone, Copy)]
pub struct Id<const N: usize>(pub [i64; N]);

impl<const N: usize> FromRequest for Id<N> {
    type Error = AppError;
    type Future = Ready<Result<Self, AppError>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let ids: Option<Vec<i64>> = request.match_info().iter().map(|(_, text)| id(text)).collect();
        ready(ids.and_then(|ids| ids.try_into().ok()).map(Self).ok_or(AppError::NotFound))
    }
}

fn id(text: &str) -> Option<i64> {
    let id = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<i64>().ok())??;
    (id > 0).then_some(id)
}
