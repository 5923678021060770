use std::future::{Ready, ready};
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::{Notice, assets};
use crate::users::Person;

/// What every page has beside its own matter.
#[derive(Debug, Clone, Default)]
pub struct Layout {
    /// What is said once, at the top.
    pub notice: Option<Notice>,
    /// Which part of the site this is: the first segment of the path.
    pub section: String,
    /// Whether it is the list of that part, or its first page.
    is_list: bool,
    /// Who reads it, if they are signed in.
    pub person: Option<Arc<Person>>,
    /// Whether its address ends so.
    is_again: bool,
}

/// What the address of a page ends with to which a form on a page with the same path was sent.
const AGAIN: &str = "?again";

impl Layout {
    /// The layout of the page that answers this request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Self {
        Self {
            notice: Notice::read(request),
            section: request.path().split('/').nth(1).unwrap_or_default().to_owned(),
            is_list: request.path().matches('/').count() == 1,
            person: Person::of(request),
            is_again: Some(request.query_string()) == AGAIN.strip_prefix('?'),
        }
    }

    /// Whether who reads it may change stores, items and tags.
    #[must_use]
    pub fn may_edit(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.may_edit())
    }

    /// Whether who reads it may add and delete stores.
    #[must_use]
    pub fn may_add_stores(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.may_add_stores())
    }

    /// Whether who reads it may decide who comes in.
    #[must_use]
    pub fn is_administrator(&self) -> bool {
        self.person.as_ref().is_some_and(|person| person.is_administrator())
    }

    /// The value of `aria-current` for the link to a section.
    #[must_use]
    pub fn current(&self, section: &str) -> &'static str {
        match self.section == section {
            true if self.is_list => "page",
            true => "true",
            false => "false",
        }
    }

    /// What the address ends with to which a form is sent, if that has the path of the page: another address than the page's.
    /// A browser that does not reach the site puts an error in the place of a page with the same address, and what was typed
    /// there is gone.
    #[must_use]
    pub fn elsewhere(&self) -> &'static str {
        if self.is_again { "" } else { AGAIN }
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
        ready(Ok(Self::of(request)))
    }
}
