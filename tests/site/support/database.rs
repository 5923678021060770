use std::path::PathBuf;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use stockroom::db::{Actor, Conn, DatabaseUrl, Db, Source, migrate};
use stockroom::fields::FormErrors;
use stockroom::sessions::Session;
use stockroom::users::{Role, Scope, User, UserForm, password};
use tempfile::TempDir;

/// A migrated, empty database. It is gone when the test is.
pub struct Database {
    url: DatabaseUrl,
    folder: TempDir,
    /// The name of the database on the server, if it is on one.
    on_server: Option<String>,
    /// The cookie with which the administrator is signed in, if there is one.
    session: Option<String>,
}

/// Where `bin/test` says its PostgreSQL is.
const SERVER: &str = "STOCKROOM_TEST_POSTGRES";

impl Database {
    /// A file.
    pub fn sqlite() -> Self {
        static TEMPLATE: OnceLock<(Vec<u8>, String)> = OnceLock::new();
        let (template, session) = TEMPLATE.get_or_init(|| {
            let empty = Self::sqlite_without_tables();
            migrate(&empty.url).expect("an empty file can be migrated");
            let session = administrator(&empty.open());
            (std::fs::read(empty.folder.path().join("stockroom.db")).expect("the file is there"), session)
        });
        let mut database = Self::sqlite_without_tables();
        std::fs::write(database.folder.path().join("stockroom.db"), template).expect("the folder can be written");
        database.session = Some(session.clone());
        database
    }

    /// A file that does not exist yet.
    pub fn sqlite_without_tables() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let url = DatabaseUrl::Sqlite(folder.path().join("stockroom.db"));
        Self { url, folder, on_server: None, session: None }
    }

    /// A database on the server that `bin/test` started.
    pub fn postgres() -> Self {
        static TEMPLATE: OnceLock<(String, String)> = OnceLock::new();
        let (template, session) = TEMPLATE.get_or_init(|| {
            let name = format!("stockroom_template_{}", std::process::id());
            on_server(&format!("CREATE DATABASE {name}"));
            let url = DatabaseUrl::Postgres(url_of(&name));
            migrate(&url).expect("an empty database can be migrated");
            let session = administrator(&Db::open(&url).expect("the database opens"));
            (name, session)
        });
        let mut database = Self::on_server_like(&format!("TEMPLATE {template}"));
        database.session = Some(session.clone());
        database
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
        Self { url, folder: tempfile::tempdir().expect("a temporary folder"), on_server: Some(name), session: None }
    }

    /// The cookie with which the administrator is signed in, if there is one.
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
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

/// The password of everybody in tests.
pub const PASSWORD: &str = "correct horse battery staple";

/// Adds the administrator who is signed in at the beginning of a test, and gives the cookie.
fn administrator(db: &Db) -> String {
    db.keep_now(|conn| {
        let user = add_user(conn, "somebody", Role::Administrator, Scope::All);
        Session::start(conn, user.id, false, "127.0.0.1", "a browser")
    })
    .expect("an administrator")
}

/// Adds somebody, who signs in as `name@example.com` with [`PASSWORD`].
pub fn add_user(conn: &mut Conn, name: &str, role: Role, scope: Scope) -> User {
    static HASH: OnceLock<String> = OnceLock::new();
    let form = UserForm { name: name.to_owned(), email: format!("{name}@example.com"), password: PASSWORD.to_owned() };
    let mut errors = FormErrors::default();
    let draft = form.check(role, scope, &mut errors);
    assert!(errors.is_empty(), "{errors:?}");
    User::create(conn, &draft, HASH.get_or_init(|| password::hash_now(PASSWORD))).expect("a user")
}

/// Someone who does things in a test.
pub fn somebody() -> Actor {
    Actor { name: "somebody".to_owned(), source: Source::Page, user_id: None }
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
