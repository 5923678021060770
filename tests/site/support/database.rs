use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use stockroom::db::{Actor, Conn, DatabaseUrl, Db, Source, migrate};
use tempfile::TempDir;

/// A migrated, empty database. It is gone when the test is.
pub struct Database {
    url: DatabaseUrl,
    folder: TempDir,
    /// The name of the database on the server, if it is on one.
    on_server: Option<String>,
}

/// Where `bin/test` says its PostgreSQL is.
const SERVER: &str = "STOCKROOM_TEST_POSTGRES";

impl Database {
    /// A file.
    pub fn sqlite() -> Self {
        static TEMPLATE: OnceLock<Vec<u8>> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let empty = Self::sqlite_without_tables();
            migrate(&empty.url).expect("an empty file can be migrated");
            std::fs::read(empty.folder.path().join("stockroom.db")).expect("the file is there")
        });
        let database = Self::sqlite_without_tables();
        std::fs::write(database.folder.path().join("stockroom.db"), template).expect("the folder can be written");
        database
    }

    /// A file that does not exist yet.
    pub fn sqlite_without_tables() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("stockroom.db"));
        Self { url, folder, on_server: None }
    }

    /// A database on the server that `bin/test` started.
    pub fn postgres() -> Self {
        static TEMPLATE: OnceLock<String> = OnceLock::new();
        let template = TEMPLATE.get_or_init(|| {
            let name = format!("stockroom_template_{}", std::process::id());
            on_server(&format!("CREATE DATABASE {name}"));
            migrate(&DatabaseUrl::Postgres(url_of(&name))).expect("an empty database can be migrated");
            name
        });
        Self::on_server_like(&format!("TEMPLATE {template}"))
    }

    /// A database on the server, with nothing in it.
    pub fn postgres_without_tables() -> Self {
        Self::on_server_like("")
    }

    fn on_server_like(template: &str) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("stockroom_test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        on_server(&format!("CREATE DATABASE {name} {template}"));
        let url = DatabaseUrl::Postgres(url_of(&name));
        Self { url, folder: tempfile::tempdir().expect("a temporary folder"), on_server: Some(name) }
    }

    /// Where it is.
    pub fn url(&self) -> &DatabaseUrl {
        &self.url
    }

    /// Where it is, for `DATABASE_URL`.
    pub fn url_text(&self) -> String {
        match &self.url {
            DatabaseUrl::Sqlite(path) => path.display().to_string(),
            DatabaseUrl::Postgres(url) => url.clone(),
        }
    }

    /// A folder to put files in, and to run programs in.
    pub fn folder(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Opens it as the program does.
    pub fn open(&self) -> Db {
        Db::open(&self.url).expect("the database opens")
    }

    /// Opens it as somebody at an SQL prompt does.
    pub fn connect(&self) -> Conn {
        match &self.url {
            DatabaseUrl::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.display().to_string()).expect("the file opens");
                conn.batch_execute("PRAGMA foreign_keys = ON; PRAGMA busy_timeout = 5000").expect("a pragma");
                Conn::Sqlite(conn)
            }
            DatabaseUrl::Postgres(url) => Conn::Postgres(PgConnection::establish(url).expect("the server answers")),
        }
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Some(name) = &self.on_server {
            on_server(&format!("DROP DATABASE {name} WITH (FORCE)"));
        }
    }
}

/// Someone who does things in a test.
pub fn somebody() -> Actor {
    Actor { name: "somebody".to_owned(), source: Source::Page }
}

fn server() -> String {
    std::env::var(SERVER).unwrap_or_else(|_| {
        panic!("{SERVER} is not set, so there is no PostgreSQL to test on. Run bin/test, which starts one.")
    })
}

fn on_server(statement: &str) {
    let mut conn = PgConnection::establish(&server()).expect("the server answers");
    conn.batch_execute(statement).unwrap_or_else(|error| panic!("{statement}: {error}"));
}

/// The URL of the server, with the name of another database in it.
fn url_of(database: &str) -> String {
    let server = server();
    let (address, options) = server
        .split_once('?')
        .map_or((server.as_str(), String::new()), |(address, options)| (address, format!("?{options}")));
    let (host, _) = address.rsplit_once('/').expect("the URL ends in the name of a database");
    format!("{host}/{database}{options}")
}
