use std::sync::Arc;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use crate::db::{Conn, now};
use crate::error::AppError;
use crate::schema::{api_tokens, users};
use crate::sessions::{hash_of, new_secret};
use crate::users::{Means, Person, Role, Scope, User};

/// What every token begins with, so that one which got into the wrong place is known for what it is.
const PREFIX: &str = "stockroom_";
/// How exactly it is kept when a token was last used, in minutes.
const USED_MINUTES: i64 = 1;
/// How many tokens one user can have.
const MAX: i64 = 50;

/// What a program shows to call the API.
#[derive(Debug, Clone, Queryable)]
#[allow(clippy::struct_field_names)] // the column is called so
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct Token {
    pub id: i64,
    pub user_id: i64,
    pub name: String,
    #[allow(dead_code)] // to be compared in the database only
    token_hash: String,
    pub role: String,
    pub created_at: NaiveDateTime,
    pub expires_at: Option<NaiveDateTime>,
    pub last_used_at: Option<NaiveDateTime>,
}

/// A token as it is found by its secret.
#[derive(Debug)]
pub struct Found {
    /// The token.
    pub token: Token,
    /// Whom it stands for.
    pub person: Arc<Person>,
}

/// A token to be made, checked.
#[derive(Debug, Clone)]
#[allow(missing_docs)]
pub struct TokenDraft {
    pub name: String,
    pub role: Role,
    pub days: Option<i64>,
}

impl Token {
    /// Makes a token, and gives its secret: it is kept nowhere.
    ///
    /// # Errors
    /// `Refused` if the user has too many; `Forbidden` if it may do more than the user.
    pub fn create(conn: &mut Conn, user: &User, draft: &TokenDraft) -> Result<String, AppError> {
        if draft.role > user.role() {
            return Err(AppError::Forbidden);
        }
        let mine = api_tokens::table.filter(api_tokens::user_id.eq(user.id));
        if mine.count().get_result::<i64>(conn)? >= MAX {
            return Err(AppError::Refused(format!("You have {MAX} tokens. Revoke some first.")));
        }
        let secret = format!("{PREFIX}{}", new_secret());
        let at = now();
        diesel::insert_into(api_tokens::table)
            .values((
                api_tokens::user_id.eq(user.id),
                api_tokens::name.eq(&draft.name),
                api_tokens::token_hash.eq(hash_of(&secret)),
                api_tokens::role.eq(draft.role.name()),
                api_tokens::created_at.eq(at),
                api_tokens::expires_at.eq(draft.days.map(|days| at + TimeDelta::days(days))),
            ))
            .execute(conn)?;
        Ok(secret)
    }

    /// Whom a secret stands for, with the role that is the lesser of the token's and the user's.
    ///
    /// # Errors
    /// Those of the database.
    pub fn find(conn: &mut Conn, secret: &str) -> Result<Option<Found>, AppError> {
        type Row = (Token, String, String, String, bool);
        let row: Option<Row> = api_tokens::table
            .inner_join(users::table)
            .filter(api_tokens::token_hash.eq(hash_of(secret)))
            .filter(users::disabled_at.is_null())
            .select((api_tokens::all_columns, users::name, users::email, users::role, users::all_stores))
            .get_result(conn)
            .optional()?;
        let Some((token, name, email, role, all_stores)) = row else { return Ok(None) };
        let scope = Scope::of_user(conn, token.user_id, all_stores)?;
        let role = token.role.parse::<Role>().and_then(|own| Ok(own.min(role.parse()?))).map_err(AppError::Internal)?;
        let means = Means::Token { id: token.id, name: token.name.clone() };
        let person = Person { user_id: Some(token.user_id), name, email, role, scope, means };
        Ok(Some(Found { token, person: Arc::new(person) }))
    }

    /// Whether it is time to note that it is used.
    #[must_use]
    pub fn is_to_be_noted(&self) -> bool {
        self.last_used_at.is_none_or(|at| now() - at > TimeDelta::minutes(USED_MINUTES))
    }

    /// Notes that the token of this id is used.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note(conn: &mut Conn, id: i64) -> Result<(), AppError> {
        diesel::update(api_tokens::table.find(id)).set(api_tokens::last_used_at.eq(now())).execute(conn)?;
        Ok(())
    }

    /// The tokens of a user, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn of_user(conn: &mut Conn, user_id: i64) -> Result<Vec<Self>, AppError> {
        Ok(api_tokens::table.filter(api_tokens::user_id.eq(user_id)).order(api_tokens::id.desc()).load(conn)?)
    }

    /// How many tokens of a user still open something.
    ///
    /// # Errors
    /// Those of the database.
    pub fn good(conn: &mut Conn, user_id: i64) -> Result<usize, AppError> {
        Ok(Self::of_user(conn, user_id)?.iter().filter(|token| !token.has_run_out()).count())
    }

    /// Takes every token of this user back, and says how many.
    ///
    /// # Errors
    /// Those of the database.
    pub fn revoke_all(conn: &mut Conn, user_id: i64) -> Result<usize, AppError> {
        Ok(diesel::delete(api_tokens::table.filter(api_tokens::user_id.eq(user_id))).execute(conn)?)
    }

    /// Takes a token of this user back, and gives its name.
    ///
    /// # Errors
    /// `NotFound` if the user has none of this id.
    pub fn revoke(conn: &mut Conn, user_id: i64, id: i64) -> Result<String, AppError> {
        let name = Self::name_of(conn, user_id, id)?;
        diesel::delete(api_tokens::table.find(id)).execute(conn)?;
        Ok(name)
    }

    /// What a token of this user is called.
    ///
    /// # Errors
    /// `NotFound` if the user has none of this id.
    pub fn name_of(conn: &mut Conn, user_id: i64, id: i64) -> Result<String, AppError> {
        let mine = api_tokens::table.filter(api_tokens::id.eq(id)).filter(api_tokens::user_id.eq(user_id));
        Ok(mine.select(api_tokens::name).first(conn)?)
    }

    /// Whether its time is over.
    #[must_use]
    pub fn has_run_out(&self) -> bool {
        self.expires_at.is_some_and(|at| at <= now())
    }
}
