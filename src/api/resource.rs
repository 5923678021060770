use actix_web::http::header::ALLOW;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};

use crate::error::AppError;
use crate::web::{self, Resource};

/// A path of the API. `allow` names its methods: `OPTIONS` is answered with them, and so is a wrong one.
#[must_use]
pub fn resource(path: &str, allow: &'static str) -> Resource {
    web::resource(path).otherwise(move |request: HttpRequest| async move {
        let mut answer = if request.method() == Method::OPTIONS {
            HttpResponse::build(StatusCode::OK).content_type("application/json").finish()
        } else {
            HttpResponse::from_error(AppError::MethodNotAllowed).map_into_boxed_body()
        };
        answer.headers_mut().insert(ALLOW, actix_web::http::header::HeaderValue::from_static(allow));
        answer
    })
}
