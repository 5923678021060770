use ureq::http::HeaderMap;

use super::{Browser, Form, Page};

/// What came back.
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    /// The body as text.
    pub body: String,
    /// The body as it came.
    pub bytes: Vec<u8>,
    /// What was asked for.
    pub path: String,
    pub(super) browser: Browser,
}

impl Answer {
    /// A header, or the empty text.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// Where it redirects to, as a path on this site.
    pub fn location(&self) -> String {
        let location = self.header("location");
        assert!(!location.is_empty(), "{} answers {} and leads nowhere: {}", self.path, self.status, self.body);
        location.strip_prefix(self.browser.origin()).unwrap_or(location).to_owned()
    }

    /// Goes where it redirects to.
    pub fn follow(&self) -> Answer {
        assert!((300..400).contains(&self.status), "{} answers {}: {}", self.path, self.status, self.body);
        self.browser.get(&self.location())
    }

    /// The number in the path that it redirects to: 7 in `/stores/7`.
    pub fn new_id(&self) -> i64 {
        let location = self.location();
        let mut numbers = location.split(['/', '?', '#']).rev().filter_map(|part| part.parse().ok());
        numbers.next().unwrap_or_else(|| panic!("{location} names no row"))
    }

    /// The body as a page.
    pub fn html(&self) -> Page {
        Page::parse(&self.body)
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{}: {error}: {}", self.path, self.body))
    }

    /// The text of the first element that matches, its spaces made single.
    pub fn text(&self, selector: &str) -> String {
        self.html().text(selector)
    }

    /// The text of every element that matches.
    pub fn texts(&self, selector: &str) -> Vec<String> {
        self.html().texts(selector)
    }

    /// An attribute of the first element that matches.
    pub fn attr(&self, selector: &str, name: &str) -> String {
        self.html().attr(selector, name)
    }

    /// The main form: the first in `main` that is posted.
    pub fn form(&self) -> Form {
        self.form_at("main form[method=post], main form[method=POST]")
    }

    /// The first form that matches.
    pub fn form_at(&self, selector: &str) -> Form {
        let mut form = self.html().form(selector);
        form.action = self.resolve(&form.action);
        form
    }

    /// The fields of the first form that matches, as a browser would send them.
    pub fn form_fields(&self, selector: &str) -> Vec<(String, String)> {
        self.form_at(selector).fields
    }

    /// The path that a link or an action on this page means.
    fn resolve(&self, reference: &str) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let reference = reference.strip_prefix(self.browser.origin()).unwrap_or(reference);
        match reference.as_bytes().first() {
            None => self.path.clone(),
            Some(b'/') => reference.to_owned(),
            Some(b'?') => format!("{path}{reference}"),
            Some(_) => format!("{}/{reference}", path.rsplit_once('/').map_or("", |(folder, _)| folder)),
        }
    }
}
