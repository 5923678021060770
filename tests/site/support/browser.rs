use std::sync::{Arc, Mutex};

use ureq::http::{HeaderMap, Request, Response};
use ureq::{Agent, Body};

use super::{Answer, Form};

/// Someone who visits the site: keeps cookies, follows no redirect unasked. A clone shares the cookies.
#[derive(Clone)]
pub struct Browser {
    agent: Agent,
    origin: String,
    cookies: Arc<Mutex<Vec<(String, String)>>>,
}

impl Browser {
    /// A browser for the site at `http://host:port`.
    pub fn new(origin: &str) -> Self {
        let config = Agent::config_builder().max_redirects(0).http_status_as_error(false).build();
        Self { agent: config.into(), origin: origin.to_owned(), cookies: Arc::default() }
    }

    /// The same browser with a cookie more.
    #[must_use]
    pub fn with_cookie(self, name: &str, value: &str) -> Self {
        let cookie = (name.to_owned(), value.to_owned());
        self.cookies.lock().expect("no test panicked with it").push(cookie);
        self
    }

    /// Where the site is: `http://127.0.0.1:40123`.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// Opens a page.
    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")], "")
    }

    /// Sends fields as a form of the site does.
    pub fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let headers = [
            ("origin", self.origin.as_str()),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-mode", "navigate"),
            ("content-type", "application/x-www-form-urlencoded"),
        ];
        self.send("POST", path, &headers, &serde_urlencoded::to_string(fields).expect("pairs of texts"))
    }

    /// Opens the page, fills these fields of its main form in and sends it. A field named several
    /// times gets all of the values; one that the form does not have fails the test.
    pub fn fill(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.get(path);
        assert_eq!(answer.status, 200, "{path} has no form to fill: {}", answer.body);
        self.submit(answer.form().filled(fields))
    }

    /// Sends a form.
    pub fn submit(&self, form: Form) -> Answer {
        let fields: Vec<_> = form.fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        if form.method == "post" {
            return self.post(&form.action, &fields);
        }
        let path = form.action.split('?').next().unwrap_or_default();
        self.get(&format!("{path}?{}", serde_urlencoded::to_string(fields).expect("pairs of texts")))
    }

    /// Sends a form to a site that may be gone by now.
    pub fn try_submit(&self, form: Form) -> Option<Answer> {
        let body = serde_urlencoded::to_string(&form.fields).expect("pairs of texts");
        let request = Request::post(format!("{}{}", self.origin, form.action));
        let request = request
            .header("content-type", "application/x-www-form-urlencoded")
            .header("origin", &self.origin)
            .header("cookie", self.cookie_header());
        let request = request.body(body).expect("a request");
        self.agent.run(request).ok().map(|response| self.answer(&form.action, response))
    }

    /// Sends any request, with the browser's cookies and with no other header than these.
    pub fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &(impl AsRef<[u8]> + ?Sized),
    ) -> Answer {
        let mut request = Request::builder().method(method).uri(format!("{}{path}", self.origin));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let cookies = self.cookie_header();
        if !cookies.is_empty() {
            request = request.header("cookie", cookies);
        }
        let body = body.as_ref();
        let response = if body.is_empty() && !matches!(method, "POST" | "PUT" | "PATCH") {
            self.agent.run(request.body(()).expect("a request"))
        } else {
            self.agent.run(request.body(body).expect("a request"))
        };
        let response = response.unwrap_or_else(|error| panic!("{method} {path}: {error}"));
        self.answer(path, response)
    }

    fn answer(&self, path: &str, response: Response<Body>) -> Answer {
        let (head, mut body) = response.into_parts();
        self.keep_cookies(&head.headers);
        let bytes = body.with_config().limit(u64::MAX).read_to_vec().expect("the whole answer");
        let body = String::from_utf8_lossy(&bytes).into_owned();
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body,
            bytes,
            path: path.to_owned(),
            browser: self.clone(),
        }
    }

    /// The value of a cookie, if the browser has it.
    pub fn cookie(&self, name: &str) -> Option<String> {
        let cookies = self.cookies.lock().expect("no test panicked with it");
        cookies.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone())
    }

    /// The cookies as a request carries them.
    pub fn cookie_header(&self) -> String {
        let cookies = self.cookies.lock().expect("no test panicked with it");
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().expect("no test panicked with it");
        for header in headers.get_all("set-cookie") {
            let cookie = header.to_str().expect("cookies are ASCII");
            let mut parts = cookie.split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { continue };
            cookies.retain(|(known, _)| known != name);
            if !parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0")) {
                cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }
}
