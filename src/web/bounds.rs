use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, REFERER};
use actix_web::middleware::Next;

use super::error_page;
use crate::api;
use crate::error::AppError;
use crate::fields::SEARCH_MAX;
use crate::server::Exchange;

/// The longest address, in bytes. A place in a list holds a name, and one of 200 Korean syllables takes 5,400.
const ADDRESS_MAX: usize = 16 * 1024;
/// The most parameters of an address.
const PARAMETERS_MAX: usize = 250;
/// The parameters that are searched for.
const SEARCHES: [&str; 3] = ["q", "tag", "store_name"];
/// The most headers, the longest of them, and their length together, in bytes.
const HEADERS_MAX: usize = 64;
const HEADER_MAX: usize = 8 * 1024;
const HEADERS_BYTES_MAX: usize = 32 * 1024;

/// Refuses at once what is longer than anything that a browser sends for somebody: addresses and searches with 414,
/// headers with 431.
///
/// # Errors
/// Those of the page.
pub async fn within_bounds(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if let Some(exchange) = request.request().conn_data::<Exchange>() {
        exchange.begin();
    }
    let query = request.query_string();
    // The API names the parameter that is too long, as it does with any other fault.
    let is_search_too_long = || has_long_search(query) && !api::is_at(request.path());
    if request.uri().path().len() + query.len() > ADDRESS_MAX || has_many_parameters(query) || is_search_too_long() {
        return Ok(request.error_response(AppError::TooLong));
    }
    if are_too_large(request.headers()) {
        return Ok(request.error_response(AppError::TooManyHeaders));
    }
    Ok(next.call(request).await?.map_into_boxed_body())
}

fn has_many_parameters(query: &str) -> bool {
    query.bytes().filter(|byte| *byte == b'&').count() >= PARAMETERS_MAX
}

fn has_long_search(query: &str) -> bool {
    if query.len() <= SEARCH_MAX {
        return false;
    }
    let pairs: Vec<(String, String)> = serde_urlencoded::from_str(query).unwrap_or_default();
    pairs.iter().any(|(name, value)| SEARCHES.contains(&name.as_str()) && value.chars().count() > SEARCH_MAX)
}

fn are_too_large(headers: &HeaderMap) -> bool {
    let (mut count, mut total) = (0, 0);
    for (name, value) in headers {
        // It repeats the address of the page before.
        let longest = if *name == REFERER { ADDRESS_MAX + HEADER_MAX } else { HEADER_MAX };
        if value.len() > longest {
            return true;
        }
        count += 1;
        total += name.as_str().len() + value.len();
    }
    count > HEADERS_MAX || total > HEADERS_BYTES_MAX
}

/// The answer to what begins like this, if it is an error that the server found before there was a request to answer: it
/// writes those without a body. To a program it is JSON, to all others a page.
#[must_use]
pub fn bare_error(answer: &[u8], asked: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(answer).ok().filter(|text| text.len() < 256 && text.ends_with("\r\n\r\n"))?;
    let status = text.strip_prefix("HTTP/1.1 ")?.get(..3)?.parse().ok()?;
    let is_bare = (400..500).contains(&status) && text.contains("\r\ncontent-length: 0\r\n");
    let address = asked.split(|byte| *byte == b' ').nth(1).unwrap_or_default();
    let path = address.split(|byte| *byte == b'?').next().unwrap_or_default();
    let in_json = api::is_at(&String::from_utf8_lossy(path));
    is_bare.then(|| error_page::whole(status, in_json)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_measured_in_characters_however_it_is_encoded() {
        assert!(!has_long_search(&format!("q={}", "%F0%9F%92%A1".repeat(200))));
        assert!(has_long_search(&format!("sort=name&q={}", "%F0%9F%92%A1".repeat(201))));
        assert!(has_long_search(&format!("sort=name&store%5Fname={}", "x".repeat(201))));
        assert!(!has_long_search(&format!("after={}", "x".repeat(5000))), "a place in a list");
    }
}
