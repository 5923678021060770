//! The few ways a request can fail: one for each thing that a caller can do about it.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use diesel::result::{DatabaseErrorKind, Error as DieselError};

use crate::fields::FormErrors;
use crate::stores::STORE_DELETED;

/// What is wrong with each field that a program sent.
pub type FieldFaults = BTreeMap<String, Vec<String>>;

/// Why something could not be done.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// There is no such page or row.
    #[error("not found")]
    NotFound,
    /// The page takes other methods.
    #[error("method not allowed")]
    MethodNotAllowed,
    /// The caller has not said who it is.
    #[error("no valid token")]
    Unauthorized,
    /// What was asked for does not fit what is there, for this reason.
    #[error("refused: {0}")]
    Refused(String),
    /// The body is not JSON.
    #[error("not JSON")]
    BadJson,
    /// Fields sent by a program are wrong, in the body, the query or the headers.
    #[error("wrong {place}: {faults:?}")]
    Fields {
        /// Where they were sent: `json`, `query` or `headers`.
        place: &'static str,
        /// What is wrong with each.
        faults: FieldFaults,
    },
    /// The object is not in the version that `If-Match` names.
    #[error("not the version that the caller knows")]
    Precondition,
    /// The request came from another site.
    #[error("a request from another site")]
    OtherSite,
    /// The caller's role does not reach so far.
    #[error("not allowed to this role")]
    Forbidden,
    /// The request cannot be read.
    #[error("unreadable request: {0}")]
    BadRequest(String),
    /// The request is larger than this page takes.
    #[error("request too large")]
    TooLarge,
    /// The address or what is searched for is longer than this site takes.
    #[error("address too long")]
    TooLong,
    /// There are more headers, or longer ones, than this site takes.
    #[error("headers too large")]
    TooManyHeaders,
    /// The request did not come in within the time that it may take.
    #[error("request too slow")]
    TooSlow,
    /// The caller has tried too often.
    #[error("too many tries: wait {retry_after_seconds} s")]
    TooMany {
        /// When it may try again.
        retry_after_seconds: u64,
    },
    /// The row has been saved since it was read.
    #[error("saved by somebody else since")]
    Stale,
    /// This form was sent before, with something else typed in it.
    #[error("this form was sent before, and led to {location}")]
    AlreadySent {
        /// The page that shows what came of it.
        location: String,
        /// Under which change set it was saved, if it can be corrected.
        change_set_id: Option<i64>,
    },
    /// What was typed cannot be taken.
    #[error("{} fields are wrong", .0.iter().count())]
    Invalid(FormErrors),
    /// The database does not answer. It may do so later.
    #[error("the database is away: {0}")]
    Unavailable(String),
    /// Somebody else saves the same thing, and goes on doing so, or waits for this in turn.
    #[error("somebody else is saving this: {0}")]
    Busy(String),
    /// There is no space left to write anything. What is there can be read.
    #[error("no space is left on the disk")]
    DiskFull,
    /// The database refused a query.
    #[error("database: {0}")]
    Database(DieselError),
    /// A fault of the program's own.
    #[error("internal: {0}")]
    Internal(String),
}

impl AppError {
    /// The status that HTML and JSON share.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::OtherSite | Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Precondition => StatusCode::PRECONDITION_FAILED,
            Self::BadRequest(_) | Self::BadJson | Self::Refused(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooLong => StatusCode::URI_TOO_LONG,
            Self::TooManyHeaders => StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::TooMany { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Stale | Self::AlreadySent { .. } => StatusCode::CONFLICT,
            Self::Invalid(_) | Self::Fields { .. } => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Unavailable(_) | Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::DiskFull => StatusCode::INSUFFICIENT_STORAGE,
            Self::Database(_) | Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }
}

impl AppError {
    /// Makes nothing of a row that is not there.
    ///
    /// # Errors
    /// Any other than `NotFound`.
    pub fn none_if_missing<T>(self) -> Result<Option<T>, Self> {
        if matches!(self, Self::NotFound) { Ok(None) } else { Err(self) }
    }
}

impl From<FormErrors> for AppError {
    fn from(errors: FormErrors) -> Self {
        Self::Invalid(errors)
    }
}

impl From<DieselError> for AppError {
    fn from(error: DieselError) -> Self {
        match &error {
            DieselError::NotFound => Self::NotFound,
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, info) => {
                let constraint = info.constraint_name().unwrap_or_else(|| info.message());
                match taken(constraint) {
                    Some(errors) => Self::Invalid(errors),
                    // The id that somebody chose was given to another item at the same moment.
                    None if constraint == "items_pkey" => Self::Stale,
                    None => Self::Database(error),
                }
            }
            DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, info) => {
                gone(info.constraint_name().unwrap_or_default()).unwrap_or(Self::Database(error))
            }
            DieselError::DatabaseError(DatabaseErrorKind::ClosedConnection, info) => {
                Self::Unavailable(in_one_line(info.message()))
            }
            DieselError::DatabaseError(_, info) => {
                let message = info.message();
                let lost = [
                    "server closed the connection",
                    "terminating connection",
                    "database is locked",
                    "no connection to the server",
                    "canceling statement", // after too long, or by whoever looks after the server
                    "read-only transaction",
                ];
                if message.contains("invalid byte sequence for encoding") {
                    // PostgreSQL takes no NUL in a text.
                    Self::BadRequest(message.to_owned())
                } else if ["disk is full", "No space left on device"].iter().any(|words| message.contains(words)) {
                    Self::DiskFull
                } else if ["deadlock detected", "lock timeout"].iter().any(|words| message.contains(words)) {
                    Self::Busy(in_one_line(message))
                } else if lost.iter().any(|words| message.contains(words)) {
                    Self::Unavailable(in_one_line(message))
                } else if message == "stores_name_key" {
                    taken(message).map_or_else(|| Self::Database(error), Self::Invalid)
                } else {
                    gone(message).unwrap_or(Self::Database(error))
                }
            }
            DieselError::BrokenTransactionManager => Self::Unavailable(error.to_string()),
            _ => Self::Database(error),
        }
    }
}

/// What PostgreSQL says in several lines, for the log.
pub(crate) fn in_one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The fault that a broken unique constraint stands for. `check` finds these first; only a
/// simultaneous save gets here. SQLite names the columns, PostgreSQL the constraint.
fn taken(constraint: &str) -> Option<FormErrors> {
    let is = |name: &str, column: &str| constraint.contains(name) || constraint.ends_with(column);
    let (field, fault) = if is("stores_name_key", "stores.name_key") {
        ("name", "This name is already taken.")
    } else if is("stores_code_key", "stores.code_key") {
        ("code", "This code is already taken.")
    } else if is("items_sku_key", "items.sku_key") {
        ("sku", "This SKU is already taken in this store.")
    } else if is("tags_name_key", "tags.name_key") {
        ("name", "This name is already taken in this store.")
    } else if is("users_email_key", "users.email_key") {
        ("email", "Somebody signs in with this address already.")
    } else {
        return None;
    };
    Some(FormErrors::one(field, fault))
}

/// What was deleted while somebody was saving something that belongs to it. `check` finds this first;
/// only a simultaneous deletion gets here, and only on PostgreSQL: SQLite lets one write at a time.
fn gone(constraint: &str) -> Option<AppError> {
    Some(match constraint {
        "items_store_id_fkey" | "tags_store_id_fkey" => FormErrors::one("store", STORE_DELETED).into(),
        // The second is the trigger's word for a tag that is not in the item's store any more.
        "item_tags_tag_id_fkey" | "item_tags_store" => {
            FormErrors::one("tags", "A tag that you had chosen was deleted meanwhile. Save again to go on.").into()
        }
        "item_tags_item_id_fkey" => AppError::NotFound,
        _ => return None,
    })
}
