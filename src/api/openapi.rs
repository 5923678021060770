use std::sync::OnceLock;

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::json;
use utoipa::OpenApi;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa_swagger_ui::Config;

use super::{Access, Reply, resource, schema};
use crate::error::AppError;
use crate::web::{self, Layout};
use crate::{items, stores, tags};

/// The description of the API, made from its handlers and objects.
#[derive(OpenApi)]
#[openapi(
    info(title = "Stores REST API", version = "v1", description = "Stores, the items in them, and their tags."),
    tags((name = "Stores"), (name = "Items"), (name = "Tags")),
    paths(
        stores::api::index, stores::api::create, stores::api::show, stores::api::change, stores::api::delete,
        items::api::index, items::api::create, items::api::show, items::api::replace, items::api::change, items::api::delete,
        stores::api::tags, stores::api::create_tag, tags::api::show, tags::api::delete, items::api::link, items::api::unlink,
    ),
    components(
        schemas(
            schema::StoreObject, schema::ItemObject, schema::TagObject, schema::PlainStore, schema::PlainItem,
            schema::PlainTag, schema::ItemUpdate, schema::StoreUpdate, schema::Error, schema::Message, schema::LinkRemoved,
        ),
        responses(schema::Unauthorized, schema::Forbidden, schema::NotFound, schema::Changed, schema::TooLarge, schema::Unprocessable),
    ),
    security(("token" = [])),
    modifiers(&Bearer),
)]
struct Description;

struct Bearer;

impl utoipa::Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
        document.components.get_or_insert_default().add_security_scheme("token", scheme);
    }
}

/// `/openapi.json`, and `/swagger-ui`, the same as a page.
pub fn routes(cfg: &mut ServiceConfig) {
    cfg.app_data(Data::new(Config::new(["/openapi.json"])))
        .service(resource("/openapi.json", "GET, HEAD, OPTIONS").get(show))
        .service(web::resource("/swagger-ui").get(page))
        .service(web::resource("/swagger-ui/{file}").get(file));
}

async fn show(request: HttpRequest) -> HttpResponse {
    // Made when it is first asked for, which few do: until then it would be a tenth of the memory.
    static TEXT: OnceLock<String> = OnceLock::new();
    let text = TEXT.get_or_init(|| text(Access::of(&request)));
    HttpResponse::Ok().content_type("application/json").body(text.as_str())
}

fn text(access: Access) -> String {
    let mut document = serde_json::to_value(Description::openapi()).map(super::rules::add).unwrap_or_default();
    if access.is_open() {
        document["security"] = json!([{}, {"token": []}]); // none, or a token that nobody looks at
    }
    document.to_string()
}

#[derive(Template)]
#[template(path = "api/swagger_ui.html")]
struct Page {
    layout: Layout,
}

async fn page(layout: Layout) -> Reply {
    let mut answer = crate::web::page::ok(&Page { layout })?;
    // The site's own, and the small pictures that its stylesheet has in data: URLs.
    let policy = "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; \
                  connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
    answer.headers_mut().insert(CONTENT_SECURITY_POLICY, policy.parse().map_err(|_| AppError::NotFound)?);
    Ok(answer)
}

async fn file(request: HttpRequest, config: Data<Config<'static>>) -> Reply {
    let name = request.match_info().query("file");
    let served = ["swagger-ui.css", "swagger-ui-bundle.js"].contains(&name);
    let found = utoipa_swagger_ui::serve(name, config.into_inner()).ok().flatten().filter(|_| served);
    let file = found.ok_or(AppError::NotFound)?;
    Ok(HttpResponse::Ok().insert_header((CONTENT_TYPE, file.content_type)).body(file.bytes.into_owned()))
}
