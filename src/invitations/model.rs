use std::collections::HashMap;

use chrono::{NaiveDateTime, TimeDelta};
use diesel::prelude::*;

use crate::db::{Conn, now};
use crate::error::AppError;
use crate::schema::{invitation_stores, invitations, stores, users};
use crate::sessions::{hash_of, new_secret};
use crate::stores::names_by;
use crate::users::{Role, Scope};

/// How long a link is good for, in days.
pub const DAYS: i64 = 7;

/// A link with which somebody new can come in, once.
#[derive(Debug, Clone, Queryable)]
#[allow(missing_docs)] // the columns; the migration says what each holds
pub struct Invitation {
    pub id: i64,
    #[allow(dead_code)] // to be compared in the database only
    token_hash: String,
    pub label: String,
    pub role: String,
    pub all_stores: bool,
    pub created_by: i64,
    pub created_at: NaiveDateTime,
    pub expires_at: NaiveDateTime,
}

impl Invitation {
    /// Makes one, and gives the secret of its link. Those that have run out go.
    ///
    /// # Errors
    /// Those of the database.
    pub fn create(
        conn: &mut Conn,
        label: &str,
        role: Role,
        scope: &Scope,
        created_by: i64,
    ) -> Result<String, AppError> {
        let at = now();
        diesel::delete(invitations::table.filter(invitations::expires_at.lt(at))).execute(conn)?;
        let secret = new_secret();
        let id: i64 = diesel::insert_into(invitations::table)
            .values((
                invitations::token_hash.eq(hash_of(&secret)),
                invitations::label.eq(label),
                invitations::role.eq(role.name()),
                invitations::all_stores.eq(*scope == Scope::All),
                invitations::created_by.eq(created_by),
                invitations::created_at.eq(at),
                invitations::expires_at.eq(at + TimeDelta::days(DAYS)),
            ))
            .returning(invitations::id)
            .get_result(conn)?;
        for store_id in scope.ids().unwrap_or_default() {
            diesel::insert_into(invitation_stores::table)
                .values((invitation_stores::invitation_id.eq(id), invitation_stores::store_id.eq(store_id)))
                .execute(conn)?;
        }
        Ok(secret)
    }

    /// Those that can still be accepted, and whose makers may still decide so, the newest first.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open(conn: &mut Conn) -> Result<Vec<Self>, AppError> {
        Ok(acceptable().order(invitations::id.desc()).select(invitations::all_columns).load(conn)?)
    }

    /// The full names of the stores of those that are not for all, by invitation.
    ///
    /// # Errors
    /// Those of the database.
    pub fn store_names(conn: &mut Conn) -> Result<HashMap<i64, Vec<String>>, AppError> {
        let rows = invitation_stores::table.inner_join(stores::table).order((stores::name_key, stores::id));
        Ok(names_by(rows.select((invitation_stores::invitation_id, stores::name, stores::code)).load(conn)?))
    }

    /// The one whose link has this secret, if it can still be accepted and who made it may still decide so.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn find(conn: &mut Conn, secret: &str) -> Result<Self, AppError> {
        let found = acceptable().filter(invitations::token_hash.eq(hash_of(secret)));
        Ok(found.select(invitations::all_columns).get_result(conn)?)
    }

    /// What whoever accepts it may do.
    ///
    /// # Errors
    /// Those of the database.
    pub fn grant(&self, conn: &mut Conn) -> Result<(Role, Scope), AppError> {
        let role = self.role.parse().map_err(AppError::Internal)?;
        if self.all_stores {
            return Ok((role, Scope::All));
        }
        let mine = invitation_stores::table.filter(invitation_stores::invitation_id.eq(self.id));
        let ids: Vec<i64> = mine.select(invitation_stores::store_id).load(conn)?;
        Ok((role, Scope::Stores(ids.into())))
    }

    /// Takes it, so that nobody else can. Of two who accept it at once one gets it.
    ///
    /// # Errors
    /// `NotFound` if somebody else did.
    pub fn spend(&self, conn: &mut Conn) -> Result<(), AppError> {
        let spent = diesel::delete(invitations::table.find(self.id)).execute(conn)?;
        if spent == 1 { Ok(()) } else { Err(AppError::NotFound) }
    }

    /// Withdraws the one of this id, and gives its label.
    ///
    /// # Errors
    /// `NotFound` if there is none.
    pub fn withdraw(conn: &mut Conn, id: i64) -> Result<String, AppError> {
        let label = invitations::table.find(id).select(invitations::label).get_result(conn)?;
        diesel::delete(invitations::table.find(id)).execute(conn)?;
        Ok(label)
    }
}

/// Those that can still be accepted, with who made them.
#[diesel::dsl::auto_type]
fn acceptable() -> _ {
    let administrator: &'static str = Role::Administrator.name();
    let at: NaiveDateTime = now();
    invitations::table
        .inner_join(users::table.on(users::id.eq(invitations::created_by)))
        .filter(invitations::expires_at.ge(at))
        .filter(users::disabled_at.is_null())
        .filter(users::role.eq(administrator))
}
