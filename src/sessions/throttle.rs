//! How often somebody may try to sign in. It is kept in the database, so that a restart forgives nothing.
//!
//! Attempts are counted by account and address together: whoever guesses is slowed down where they are, and the owner
//! elsewhere is not. Beside it an address has to wait that tries many accounts, and where many addresses try one
//! account, each of them gets a single attempt. Codes of a second factor, which are short, are counted by account alone as
//! well. None of these three holds for an address from which somebody got into the account.
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
/// The place under which wrong codes are counted, wherever they come from.
const ANYWHERE: &str = "codes from anywhere";
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
        // PostgreSQL refuses a text with a NUL in it, and no account has one.
        let email_key = fold(email.trim()).replace('\0', "\u{fffd}").chars().take(EMAIL_MAX).collect();
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
        if succeeded_at.is_none() && place != ANYWHERE {
            if let Some(last) = last_too_many(conn, place, recent, at)? {
                let left = (last - recent).num_seconds() + 1;
                return Err(AppError::TooMany { retry_after_seconds: left.unsigned_abs() });
            }
            let on_account = attempts::email_key.eq(email_key).and(attempts::failed_at.between(recent, at));
            let on_account = on_account.and(attempts::address.ne(ANYWHERE));
            if attempts::table.filter(on_account).select(failures_in_all()).first::<i64>(conn)? >= ATTACK {
                free = FREE_UNDER_ATTACK;
            }
        }
        // What failed while the clock was ahead lets nobody wait until it is there again: the next attempt is free.
        if failures >= free && failed_at <= at {
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

    /// Counts an attempt to show a code of the second factor as failed, wherever it comes from: who has a password and many
    /// addresses would guess one within hours. Not so from an address from which somebody got in before.
    ///
    /// # Errors
    /// `TooMany` if it has to wait; then nothing is counted.
    pub fn begin_code(&self, conn: &mut Conn) -> Result<(), AppError> {
        let succeeded = attempts::table.find((&self.email_key, &self.place)).select(attempts::succeeded_at);
        match succeeded.get_result::<Option<NaiveDateTime>>(conn).optional()?.flatten() {
            Some(_) => Ok(()),
            None => Self { email_key: self.email_key.clone(), place: ANYWHERE.to_owned() }.begin(conn),
        }
    }

    /// Counts the attempt that was begun as none: it was right, or nothing was compared, but that forgives nothing.
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
        diesel::update(attempts::table.find((&self.email_key, ANYWHERE)))
            .set(attempts::failures.eq(0))
            .execute(conn)?;
        Ok(())
    }
}

/// The failure of this address between `recent` and now that is one too many, if there is one: until it counts no more, it has to wait.
fn last_too_many(
    conn: &mut Conn,
    place: &str,
    recent: NaiveDateTime,
    at: NaiveDateTime,
) -> QueryResult<Option<NaiveDateTime>> {
    let failed: Vec<(i64, NaiveDateTime)> = attempts::table
        .filter(attempts::address.eq(place))
        .filter(attempts::failed_at.between(recent, at))
        .order(attempts::failed_at.desc())
        .select((attempts::failures, attempts::failed_at))
        .load(conn)?;
    let mut in_all = 0;
    Ok(failed.into_iter().find_map(|(failures, at)| {
        in_all += failures;
        (in_all >= BY_ADDRESS).then_some(at)
    }))
}

fn failures_in_all() -> SqlLiteral<BigInt> {
    sql("CAST(coalesce(sum(failures), 0) AS BIGINT)")
}
