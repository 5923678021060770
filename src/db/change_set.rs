use std::fmt;

use chrono::{DateTime, NaiveDateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::BigInt;

use super::{Conn, Sql};
use crate::error::AppError;
use crate::fields::Currency;
use crate::schema::change_sets;

/// Through which door a change came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A form on a page.
    Page,
    /// The JSON API.
    Api,
    /// An imported file.
    Import,
    /// Another subcommand.
    CommandLine,
}

impl Source {
    /// As it stands in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Api => "api",
            Self::Import => "import",
            Self::CommandLine => "command line",
        }
    }
}

/// Who does something, and through which door.
#[derive(Debug, Clone)]
pub struct Actor {
    /// The name that history shows.
    pub name: String,
    /// The door.
    pub source: Source,
    /// The user, where one is known.
    pub user_id: Option<i64>,
}

impl Actor {
    /// The person at the command line, by the name of their account.
    #[must_use]
    pub fn at_the_command_line(source: Source) -> Self {
        let name = ["USER", "LOGNAME"].iter().find_map(|key| std::env::var(key).ok().filter(|name| !name.is_empty()));
        Self { name: name.unwrap_or_else(|| "operator".to_owned()), source, user_id: None }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// The time, to the microsecond: PostgreSQL keeps no more.
#[must_use]
pub fn now() -> NaiveDateTime {
    let now = Utc::now();
    DateTime::from_timestamp_micros(now.timestamp_micros()).unwrap_or(now).naive_utc()
}

/// One thing being done. Whatever is written through it stands in the journal under its name.
pub struct ChangeSet<'a> {
    conn: &'a mut Conn,
    id: i64,
    at: NaiveDateTime,
    title: String,
}

impl<'a> ChangeSet<'a> {
    /// Runs `work` in a transaction with an open change set. If `work` fails, or changes nothing, none is kept.
    ///
    /// # Errors
    /// Those of `work`, and of the database.
    pub(super) fn run<T>(
        conn: &mut Conn,
        actor: &Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        conn.transaction(|conn| ChangeSet::within(conn, actor, work))
    }

    /// The same in a transaction that is already there, and to be taken back if this fails.
    ///
    /// # Errors
    /// Those of `work`, and of the database.
    pub(super) fn within<T>(
        conn: &'a mut Conn,
        actor: &Actor,
        work: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError>,
    ) -> Result<T, AppError> {
        let at = now();
        let id = begin(conn, actor, at)?;
        let mut change = ChangeSet { conn, id, at, title: String::new() };
        let done = work(&mut change)?;
        change.close()?;
        Ok(done)
    }

    fn close(self) -> Result<(), AppError> {
        let Self { conn, id, title, .. } = self;
        if conn.is_sqlite() {
            open(conn, None)?; // others may share the transaction; to PostgreSQL it is open until that ends
        }
        // Asked for the least from here on: PostgreSQL answers that from the index whatever its statistics say. Asked
        // whether there is one equal to `id`, it has read the whole journal, after a large import that was all of it.
        let call: Sql = Sql::new("UPDATE change_sets SET title = ")
            .text(title)
            .sql(" WHERE id = ")
            .number(id)
            .sql(" AND id = (SELECT min(changes.change_set_id) FROM changes WHERE changes.change_set_id >= ")
            .number(id)
            .sql(")");
        if call.execute(conn)? == 0 {
            diesel::delete(change_sets::table.find(id)).execute(conn)?;
        }
        Ok(())
    }

    /// Runs a part of the work that may fail without the whole failing: what it wrote is then taken back.
    ///
    /// # Errors
    /// Those of `part`.
    pub fn attempt<T>(&mut self, part: impl FnOnce(&mut ChangeSet<'_>) -> Result<T, AppError>) -> Result<T, AppError> {
        let (id, at) = (self.id, self.at);
        let (done, title) = self.conn.transaction(|conn| {
            let mut inner = ChangeSet { conn, id, at, title: String::new() };
            let done = part(&mut inner)?;
            Ok::<_, AppError>((done, inner.title))
        })?;
        self.title = title;
        Ok(done)
    }

    /// Goes on with a change set that an earlier transaction began, in place of this one: for work too long for one
    /// transaction. Its title stays, unless [`call`](Self::call) gives it another. With itself it goes on anyway.
    ///
    /// # Errors
    /// `NotFound` if there is no such change set; those of the database if something was written under this one already.
    pub fn go_on_with(&mut self, id: i64) -> Result<(), AppError> {
        if id == self.id {
            return Ok(());
        }
        let title = change_sets::table.find(id).select(change_sets::title).get_result(self.conn)?;
        open(self.conn, None)?;
        diesel::delete(change_sets::table.find(self.id)).execute(self.conn)?;
        open(self.conn, Some(id))?;
        (self.id, self.title) = (id, title);
        Ok(())
    }

    /// Notes the stores that a query gives as touched by this, by their `store_id`. Whoever sees some stores only finds by them
    /// what was done to many things at once; of what was done to one record they are not needed.
    ///
    /// # Errors
    /// Those of the database.
    pub fn note_stores(&mut self, stores: &str) -> QueryResult<()> {
        diesel::sql_query(format!(
            "INSERT INTO change_set_stores (change_set_id, store_id)
             SELECT {}, s.store_id FROM ({stores}) AS s WHERE TRUE ON CONFLICT DO NOTHING",
            self.id
        ))
        .execute(self.conn)?;
        Ok(())
    }

    /// The connection, to read and write.
    pub fn conn(&mut self) -> &mut Conn {
        self.conn
    }

    /// When this is done: the time for `created_at` and `updated_at`.
    #[must_use]
    pub fn at(&self) -> NaiveDateTime {
        self.at
    }

    /// Its number in the journal.
    #[must_use]
    pub fn id(&self) -> i64 {
        self.id
    }

    /// Says what this is called in the history, like `Edited item “Lamp”`.
    pub fn call(&mut self, title: impl Into<String>) {
        self.title = title.into();
    }
}

/// Makes a change set and tells the triggers that it is open, which PostgreSQL does with one statement. Not where prices are in
/// another currency than when this program began: it would write other prices than are meant.
fn begin(conn: &mut Conn, actor: &Actor, at: NaiveDateTime) -> Result<i64, AppError> {
    let told = "CAST(set_config('stockroom.change_set', CAST(id AS TEXT), true) AS BIGINT)";
    let values: Sql<BigInt> = Sql::new("INSERT INTO change_sets (title, created_at, who, source, user_id) SELECT '', ")
        .time(at)
        .sql(", ")
        .text(actor.name.as_str())
        .sql(", ")
        .text(actor.source.name())
        .sql(", ");
    let values = match actor.user_id {
        Some(id) => values.number(id),
        None => values.sql("NULL"),
    };
    let installed = Currency::installed();
    let values = values
        .sql(" WHERE NOT EXISTS (SELECT 1 FROM price_currency WHERE code <> ")
        .text(installed.to_string())
        .sql(") RETURNING ")
        .either("id", told);
    let Some(id) = values.get_result(conn).optional()? else {
        return Err(AppError::Unavailable(format!(
            "prices are not in {installed} any more: nothing is saved until this program starts anew"
        )));
    };
    if conn.is_sqlite() {
        open(conn, Some(id))?;
    }
    Ok(id)
}

/// Tells the triggers which change set is open, if any.
fn open(conn: &mut Conn, id: Option<i64>) -> QueryResult<()> {
    let open: Sql = match (conn.is_sqlite(), id) {
        (true, Some(id)) => Sql::new("INSERT INTO open_change_set VALUES (").number(id).sql(")"),
        (true, None) => Sql::new("DELETE FROM open_change_set"),
        (false, id) => Sql::new("SELECT set_config('stockroom.change_set', ")
            .text(id.map(|id| id.to_string()).unwrap_or_default())
            .sql(", true)"),
    };
    open.execute(conn)?;
    Ok(())
}
