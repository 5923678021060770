use actix_web::HttpRequest;
use actix_web::http::header::REFERER;

use crate::web::{FormData, is_of_this_site};

/// The field by which a form says that it can be shown again with everything typed in it.
const RESUMABLE: &str = "resumable";

/// Where somebody goes on who has to sign in first: to a page, or to a form with what was typed in it. It travels
/// through the sign-in pages, so that nothing is kept of it here.
#[derive(Debug, Clone, Default)]
pub struct Kept {
    /// The page, as a path of this site.
    pub next: String,
    /// Where the form was sent, if one was.
    pub path: String,
    /// The form as it was sent.
    pub body: String,
}

impl Kept {
    /// The page that was asked for.
    #[must_use]
    pub fn page(request: &HttpRequest) -> Self {
        let next = request.uri().path_and_query().map_or("/", |path| path.as_str());
        Self { next: if next == "/" { String::new() } else { next.to_owned() }, ..Self::default() }
    }

    /// The form that was sent; or, if it is not one to be shown again, the page that it was on.
    #[must_use]
    pub fn form(request: &HttpRequest, data: &FormData) -> Self {
        if !data.text(RESUMABLE).is_empty() {
            return Self { path: request.path().to_owned(), body: data.encoded(), ..Self::default() };
        }
        let referer = request.headers().get(REFERER).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let path = referer.split_once("://").and_then(|(_, rest)| Some(&rest[rest.find('/')?..]));
        Self { next: path.unwrap_or_default().to_owned(), ..Self::default() }.checked()
    }

    /// What the sign-in pages sent on.
    #[must_use]
    pub fn read(data: &FormData) -> Self {
        Self { next: data.text("next"), path: data.text("kept_path"), body: data.text("kept") }.checked()
    }

    /// Leaves out what does not lead to a page of this site.
    #[must_use]
    pub fn checked(self) -> Self {
        let Self { next, path, body } = self;
        let checked = |path: String| if is_of_this_site(&path) { path } else { String::new() };
        Self { next: checked(next), path: checked(path), body }
    }

    /// The fields of the form, but for one that would say that it is not only to be shown.
    #[must_use]
    pub fn fields(&self) -> Vec<(String, String)> {
        let mut fields: Vec<(String, String)> = serde_urlencoded::from_str(&self.body).unwrap_or_default();
        fields.retain(|(name, _)| name != "resume");
        fields
    }
}
