use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::rt::time::Instant;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use chrono::NaiveDateTime;
use data_encoding::HEXLOWER;
use rand::RngExt;
use sha2::{Digest, Sha256};

use super::{check_sender, read_body};
use crate::db::now;
use crate::error::AppError;
use crate::fields::label;

/// A form as it was sent: every field, repeated ones too.
#[derive(Debug, Clone, Default)]
pub struct FormData(Arc<Vec<(String, String)>>);

/// The largest form that is taken, in bytes.
const BYTES_MAX: usize = 256 * 1024;
/// The same of a form that may carry another one, encoded once more.
const BYTES_MAX_AROUND: usize = 4 * BYTES_MAX;
/// The field that holds the form's one-time token.
const TOKEN: &str = "token";
/// The field that holds the version that the form shows.
const VERSION: &str = "version";

/// The fields into which people type what a record holds, or is to hold.
const TYPED: [&str; 17] = [
    "name",
    "code",
    "address",
    "city",
    "region",
    "postal_code",
    "country",
    "notes",
    "sku",
    "barcode",
    "description",
    "price",
    "quantity",
    "add_tags",
    "percent",
    "amount",
    "store_search",
];

impl FormData {
    /// A form with these fields.
    #[must_use]
    pub fn of(fields: impl IntoIterator<Item = (&'static str, String)>) -> Self {
        Self(Arc::new(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()))
    }

    /// A field, empty if it is not there.
    #[must_use]
    pub fn text(&self, name: &str) -> String {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.clone()).unwrap_or_default()
    }

    /// Every value of a field that can be there more than once.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<String> {
        self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| value.clone()).collect()
    }

    /// The version of the record that the person saw.
    ///
    /// # Errors
    /// `BadRequest` if the form does not say.
    pub fn version(&self) -> Result<i64, AppError> {
        self.number(VERSION)
    }

    /// A number that the person saw, which the form sends along.
    ///
    /// # Errors
    /// `BadRequest` if the form does not say.
    pub fn number(&self, field: &str) -> Result<i64, AppError> {
        self.text(field).parse().map_err(|_| AppError::BadRequest(format!("the form lacks the {field} it shows")))
    }

    /// Whether the form is only to be shown again with what is typed in it: because a button that looks something up
    /// was pressed, or because its sender had to sign in first.
    #[must_use]
    pub fn is_only_shown(&self) -> bool {
        ["find", "resume"].iter().any(|field| !self.text(field).is_empty())
    }

    /// What is said above a form that is shown again because its sender had to sign in first.
    #[must_use]
    pub fn told(&self) -> String {
        if self.text("resume").is_empty() {
            return String::new();
        }
        "You are signed in. What was typed before is still here, and not saved yet.".to_owned()
    }

    /// What is typed in the fields of a record, each with what the field is called.
    #[must_use]
    pub fn shown(&self) -> Vec<(&'static str, &str)> {
        let typed = self.0.iter().filter(|(field, value)| TYPED.contains(&field.as_str()) && !value.trim().is_empty());
        typed.map(|(field, value)| (label(field), value.as_str())).collect()
    }

    /// The form as it was sent, encoded.
    #[must_use]
    pub fn encoded(&self) -> String {
        serde_urlencoded::to_string(&*self.0).unwrap_or_default()
    }

    /// The form's one-time token, or a new one if it has none.
    #[must_use]
    pub fn token(&self) -> String {
        let sent = self.text(TOKEN);
        if (16..=64).contains(&sent.len()) && sent.bytes().all(|b| b.is_ascii_alphanumeric()) {
            sent
        } else {
            new_token()
        }
    }

    /// The form without anything but its token and who sends it, for one with secrets in it: of these nothing is kept. Sent
    /// by somebody else it is another form.
    #[must_use]
    pub fn token_alone(&self, user_id: i64) -> Self {
        Self::of([(TOKEN, self.token()), ("sender", user_id.to_string())])
    }

    /// The form with a new token, to be done though it was sent before.
    #[must_use]
    pub fn anew(&self) -> Self {
        let typed = self.0.iter().filter(|(field, _)| field != TOKEN).cloned();
        Self(Arc::new(typed.chain([(TOKEN.to_owned(), new_token())]).collect()))
    }

    /// SHA-256 of everything typed, in hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        let typed: Vec<_> = self.0.iter().filter(|(field, _)| field != TOKEN).collect();
        HEXLOWER.encode(&Sha256::digest(serde_urlencoded::to_string(typed).unwrap_or_default()))
    }
}

/// A token for a form that is shown: when that is, and 128 random bits. So those of forms that are sent are kept beside each other,
/// and what is written for one was written for the last.
#[must_use]
pub fn new_token() -> String {
    format!("{}{:032x}", beginning_of_tokens(now()), rand::rng().random::<u128>())
}

/// What the tokens of forms begin with that are shown at this second.
pub(super) fn beginning_of_tokens(at: NaiveDateTime) -> String {
    format!("{:010x}", at.and_utc().timestamp())
}

impl FromRequest for FormData {
    type Error = AppError;
    type Future = Pin<Box<dyn Future<Output = Result<Self, AppError>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        let is_form = request.content_type().eq_ignore_ascii_case("application/x-www-form-urlencoded");
        let bytes_max = if request.path().starts_with("/session") { BYTES_MAX_AROUND } else { BYTES_MAX };
        let mut payload = payload.take();
        Box::pin(async move {
            let begun = Instant::now();
            let body = read_body(&mut payload, bytes_max).await?;
            if !is_form && !body.is_empty() {
                return Err(AppError::BadRequest("not the type of a form".to_owned()));
            }
            let fields = serde_urlencoded::from_bytes(&body);
            let form = Self(Arc::new(fields.map_err(|error| AppError::BadRequest(error.to_string()))?));
            request.extensions_mut().insert(form.clone());
            check_sender(&request, begun).await?;
            Ok(form)
        })
    }
}
