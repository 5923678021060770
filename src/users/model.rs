use std::collections::HashMap;

use chrono::NaiveDateTime;
use diesel::prelude::*;

use super::{Role, Scope, UserDraft};
use crate::db::{Conn, Lock, now};
use crate::error::AppError;
use crate::fields::{FormErrors, fold, search_key};
use crate::schema::{api_tokens, sessions, stores, user_stores, users};
use crate::stores::names_by;

/// Somebody who may sign in, or might once.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct User {
    pub id: i64,
    pub email: String,
    pub email_key: String,
    pub name: String,
    pub password_hash: String,
    role: String,
    pub all_stores: bool,
    pub totp_secret: Option<String>,
    pub totp_last_step: i64,
    pub version: i64,
    pub created_at: NaiveDateTime,
    pub updated_at: NaiveDateTime,
    pub disabled_at: Option<NaiveDateTime>,
}

impl User {
    /// What this person may do.
    #[must_use]
    pub fn role(&self) -> Role {
        self.role.parse().unwrap_or(Role::Viewer)
    }

    /// The user as somebody saw it who has `version` in a form.
    #[must_use]
    pub fn in_version(self, version: i64) -> Self {
        Self { version, ..self }
    }

    /// The user with this id.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, id: i64) -> Result<Self, AppError> {
        Ok(users::table.find(id).get_result(conn)?)
    }

    /// The user who signs in with this address, whatever its case.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn by_email(conn: &mut Conn, email: &str) -> Result<Self, AppError> {
        Ok(users::table.filter(users::email_key.eq(fold(email.trim()))).get_result(conn)?)
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// Those of the database.
    pub fn all(conn: &mut Conn) -> Result<Vec<Self>, AppError> {
        let mut all: Vec<Self> = users::table.load(conn)?;
        all.sort_by_cached_key(|user| (user.disabled_at.is_some(), fold(&user.name), user.id));
        Ok(all)
    }

    /// Whether there is nobody yet.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_nobody(conn: &mut Conn) -> Result<bool, AppError> {
        Ok(users::table.select(users::id).first::<i64>(conn).optional()?.is_none())
    }

    /// Which stores this person sees.
    ///
    /// # Errors
    /// Those of the database.
    pub fn scope(&self, conn: &mut Conn) -> Result<Scope, AppError> {
        Scope::of_user(conn, self.id, self.all_stores)
    }

    /// The full names of the stores of those who do not see all, by user.
    ///
    /// # Errors
    /// Those of the database.
    pub fn store_names(conn: &mut Conn) -> Result<HashMap<i64, Vec<String>>, AppError> {
        let rows = user_stores::table.inner_join(stores::table).order((stores::name_key, stores::id));
        Ok(names_by(rows.select((user_stores::user_id, stores::name, stores::code)).load(conn)?))
    }

    /// Adds somebody.
    ///
    /// # Errors
    /// `Invalid` if the address is taken.
    pub fn create(conn: &mut Conn, draft: &UserDraft, password_hash: &str) -> Result<Self, AppError> {
        check_email_free(conn, draft)?;
        let at = now();
        let user: Self = diesel::insert_into(users::table)
            .values((
                users::email.eq(&draft.email),
                users::email_key.eq(&draft.email_key),
                users::name.eq(&draft.name),
                users::password_hash.eq(password_hash),
                users::role.eq(draft.role.name()),
                users::all_stores.eq(draft.scope == Scope::All),
                users::created_at.eq(at),
                users::updated_at.eq(at),
            ))
            .returning(users::all_columns)
            .get_result(conn)?;
        put_in_stores(conn, user.id, &draft.scope)?;
        Ok(user)
    }

    /// Changes what somebody may do, in version `read` of the user.
    ///
    /// # Errors
    /// `Stale` if it was saved since; `Refused` if it would leave nobody who decides.
    pub fn grant(&self, conn: &mut Conn, read: i64, role: Role, scope: &Scope) -> Result<(), AppError> {
        if role < Role::Administrator {
            self.check_not_last(conn)?;
        }
        let changed = diesel::update(users::table.find(self.id).filter(users::version.eq(read)))
            .set((
                users::role.eq(role.name()),
                users::all_stores.eq(*scope == Scope::All),
                users::version.eq(read + 1),
                users::updated_at.eq(now()),
            ))
            .execute(conn)?;
        if changed == 0 {
            return Err(AppError::Stale);
        }
        diesel::delete(user_stores::table.filter(user_stores::user_id.eq(self.id))).execute(conn)?;
        put_in_stores(conn, self.id, scope)
    }

    /// Lets nobody in as this user any more: sessions and tokens end at once.
    ///
    /// # Errors
    /// `Refused` if it would leave nobody who decides.
    pub fn disable(&self, conn: &mut Conn) -> Result<(), AppError> {
        self.check_not_last(conn)?;
        self.set_disabled_at(conn, Some(now()))?;
        diesel::delete(sessions::table.filter(sessions::user_id.eq(self.id))).execute(conn)?;
        diesel::delete(api_tokens::table.filter(api_tokens::user_id.eq(self.id))).execute(conn)?;
        Ok(())
    }

    /// Lets the user in again.
    ///
    /// # Errors
    /// Those of the database.
    pub fn enable(&self, conn: &mut Conn) -> Result<(), AppError> {
        self.set_disabled_at(conn, None)
    }

    fn set_disabled_at(&self, conn: &mut Conn, at: Option<NaiveDateTime>) -> Result<(), AppError> {
        diesel::update(users::table.find(self.id))
            .set((users::disabled_at.eq(at), users::version.eq(users::version + 1), users::updated_at.eq(now())))
            .execute(conn)?;
        Ok(())
    }

    /// Sets another password, and signs the user out everywhere but in the session `but_for`.
    ///
    /// # Errors
    /// Those of the database.
    pub fn set_password(&self, conn: &mut Conn, password_hash: &str, but_for: Option<i64>) -> Result<(), AppError> {
        diesel::update(users::table.find(self.id))
            .set((users::password_hash.eq(password_hash), users::updated_at.eq(now())))
            .execute(conn)?;
        let others = sessions::table.filter(sessions::user_id.eq(self.id));
        diesel::delete(others.filter(sessions::id.ne(but_for.unwrap_or_default()))).execute(conn)?;
        Ok(())
    }

    /// Whether this person can still come in by what was read of them, until the transaction ends.
    ///
    /// # Errors
    /// Those of the database.
    pub fn is_as_it_was(&self, conn: &mut Conn) -> Result<bool, AppError> {
        // An update that changes nothing, because it keeps others from changing it meanwhile, on both databases.
        let same = users::table
            .find(self.id)
            .filter(users::password_hash.eq(&self.password_hash))
            .filter(users::disabled_at.is_null());
        Ok(diesel::update(same).set(users::totp_last_step.eq(users::totp_last_step)).execute(conn)? == 1)
    }

    /// Keeps the same password in another form.
    ///
    /// # Errors
    /// Those of the database.
    pub fn rehash(&self, conn: &mut Conn, password_hash: &str) -> Result<(), AppError> {
        diesel::update(users::table.find(self.id)).set(users::password_hash.eq(password_hash)).execute(conn)?;
        Ok(())
    }

    fn check_not_last(&self, conn: &mut Conn) -> Result<(), AppError> {
        if self.role() < Role::Administrator || self.disabled_at.is_some() {
            return Ok(());
        }
        // Locked in one order, so that of two administrators who demote each other at once one stays.
        conn.lock(Lock::Administrators)?;
        let others = users::table
            .filter(users::role.eq(Role::Administrator.name()))
            .filter(users::disabled_at.is_null())
            .filter(users::id.ne(self.id));
        match others.select(users::id).first::<i64>(conn).optional()? {
            Some(_) => Ok(()),
            None => Err(AppError::Refused("This is the only administrator. Make somebody else one first.".to_owned())),
        }
    }
}

/// Finds out that nobody has a name: history and audit log know people by it, and who is invited chooses their own.
///
/// # Errors
/// `Invalid` if somebody has it; those of the database.
pub fn check_name_free(conn: &mut Conn, name: &str) -> Result<(), AppError> {
    let looks_like = |name: &str| search_key(name.replace('\u{2800}', " ").trim()); // a blank of Braille
    let wanted = looks_like(name);
    // As programs are told there that call the API in somebody's name.
    if wanted.contains("(token") {
        return Err(FormErrors::one("name", "Leave “(token” out: that is how programs are named here.").into());
    }
    let names: Vec<String> = users::table.select(users::name).load(conn)?;
    if names.iter().any(|other| looks_like(other) == wanted) {
        let fault = "Somebody here has this name already. Add something that tells you apart, like a second name.";
        return Err(FormErrors::one("name", fault).into());
    }
    Ok(())
}

/// Finds out that nobody signs in with an address.
///
/// # Errors
/// `Invalid` if somebody does; those of the database.
pub fn check_email_free(conn: &mut Conn, draft: &UserDraft) -> Result<(), AppError> {
    let other = users::table.filter(users::email_key.eq(&draft.email_key)).select(users::id);
    match other.first::<i64>(conn).optional()? {
        Some(_) => Err(FormErrors::one("email", "Somebody signs in with this address already.").into()),
        None => Ok(()),
    }
}

fn put_in_stores(conn: &mut Conn, user_id: i64, scope: &Scope) -> Result<(), AppError> {
    for store_id in scope.ids().unwrap_or_default() {
        diesel::insert_into(user_stores::table)
            .values((user_stores::user_id.eq(user_id), user_stores::store_id.eq(store_id)))
            .execute(conn)?;
    }
    Ok(())
}
