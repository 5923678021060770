use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderValue, SET_COOKIE};
use actix_web::middleware::Next;
use actix_web::{HttpRequest, HttpResponse};

use super::{Client, is_of_this_site};

const COOKIE: &str = "notice";

/// What is said once, at the top of the next page, perhaps with a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// What is said.
    pub text: String,
    /// A path of this site and what the link to it says.
    pub link: Option<(String, String)>,
}

impl Notice {
    /// A notice without a link.
    #[must_use]
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), link: None }
    }

    /// What is said of a form that was sent before.
    #[must_use]
    pub fn already_saved() -> Self {
        Self::plain("This was already saved. Nothing was done twice.")
    }

    /// The same notice with a link.
    #[must_use]
    pub fn with_link(self, path: impl Into<String>, label: impl Into<String>) -> Self {
        Self { link: Some((path.into(), label.into())), ..self }
    }

    /// The notice that the request carries.
    #[must_use]
    pub fn read(request: &HttpRequest) -> Option<Self> {
        let cookie = request.cookie(COOKIE)?;
        let mut lines = cookie.value().split('\n').map(str::to_owned);
        let (text, path, label) = (lines.next()?, lines.next()?, lines.next()?);
        // Another site of the same domain can plant the cookie.
        let link = is_of_this_site(&path).then_some((path, label));
        Some(Self { text, link })
    }

    /// The cookie that carries it to the next page.
    #[must_use]
    pub fn cookie(&self) -> Cookie<'static> {
        let (path, label) = self.link.clone().unwrap_or_default();
        Cookie::build(COOKIE, [self.text.as_str(), &path, &label].join("\n"))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .max_age(Duration::minutes(1))
            .finish()
    }
}

/// Forgets the notice once a page has shown it.
///
/// # Errors
/// Those of the page.
pub async fn forget(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let carried = request.cookie(COOKIE).is_some() && !request.path().starts_with("/static/");
    let is_https = Client::of(request.request()).is_https;
    let mut response = next.call(request).await?;
    if carried && !response.status().is_redirection() {
        let mut spent = Cookie::build(COOKIE, "").path("/").http_only(true).same_site(SameSite::Lax).finish();
        spent.make_removal();
        let _ = response.response_mut().add_cookie(&spent);
    }
    if is_https {
        secure(response.response_mut());
    }
    Ok(response)
}

/// Keeps the cookie from ever being sent without https.
fn secure<B>(response: &mut HttpResponse<B>) {
    let notices: Vec<_> = response.cookies().filter(|cookie| cookie.name() == COOKIE).map(Cookie::into_owned).collect();
    response.del_cookie(COOKIE);
    for mut notice in notices {
        notice.set_secure(true);
        if let Ok(value) = HeaderValue::from_str(&notice.encoded().to_string()) {
            response.headers_mut().append(SET_COOKIE, value);
        }
    }
}
