use std::rc::Rc;

use actix_web::dev::{AppService, HttpServiceFactory, ServiceFactory, ServiceRequest, ServiceResponse, fn_service};
use actix_web::http::Method;
use actix_web::{Error, FromRequest, Handler, HttpResponse, Responder, Route};
use futures_util::future::LocalBoxFuture;

/// A path, and what answers each of its methods.
pub struct Resource(actix_web::Resource);

/// Begins the description of a path.
#[must_use]
pub fn resource(path: &str) -> Resource {
    Resource(actix_web::web::resource(path))
}

impl Resource {
    /// Answers `GET`.
    #[must_use]
    pub fn get<Args: FromRequest + 'static>(self, handler: impl Handler<Args, Output: Responder>) -> Self {
        self.on(Method::GET, handler)
    }

    /// Answers `POST`.
    #[must_use]
    pub fn post<Args: FromRequest + 'static>(self, handler: impl Handler<Args, Output: Responder>) -> Self {
        self.on(Method::POST, handler)
    }

    /// Answers `PUT`.
    #[must_use]
    pub fn put<Args: FromRequest + 'static>(self, handler: impl Handler<Args, Output: Responder>) -> Self {
        self.on(Method::PUT, handler)
    }

    /// Answers `PATCH`.
    #[must_use]
    pub fn patch<Args: FromRequest + 'static>(self, handler: impl Handler<Args, Output: Responder>) -> Self {
        self.on(Method::PATCH, handler)
    }

    /// Answers `DELETE`.
    #[must_use]
    pub fn delete<Args: FromRequest + 'static>(self, handler: impl Handler<Args, Output: Responder>) -> Self {
        self.on(Method::DELETE, handler)
    }

    /// Answers every other method.
    #[must_use]
    pub fn otherwise<Args: FromRequest + 'static>(self, handler: impl Handler<Args, Output: Responder>) -> Self {
        Self(self.0.default_service(service(boxed(handler))))
    }

    fn on<Args: FromRequest + 'static>(self, method: Method, handler: impl Handler<Args, Output: Responder>) -> Self {
        Self(self.0.route(Route::new().method(method).service(service(boxed(handler)))))
    }
}

impl HttpServiceFactory for Resource {
    fn register(self, config: &mut AppService) {
        self.0.register(config);
    }
}

/// One type for all handlers. Otherwise each of them has a function of its own that runs at the start alone, in another place of
/// the program: they kept more than 2 MB of it in memory.
type Handle = Rc<dyn Fn(ServiceRequest) -> LocalBoxFuture<'static, Answered>>;

type Answered = Result<ServiceResponse, Error>;

fn boxed<Args: FromRequest + 'static>(handler: impl Handler<Args, Output: Responder>) -> Handle {
    Rc::new(move |request| {
        let handler = handler.clone();
        Box::pin(async move {
            let (request, mut body) = request.into_parts();
            let answer = match Args::from_request(&request, &mut body).await {
                Ok(args) => handler.call(args).await.respond_to(&request).map_into_boxed_body(),
                Err(error) => HttpResponse::from_error(error),
            };
            Ok(ServiceResponse::new(request, answer))
        })
    })
}

fn service(
    handle: Handle,
) -> impl ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse, Error = Error, InitError = ()> {
    fn_service(move |request| handle(request))
}
