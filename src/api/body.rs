use std::future::Future;
use std::pin::Pin;

use actix_web::http::header::CONTENT_TYPE;
use actix_web::rt::time::Instant;
use actix_web::web::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde_json::{Map, Value};

use super::{idempotency, number};
use crate::error::{AppError, FieldFaults};
use crate::fields::FormErrors;
use crate::web::{check_sender, read_body};

/// The largest body that is read, in bytes.
const BYTES_MAX: usize = 1024 * 1024;

const MISSING: &str = "Missing data for required field.";
const NULL: &str = "Field may not be null.";
const UNKNOWN: &str = "Unknown field.";
const NO_STRING: &str = "Not a valid string.";
const NO_INTEGER: &str = "Not a valid integer.";

/// A JSON object as it was sent. Its fields are taken out one by one; every fault is kept.
#[derive(Debug, Default)]
pub struct Body {
    fields: Map<String, Value>,
    faults: FieldFaults,
    /// Why it is no JSON object, if it is none.
    unread: Option<AppError>,
    /// The body as text, to tell one from another.
    pub raw: Vec<u8>,
}

impl Body {
    /// A string, if the field is there.
    pub fn string(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Value::String(text) => Some(text),
            _ => self.fault(name, NO_STRING),
        }
    }

    /// A string that may be `null`: then it is empty.
    pub fn nullable_string(&mut self, name: &str) -> Option<String> {
        if self.fields.get(name) == Some(&Value::Null) {
            self.fields.remove(name);
            return Some(String::new());
        }
        self.string(name)
    }

    /// A price, as a form would send it.
    pub fn price(&mut self, name: &str) -> Option<String> {
        let typed = match self.take(name)? {
            Value::Number(number) => number.to_string(),
            Value::String(text) => text,
            _ => return self.fault(name, number::INVALID),
        };
        number::price(&typed).map_or_else(|fault| self.fault(name, fault), Some)
    }

    /// A whole number, if the field is there.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        let integer = match self.take(name)? {
            Value::Number(number) => number::whole(&number),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        integer.or_else(|| self.fault(name, NO_INTEGER))
    }

    /// Notes that a field must be there, if it was not.
    pub fn require(&mut self, name: &str, found: bool) {
        if !found && !self.faults.contains_key(name) {
            self.faults.insert(name.to_owned(), vec![MISSING.to_owned()]);
        }
    }

    /// Takes the keys that an answer has and a client may send back: `version` counts, times do not.
    pub fn stamps(&mut self) -> Option<i64> {
        for name in ["created_at", "updated_at"] {
            self.string(name);
        }
        self.integer("version")
    }

    /// Ends the taking apart: fields that are left over are faults, and so are those found by `check`.
    ///
    /// # Errors
    /// `Fields` with every fault; `BadJson` if it was no JSON to begin with.
    pub fn finish(mut self, checked: &FormErrors) -> Result<(), AppError> {
        if let Some(error) = self.unread {
            return Err(error);
        }
        for name in std::mem::take(&mut self.fields).into_iter().map(|(name, _)| name) {
            self.faults.insert(name, vec![UNKNOWN.to_owned()]);
        }
        for (name, fault) in checked.iter() {
            self.faults.entry(name.to_owned()).or_insert_with(|| vec![fault.to_owned()]);
        }
        if self.faults.is_empty() { Ok(()) } else { Err(AppError::Fields { place: "json", faults: self.faults }) }
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        match self.fields.remove(name)? {
            Value::Null => self.fault(name, NULL),
            value => Some(value),
        }
    }

    fn fault<T>(&mut self, name: &str, fault: &str) -> Option<T> {
        self.faults.insert(name.to_owned(), vec![fault.to_owned()]);
        None
    }

    /// What these bytes say.
    #[must_use]
    pub fn new(raw: Vec<u8>) -> Self {
        let (fields, unread) = parse(&raw).map_or_else(|error| (Map::new(), Some(error)), |fields| (fields, None));
        Self { fields, faults: FieldFaults::new(), unread, raw }
    }
}

fn parse(raw: &[u8]) -> Result<Map<String, Value>, AppError> {
    let text = std::str::from_utf8(raw).map_err(|_| AppError::BadJson)?;
    let value = serde_json::from_str(text)
        .or_else(|_| serde_json::from_str(&without_special_numbers(text)))
        .map_err(|_| AppError::BadJson)?;
    match value {
        Value::Object(fields) => Ok(fields),
        _ => Err(AppError::Fields {
            place: "json",
            faults: [("_schema".to_owned(), vec!["Invalid input type.".to_owned()])].into(),
        }),
    }
}

/// `NaN` and `Infinity`, which Python writes though JSON has no such words, made numbers that are out of bounds.
fn without_special_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['"', 'N', 'I']) {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        let taken = if rest.starts_with('"') {
            let length = string_length(rest);
            out.push_str(&rest[..length]);
            length
        } else if let Some(word) = ["NaN", "Infinity"].into_iter().find(|word| is_word(&out, rest, word)) {
            out.push_str("1e999999");
            word.len()
        } else {
            out.push_str(&rest[..1]);
            1
        };
        rest = &rest[taken..];
    }
    out + rest
}

/// Whether `rest` begins with this word, and it is no part of a longer one.
fn is_word(before: &str, rest: &str, word: &str) -> bool {
    let belongs = |c: char| c.is_alphanumeric() || c == '.' || c == '_';
    rest.strip_prefix(word).is_some_and(|after| !after.starts_with(belongs)) && !before.ends_with(belongs)
}

/// How long the JSON string is that this text begins with, its quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The body of a call that needs none, to tell one from another.
///
/// # Errors
/// `TooLarge`, `TooSlow`, `BadRequest` if it breaks off, or `Forbidden` if its sender has lost their rights meanwhile.
pub async fn unused_body(request: &HttpRequest, payload: Payload) -> Result<Vec<u8>, AppError> {
    whole(request, &mut payload.into_inner()).await
}

async fn whole(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Result<Vec<u8>, AppError> {
    let begun = Instant::now();
    let bytes = read_body(payload, BYTES_MAX).await?;
    check_sender(request, begun).await?;
    Ok(bytes)
}

impl FromRequest for Body {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut actix_web::dev::Payload) -> Self::Future {
        let is_json = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
            let kind = value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
            kind == "application/json" || (kind.starts_with("application/") && kind.ends_with("+json"))
        });
        // Under a key what cannot be read is a request like any other: it is answered when the key is known to be free.
        let is_keyed = request.headers().contains_key(idempotency::HEADER);
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let bytes = whole(&request, &mut payload).await?;
            let body = Self::new(if is_json && !bytes.is_empty() { bytes } else { b"{}".to_vec() });
            match body.unread {
                Some(error) if !is_keyed => Err(error),
                _ => Ok(body),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        let body = Body::new(text.as_bytes().to_vec());
        assert!(body.unread.is_none(), "{text}");
        body
    }

    #[test]
    fn numbers_are_taken_as_the_former_service_took_them() {
        for (json, price) in
            [("12.5", "12.5"), ("\"1e3\"", "1000"), ("\" 12 \"", "12"), ("0.30000000000000004", "0.3"), ("10", "10")]
        {
            assert_eq!(body(&format!("{{\"price\":{json}}}")).price("price").as_deref(), Some(price), "{json}");
        }
        for json in ["true", "\"\"", "[]", "{}", "\"x\"", "NaN", "-Infinity", "\"nan\"", "\"inf\"", "1e999", "null"] {
            assert_eq!(body(&format!("{{\"price\":{json}}}")).price("price"), None, "{json}");
        }
        for (json, id) in [("7", 7), ("7.0", 7), ("\" 7 \"", 7), ("\"-7\"", -7)] {
            assert_eq!(body(&format!("{{\"store_id\":{json}}}")).integer("store_id"), Some(id), "{json}");
        }
        for json in ["\"1.0\"", "1.5", "true", "{}", "\"\"", "1e400", "NaN"] {
            assert_eq!(body(&format!("{{\"store_id\":{json}}}")).integer("store_id"), None, "{json}");
        }
    }

    #[test]
    fn words_inside_strings_and_words_are_left_alone() {
        for text in [r#"{"a":1NaN}"#, r#"{"a":NaN5}"#, r#"{"a":NaNNaN}"#, r#"{"a":-Infinity0}"#, r#"{"a":.NaN}"#] {
            assert!(matches!(Body::new(text.as_bytes().to_vec()).unread, Some(AppError::BadJson)), "{text}");
        }
        assert_eq!(body(r#"{"a":NaN,"name":"NaN \" Infinity"}"#).string("name").as_deref(), Some("NaN \" Infinity"));
    }
}
