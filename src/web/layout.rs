use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{Notice, assets};

/// What every page has beside its own matter.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// What is said once, at the top.
    pub notice: Option<Notice>,
    /// Which part of the site this is: the first segment of the path.
    pub section: String,
}

impl Layout {
    /// The layout of the page at this path.
    #[must_use]
    pub fn at(path: &str) -> Self {
        Self { notice: None, section: path.split('/').nth(1).unwrap_or_default().to_owned() }
    }

    /// The value of `aria-current` for the link to a section.
    #[must_use]
    pub fn current(&self, section: &str) -> &'static str {
        if self.section == section { "page" } else { "false" }
    }

    /// Where a file of `static/` is served.
    #[must_use]
    pub fn asset(&self, name: &str) -> &'static str {
        assets::url(name)
    }
}

impl FromRequest for Layout {
    type Error = actix_web::Error;
    type Future = Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self { notice: Notice::read(request), ..Self::at(request.path()) }))
    }
}
