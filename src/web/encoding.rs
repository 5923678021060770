use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{ACCEPT_ENCODING, AcceptEncoding, Encoding, Header};
use actix_web::middleware::Next;

/// Sends to whoever takes no encoding that there is, not even none, what they ask for as it is: the middleware that
/// compresses would answer 406, and not in the words of the site.
///
/// # Errors
/// Those of the answer.
pub async fn in_some_encoding(
    mut request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let refuses_all = |accepted: AcceptEncoding| accepted.negotiate([Encoding::gzip()].iter()).is_none();
    // Static files are there in another one, too.
    if !request.path().starts_with("/static/") && AcceptEncoding::parse(&request).is_ok_and(refuses_all) {
        request.headers_mut().remove(ACCEPT_ENCODING);
    }
    next.call(request).await
}
