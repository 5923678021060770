//! How often somebody may try to sign in. It is kept in the database, so that a restart forgives nothing.
//!
//! Attempts are counted by account and address together: whoever guesses is slowed down where they are, and the owner
//! elsewhere is not. Beside it an address has to wait that tries many accounts, and where many addresses try one
//! account, each of them gets a single attempt. Neither holds for an address from which somebody got into the account.
use std::net::IpAddr;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use crate::db::{Conn, Lock, now};
use crate::error::AppError;
use crate::fields::fold;
use crate::schema::sign_in_attempts as attempts;

/// How much of an e-mail address is counted by, in characters: no account has a longer one.
const EMAIL_MAX: usize = 254;
/// How many attempts are free, before each further one has to wait longer.
const FREE: i64 = 5;
/// How many are free on an account that many addresses try, from an address that nobody got in from yet.
const FREE_UNDER_ATTACK: i64 = 1;
/// How many failures on one account, wherever from, are an attack.
const ATTACK: i64 = 100;
/// How many failures one address may have, whatever the accounts.
const BY_ADDRESS: i64 = 50;
/// How long a failure counts, in minutes.
const WINDOW_MINUTES: i64 = 60;
/// The first wait, in seconds; each further one is twice as long, up to [`WAIT_MAX_SECONDS`].
const WAIT_SECONDS: i64 = 15;
const WAIT_MAX_SECONDS: i64 = 900;
/// How long it is remembered that somebody got in from an address, in days.
const REMEMBERED_DAYS: i64 = 90;

/// An address as it is counted: of IPv6 the network, because a single household has as many addresses as it likes.
fn place_of(address: IpAddr) -> String {
    match address.to_canonical() {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
    }
}

/// The attempts of one address on one account.
#[derive(Debug, Clone)]
pub struct Tries {
    email_key: String,
    place: String,
}

impl Tries {
    /// Those of this address on the account of this e-mail address, whether there is one or not.
    #[must_use]
    pub fn of(email: &str, address: IpAddr) -> Self {
        let email_key = fold(email.trim()).chars().take(EMAIL_MAX).collect();
        Self { email_key, place: place_of(address) }
    }

    /// The e-mail address, case-folded.
    #[must_use]
    pub fn email_key(&self) -> &str {
        &self.email_key
    }

    /// Counts an attempt as failed, before it is known whether it is: of many at once each counts.
    ///
    /// # Errors
    /// `TooMany` if it has to wait; then nothing is counted.
    pub fn begin(&self, conn: &mut Conn) -> Result<(), AppError> {
        let (email_key, place) = (self.email_key.as_str(), self.place.as_str());
        conn.lock(Lock::SignIns)?;
        let at = now();
        diesel::delete(attempts::table.filter(attempts::failed_at.lt(at - TimeDelta::days(REMEMBERED_DAYS))))
            .execute(conn)?;
        let recent = at - TimeDelta::minutes(WINDOW_MINUTES);
        let known: Option<(i64, NaiveDateTime, Option<NaiveDateTime>)> = attempts::table
            .find((email_key, place))
            .select((attempts::failures, attempts::failed_at, attempts::succeeded_at))
            .get_result(conn)
            .optional()?;
        let (failures, failed_at, succeeded_at) = known.unwrap_or((0, at, None));
        let failures = if failed_at < recent { 0 } else { failures };
        let mut free = FREE;
        if succeeded_at.is_none() {
            let window =
                || attempts::table.filter(attempts::failed_at.ge(recent)).select(failures_in_all()).into_boxed();
            if window().filter(attempts::address.eq(place)).first::<i64>(conn)? >= BY_ADDRESS {
                return Err(AppError::TooMany { retry_after_seconds: WAIT_MAX_SECONDS.unsigned_abs() });
            }
            if window().filter(attempts::email_key.eq(email_key)).first::<i64>(conn)? >= ATTACK {
                free = FREE_UNDER_ATTACK;
            }
        }
        if failures >= free {
            let wait = WAIT_SECONDS.saturating_mul(1 << (failures - free).min(20)).min(WAIT_MAX_SECONDS);
            let left = (failed_at + TimeDelta::seconds(wait) - at).num_seconds();
            if left > 0 {
                return Err(AppError::TooMany { retry_after_seconds: left.unsigned_abs() });
            }
        }
        let counted = (attempts::failures.eq(failures + 1), attempts::failed_at.eq(at));
        if diesel::update(attempts::table.find((email_key, place))).set(counted).execute(conn)? == 0 {
            diesel::insert_into(attempts::table)
                .values((attempts::email_key.eq(email_key), attempts::address.eq(place), counted))
                .execute(conn)?;
        }
        Ok(())
    }

    /// Counts the attempt that was begun as none: it was right, but forgives nothing.
    ///
    /// # Errors
    /// Those of the database.
    pub fn take_back(&self, conn: &mut Conn) -> Result<(), AppError> {
        let mine = attempts::table.find((&self.email_key, &self.place)).filter(attempts::failures.gt(0));
        diesel::update(mine).set(attempts::failures.eq(attempts::failures - 1)).execute(conn)?;
        Ok(())
    }

    /// Forgives what failed, because somebody got in.
    ///
    /// # Errors
    /// Those of the database.
    pub fn succeed(&self, conn: &mut Conn) -> Result<(), AppError> {
        diesel::update(attempts::table.find((&self.email_key, &self.place)))
            .set((attempts::failures.eq(0), attempts::succeeded_at.eq(now())))
            .execute(conn)?;
        Ok(())
    }
}

fn failures_in_all() -> SqlLiteral<BigInt> {
    sql("CAST(coalesce(sum(failures), 0) AS BIGINT)")
}
