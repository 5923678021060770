use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpMessage};
use tracing::Span;
use tracing_actix_web::{RequestId, RootSpanBuilder};

use super::Client;

/// Logs a line for each request: its id, who asked for what, and how it ended.
pub struct RequestLog;

impl RootSpanBuilder for RequestLog {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let id = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
        Client::warn_of_unnamed_proxy(request.request());
        let client = Client::of(request.request()).address;
        tracing::info_span!("request", id, %client, method = %request.method(), path = %shown(request.path()))
    }

    fn on_request_end<B: MessageBody>(_: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        match outcome {
            Ok(response) => {
                let status = response.status().as_u16();
                match response.response().error() {
                    Some(error) if response.status().is_server_error() => tracing::error!(status, %error),
                    Some(error) => tracing::info!(status, %error),
                    None => tracing::info!(status),
                }
            }
            Err(error) => tracing::error!(%error, "no answer"),
        }
    }
}

/// A path without the secret of an invitation in it: whoever reads the log must not be able to use it.
fn shown(path: &str) -> String {
    match path.strip_prefix("/invitations/").and_then(|rest| rest.split_once('/')) {
        Some((_, after)) if !after.starts_with("deletion") => format!("/invitations/…/{after}"),
        _ => path.to_owned(),
    }
}

/// Names the request's id in its answer, so that a person can quote it and the log can be searched for it.
///
/// # Errors
/// Those of the page.
pub async fn with_id(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let id = request.extensions().get::<RequestId>().map(ToString::to_string);
    let mut response = next.call(request).await?;
    if let Some(value) = id.and_then(|id| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(response)
}
