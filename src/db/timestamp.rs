use chrono::NaiveDateTime;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::pg::{Pg, PgValue};
use diesel::sql_types::Timestamp as Kind;
use diesel::sqlite::{Sqlite, SqliteValue};

use super::MultiBackend;
use crate::fields::Moment;

/// A time in a row. Diesel alone would try one pattern after another on what SQLite holds, for each time of a list.
#[derive(Debug, FromSqlRow)]
pub struct Timestamp(NaiveDateTime);

impl From<Timestamp> for NaiveDateTime {
    fn from(timestamp: Timestamp) -> Self {
        timestamp.0
    }
}

impl FromSql<Kind, Sqlite> for Timestamp {
    fn from_sql(mut value: SqliteValue<'_, '_, '_>) -> deserialize::Result<Self> {
        match Moment::read(value.read_text()) {
            Some(moment) => Ok(Self(moment.0)),
            None => FromSql::<Kind, Sqlite>::from_sql(value).map(Self),
        }
    }
}

impl FromSql<Kind, Pg> for Timestamp {
    fn from_sql(value: PgValue<'_>) -> deserialize::Result<Self> {
        FromSql::<Kind, Pg>::from_sql(value).map(Self)
    }
}

impl FromSql<Kind, MultiBackend> for Timestamp {
    fn from_sql(value: <MultiBackend as Backend>::RawValue<'_>) -> deserialize::Result<Self> {
        value.from_sql::<Self, Kind>()
    }
}
