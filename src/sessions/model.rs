use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use data_encoding::HEXLOWER;
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use super::browser;
use crate::db::{Conn, Sql, now};
use crate::error::AppError;
use crate::schema::{sessions, users};
use crate::users::{Means, Person, Scope};

/// How long a session lasts in which nothing is done, in hours.
pub const IDLE_HOURS: i64 = 12;
/// How long a session lasts at most, in days. Then its person signs in again.
pub const ABSOLUTE_DAYS: i64 = 14;
/// How long the second factor may be waited for, in minutes.
const FACTOR_MINUTES: i64 = 10;
/// In how many places one user can be signed in at once.
const AT_ONCE: i64 = 50;
/// How exactly it is kept when a session was last used, in minutes: a page that is read is not to be written down each time.
const SEEN_MINUTES: i64 = 5;

/// Where somebody is signed in.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct Session {
    pub id: i64,
    #[allow(dead_code)] // to be compared in the database only
    token_hash: String,
    pub user_id: i64,
    pub awaits_factor: bool,
    pub created_at: NaiveDateTime,
    pub last_seen_at: NaiveDateTime,
    pub address: String,
    pub browser: String,
}

/// A session as it is found by its cookie.
#[derive(Debug)]
pub struct Found {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub person: Arc<Person>,
}

/// What is kept of a secret that somebody carries: enough to know it again, and no use to a thief.
#[must_use]
pub fn hash_of(secret: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(secret))
}

/// A new secret to carry: 256 random bits.
#[must_use]
pub fn new_secret() -> String {
    HEXLOWER.encode(&rand::random::<[u8; 32]>())
}

impl Session {
    /// What people call its browser.
    #[must_use]
    pub fn browser_name(&self) -> String {
        browser::called(&self.browser)
    }

    /// Signs a user in, and gives the secret for the cookie. What was left of sessions that have run out goes, and of very many
    /// of one user those that were not used for longest.
    ///
    /// # Errors
    /// Those of the database.
    pub fn start(
        conn: &mut Conn,
        user_id: i64,
        awaits_factor: bool,
        address: &str,
        browser: &str,
    ) -> Result<String, AppError> {
        let at = now();
        diesel::delete(sessions::table.filter(sessions::created_at.lt(at - TimeDelta::days(ABSOLUTE_DAYS))))
            .execute(conn)?;
        // Who knows the password alone signs nobody out.
        let alike =
            sessions::table.filter(sessions::user_id.eq(user_id).and(sessions::awaits_factor.eq(awaits_factor)));
        let by_use = alike.order((sessions::last_seen_at.desc(), sessions::id.desc())).select(sessions::id);
        let too_many: Vec<i64> = by_use.offset(AT_ONCE - 1).limit(AT_ONCE).load(conn)?;
        diesel::delete(sessions::table.filter(Sql::one_of("sessions.id", &too_many))).execute(conn)?;
        let secret = new_secret();
        diesel::insert_into(sessions::table)
            .values((
                sessions::token_hash.eq(hash_of(&secret)),
                sessions::user_id.eq(user_id),
                sessions::awaits_factor.eq(awaits_factor),
                sessions::created_at.eq(at),
                sessions::last_seen_at.eq(at),
                sessions::address.eq(address),
                sessions::browser.eq(browser.chars().take(200).collect::<String>()),
            ))
            .execute(conn)?;
        Ok(secret)
    }

    /// The session of this cookie and the person it belongs to, unless it has run out.
    ///
    /// # Errors
    /// Those of the database.
    pub fn find(conn: &mut Conn, secret: &str) -> Result<Option<Found>, AppError> {
        type Row = (Session, String, String, String, bool);
        let row: Option<Row> = sessions::table
            .inner_join(users::table)
            .filter(sessions::token_hash.eq(hash_of(secret)))
            .filter(users::disabled_at.is_null())
            .select((sessions::all_columns, users::name, users::email, users::role, users::all_stores))
            .get_result(conn)
            .optional()?;
        let Some((session, name, email, role, all_stores)) = row.filter(|(session, ..)| !session.has_run_out()) else {
            return Ok(None);
        };
        let scope = Scope::of_user(conn, session.user_id, all_stores)?;
        let role = role.parse().map_err(AppError::Internal)?;
        let means = Means::Session(session.id);
        let person = Person { user_id: Some(session.user_id), name, email, role, scope, means };
        Ok(Some(Found { session, person: Arc::new(person) }))
    }

    /// Whether it has run out by now.
    #[must_use]
    pub fn has_run_out(&self) -> bool {
        let (since_start, since_seen) = (now() - self.created_at, now() - self.last_seen_at);
        let idle = if self.awaits_factor { TimeDelta::minutes(FACTOR_MINUTES) } else { TimeDelta::hours(IDLE_HOURS) };
        since_start > TimeDelta::days(ABSOLUTE_DAYS) || since_seen > idle
    }

    /// Whether it is time to note that it is used.
    #[must_use]
    pub fn is_to_be_noted(&self) -> bool {
        now() - self.last_seen_at > TimeDelta::minutes(SEEN_MINUTES)
    }

    /// Notes that the session of this id is used.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note(conn: &mut Conn, id: i64) -> Result<(), AppError> {
        diesel::update(sessions::table.find(id)).set(sessions::last_seen_at.eq(now())).execute(conn)?;
        Ok(())
    }

    /// Where a user is signed in, the last used first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_user(conn: &mut Conn, user_id: i64) -> Result<Vec<Self>, AppError> {
        let mine = sessions::table.filter(sessions::user_id.eq(user_id)).filter(sessions::awaits_factor.eq(false));
        let mut mine: Vec<Self> = mine.order((sessions::last_seen_at.desc(), sessions::id.desc())).load(conn)?;
        mine.retain(|session| !session.has_run_out());
        Ok(mine)
    }

    /// Ends a session of this user.
    ///
    /// # Errors
    /// `NotFound` if the user has none of this id.
    pub fn end(conn: &mut Conn, user_id: i64, id: i64) -> Result<(), AppError> {
        let mine = sessions::table.find(id).filter(sessions::user_id.eq(user_id));
        if diesel::delete(mine).execute(conn)? == 1 { Ok(()) } else { Err(AppError::NotFound) }
    }

    /// Ends the session of this cookie, if there is one.
    ///
    /// # Errors
    /// Those of the database.
    pub fn end_of(conn: &mut Conn, secret: &str) -> Result<(), AppError> {
        diesel::delete(sessions::table.filter(sessions::token_hash.eq(hash_of(secret)))).execute(conn)?;
        Ok(())
    }

    /// Ends every session of this user but the one of id `but_for`, and says how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn end_others(conn: &mut Conn, user_id: i64, but_for: i64) -> Result<usize, AppError> {
        let others = sessions::table.filter(sessions::user_id.eq(user_id)).filter(sessions::id.ne(but_for));
        Ok(diesel::delete(others).execute(conn)?)
    }
}
