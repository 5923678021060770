use chrono::NaiveDateTime;
use diesel::prelude::*;

use crate::db::{Conn, now};
use crate::error::AppError;
use crate::schema::audit_events;

/// How many events a page shows.
pub const PAGE_LENGTH: i64 = 100;

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)] // each says it in words below
pub enum Event {
    SignedIn,
    SignInFailed,
    SignedOut,
    NotConfirmed,
    SessionsEnded,
    PasswordChanged,
    SecondFactorOn,
    SecondFactorOff,
    RecoveryCodeUsed,
    RecoveryCodesMade,
    UserAdded,
    RoleChanged,
    UserDisabled,
    UserEnabled,
    InvitationMade,
    InvitationWithdrawn,
    InvitationAccepted,
    TokenMade,
    TokenRevoked,
    Exported,
    CurrencyChanged,
    BulkEditTakenOver,
}

impl Event {
    /// What happened, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::SignedIn => "signed in",
            Self::SignInFailed => "sign-in failed",
            Self::SignedOut => "signed out",
            Self::NotConfirmed => "confirmation failed",
            Self::SessionsEnded => "signed out elsewhere",
            Self::PasswordChanged => "password changed",
            Self::SecondFactorOn => "second factor turned on",
            Self::SecondFactorOff => "second factor turned off",
            Self::RecoveryCodeUsed => "recovery code used",
            Self::RecoveryCodesMade => "recovery codes made",
            Self::UserAdded => "person added",
            Self::RoleChanged => "role changed",
            Self::UserDisabled => "person disabled",
            Self::UserEnabled => "person enabled",
            Self::InvitationMade => "invitation made",
            Self::InvitationWithdrawn => "invitation withdrawn",
            Self::InvitationAccepted => "invitation accepted",
            Self::TokenMade => "token made",
            Self::TokenRevoked => "token revoked",
            Self::Exported => "catalogue exported",
            Self::CurrencyChanged => "currency changed",
            Self::BulkEditTakenOver => "bulk edit taken over",
        }
    }
}

/// A line of the audit log.
#[derive(Debug, Queryable)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct AuditEvent {
    pub id: i64,
    pub at: NaiveDateTime,
    pub who: String,
    pub event: String,
    pub detail: String,
    pub address: String,
}

/// Writes a line that stays.
///
/// # Errors
/// Those of the database.
pub fn record(conn: &mut Conn, who: &str, event: Event, detail: &str, address: &str) -> Result<(), AppError> {
    diesel::insert_into(audit_events::table)
        .values((
            audit_events::at.eq(now()),
            audit_events::who.eq(who),
            audit_events::event.eq(event.words()),
            audit_events::detail.eq(detail),
            audit_events::address.eq(address),
        ))
        .execute(conn)?;
    Ok(())
}

impl AuditEvent {
    /// The newest lines before the one of id `before`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn page(conn: &mut Conn, before: Option<i64>) -> Result<Vec<Self>, AppError> {
        Ok(audit_events::table
            .filter(audit_events::id.lt(before.unwrap_or(i64::MAX)))
            .order(audit_events::id.desc())
            .limit(PAGE_LENGTH)
            .load(conn)?)
    }
}
