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
        let (scheme, rest) = text.split_once(":/").map_or(("", text), |(scheme, rest)| (scheme, rest));
        match scheme {
            "" if matches!(text, "" | "sqlite:") || text.starts_with(':') || text.starts_with("file:") => {
                Err("give the name of an SQLite file, or postgres://user@host/database".to_owned())
            }
            "" => Ok(Self::Sqlite(text.strip_prefix("sqlite:").unwrap_or(text).into())),
            "postgres" | "postgresql" if rest.starts_with('/') => Ok(Self::Postgres(text.to_owned())),
            "sqlite" if rest.len() > 1 && rest.starts_with('/') => Ok(Self::Sqlite(rest[1..].into())),
            _ => Err(format!(
                "“{scheme}” is no kind of database; give the name of an SQLite file, or postgres://user@host/database"
            )),
        }
    }
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
