use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// Which database to use.
#[derive(Clone, PartialEq, Eq)]
pub enum DatabaseUrl {
    /// A file, made when it is not there.
    Sqlite(PathBuf),
    /// A server, by its connection URL.
    Postgres(String),
}

impl FromStr for DatabaseUrl {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Some(path) = text.strip_prefix("sqlite:") {
            return file(path.strip_prefix("//").unwrap_or(path));
        }
        match text.split_once(":/") {
            None => file(text),
            // It would be read as the end of the password, and the rest of that as the server's name, which errors tell.
            Some(("postgres" | "postgresql", rest)) if signs_in(rest) > 1 => {
                Err("write an @ in the name or the password as %40".to_owned())
            }
            Some(("postgres" | "postgresql", rest)) if rest.starts_with('/') => Ok(Self::Postgres(text.to_owned())),
            Some((scheme, _)) => Err(format!(
                "“{scheme}” is no kind of database; give the name of an SQLite file, or postgres://user@host/database"
            )),
        }
    }
}

/// How many @ there are before the path and the parameters.
fn signs_in(rest: &str) -> usize {
    let authority = rest.strip_prefix('/').unwrap_or(rest).split(['/', '?']).next().unwrap_or_default();
    authority.matches('@').count()
}

/// The file of this name. SQLite's own names for what is kept in memory are no files.
fn file(path: &str) -> Result<DatabaseUrl, String> {
    let is_of_keywords = ["host=", "user=", "dbname=", "password="].iter().any(|keyword| path.contains(keyword));
    if path.is_empty() || path.starts_with(':') || path.starts_with("file:") || is_of_keywords {
        return Err("give the name of an SQLite file, or postgres://user@host/database".to_owned());
    }
    Ok(DatabaseUrl::Sqlite(path.into()))
}

impl fmt::Display for DatabaseUrl {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "{}", path.display()),
            Self::Postgres(url) => match (url.split_once("://"), url.rsplit_once('@')) {
                (Some((scheme, _)), Some((_, host))) => {
                    write!(f, "{scheme}://…@{}", host.split('?').next().unwrap_or(host))
                }
                _ => f.write_str(url.split('?').next().unwrap_or(url)),
            },
        }
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

#[cfg(test)]
mod tests {
    use super::DatabaseUrl;

    #[test]
    fn a_mistyped_scheme_is_refused_not_taken_for_a_file() {
        for wrong in [
            "postgress://localhost/x",
            "mysql://localhost",
            "postgres:/x",
            "",
            ":memory:",
            "http://x",
            "file:x.db",
            "sqlite:",
            "sqlite://",
            "sqlite::memory:",
            "host=localhost password=x",
            "postgres://user:pass@word@host/x",
            "sqlite://:memory:",
        ] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
        for file in ["stockroom.db", "/var/lib/stock.db", "sqlite:///var/lib/stock.db", "C:stock.db"] {
            assert!(matches!(file.parse(), Ok(DatabaseUrl::Sqlite(_))), "{file}");
        }
        for same in ["sqlite:stock.db", "sqlite://stock.db"] {
            assert_eq!(same.parse(), Ok(DatabaseUrl::Sqlite("stock.db".into())), "{same}");
        }
    }

    #[test]
    fn a_password_is_never_shown() {
        let url: DatabaseUrl = "postgres://me:s3cret@db/stock?password=s3cret".parse().expect("a URL");
        assert_eq!(format!("{url:?}"), "postgres://…@db/stock");
    }
}
